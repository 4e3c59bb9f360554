import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import matthews_corrcoef

from corelate.decisions.mcc import MCC_GRID, matthews, mcc_exact, mcc_grid
from corelate.errors import OptionError, ScoresError


def coefficient(truth, predicted):
    """scikit-learn's, which warns about a table of one class and knows no empty one."""
    constant = len(set(truth.tolist())) < 2 or len(set(predicted.tolist())) < 2
    return 0.0 if constant else matthews_corrcoef(truth, predicted)


def naive_grid(scores, targets, grid=MCC_GRID):
    """One scikit-learn call for each label and threshold; the first maximum wins."""
    chosen = []
    for label in range(scores.shape[1]):
        known = targets[:, label] != -1
        column, truth = scores[known, label], targets[known, label]
        values = [coefficient(truth, column >= column.dtype.type(threshold)) for threshold in grid]
        chosen.append(grid[int(np.argmax(values))])
    return np.array(chosen)


@st.composite
def scores_and_targets(draw, values=(0, 1, -1)):
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=2, max_side=12))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    on_the_grid = st.sampled_from([0.0, *MCC_GRID, 1.0])
    elements = draw(st.sampled_from([on_the_grid, st.floats(0, 1, width=32), st.just(0.3)]))
    scores = draw(arrays.arrays(np.float64, shape, elements=elements)).astype(dtype)
    return scores, draw(arrays.arrays(np.int8, shape, elements=st.sampled_from(values)))


@settings(max_examples=60, deadline=None)
@given(scores_and_targets())
def test_grid_search_equals_one_scikit_learn_call_for_each_threshold(pair):
    np.testing.assert_array_equal(mcc_grid(*pair), naive_grid(*pair))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_larger_grid_search(dtype):
    rng = np.random.default_rng(0)
    targets = (rng.random((300, 12)) < rng.random(12) * 0.3).astype(np.int8)
    targets[:, 0], targets[:, 1] = 0, 1
    scores = np.clip(rng.beta(1, 4, targets.shape) + 0.3 * targets * rng.random(targets.shape), 0, 1)
    scores = scores.round(2).astype(dtype)
    expected = naive_grid(scores.astype(np.float32) if dtype == np.float16 else scores, targets)
    np.testing.assert_array_equal(mcc_grid(scores, targets), expected)


def test_the_grid_has_14_values_up_to_0_7():
    assert MCC_GRID == (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


def test_the_lowest_of_equally_good_thresholds_wins():
    assert mcc_grid([[0.9], [0.12]], [[1], [0]])[0] == 0.15


@pytest.mark.parametrize("truth", [0, 1])
def test_constant_truth_gets_the_lowest_threshold(truth):
    assert mcc_grid(np.random.default_rng(0).random((9, 1)), np.full((9, 1), truth))[0] == 0.05


def test_constant_scores_get_the_lowest_threshold():
    assert mcc_grid(np.full((4, 1), 0.3), [[1], [0], [1], [0]])[0] == 0.05


def test_a_constant_prediction_wins_over_negative_coefficients():
    # The positive is the lowest score: every cut between is negative, and from 0.30 on nothing is predicted.
    assert mcc_grid([[0.02], [0.22], [0.27]], [[1], [0], [0]])[0] == 0.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", MCC_GRID)
def test_a_score_equal_to_a_grid_value_reaches_it(dtype, threshold):
    scores = np.array([[threshold], [np.nextafter(dtype(threshold), dtype(0))]], dtype=dtype)
    assert mcc_grid(scores, [[1], [0]])[0] == threshold


def test_unknown_cells_take_no_part():
    scores = np.array([[0.9], [0.6], [0.62], [0.1]])
    assert mcc_grid(scores, [[1], [0], [0], [0]])[0] == 0.65
    assert mcc_grid(scores, [[1], [-1], [-1], [0]])[0] == 0.15
    assert mcc_grid(scores, np.full((4, 1), -1))[0] == 0.05


def test_another_grid():
    assert mcc_grid([[0.9], [0.5]], [[1], [0]], grid=[0.8, 0.95])[0] == 0.8
    for wrong in ([], [0.5, 0.4], [0.5, 0.5], [[0.1]], [np.nan, 0.5]):
        with pytest.raises(OptionError, match="ascending"):
            mcc_grid([[0.9]], [[1]], grid=wrong)


def test_blocks_of_rows_add_up(monkeypatch):
    rng = np.random.default_rng(4)
    scores, targets = rng.random((50, 3)).astype(np.float32), rng.integers(-1, 2, (50, 3))
    whole = mcc_grid(scores, targets)
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 10)
    np.testing.assert_array_equal(mcc_grid(scores, targets), whole)


def naive_exact(scores, truth):
    """The best coefficient of all thresholds, and the cells it predicts at the lowest such threshold."""
    candidates = [0.0, *sorted(set(scores.tolist()))]
    values = [coefficient(truth, scores >= threshold) for threshold in candidates]
    best = max([0.0, *values])
    first = next((t for t, value in zip(candidates, values, strict=True) if value >= best - 1e-12), 0.0)
    return best, scores >= first


@settings(max_examples=80, deadline=None)
@given(scores_and_targets())
def test_exact_search_finds_the_best_of_all_cuts(pair):
    scores, targets = pair
    thresholds, best = mcc_exact(scores, targets)
    for label in range(scores.shape[1]):
        known = targets[:, label] != -1
        column, truth = scores[known, label], targets[known, label]
        expected, predicted = naive_exact(column, truth)
        assert best[label] == pytest.approx(expected, abs=1e-12)
        np.testing.assert_array_equal(column >= column.dtype.type(thresholds[label]), predicted)


@settings(deadline=None)
@given(scores_and_targets(values=(0, 1)))
def test_exact_search_is_never_worse_than_the_grid(pair):
    scores, targets = pair
    _, best = mcc_exact(scores, targets)
    grid = mcc_grid(scores, targets)
    for label in range(scores.shape[1]):
        on_grid = coefficient(targets[:, label], scores[:, label] >= scores.dtype.type(grid[label]))
        assert best[label] >= on_grid - 1e-12


def test_the_exact_threshold_lies_midway():
    thresholds, best = mcc_exact(np.array([[0.75], [0.25], [0.1]]), [[1], [0], [0]])
    assert (thresholds[0], best[0]) == (0.5, 1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbouring_numbers_are_still_told_apart(dtype):
    lower = dtype(0.3)
    upper = np.nextafter(lower, dtype(1))
    scores = np.array([[upper], [lower]])
    thresholds, _ = mcc_exact(scores, [[1], [0]])
    np.testing.assert_array_equal(scores[:, 0] >= dtype(thresholds[0]), [True, False])


@pytest.mark.parametrize("targets", [[[0], [0]], [[1], [1]], [[-1], [-1]], [[0], [1]]])
def test_where_nothing_beats_a_constant_the_exact_threshold_is_0(targets):
    thresholds, best = mcc_exact(np.array([[0.9], [0.1]]), targets)
    assert (thresholds[0], best[0]) == (0.0, 0.0)


def test_counts_of_a_thousand_million_do_not_overflow():
    billion = 10**9
    assert matthews(billion // 2, billion // 2, billion // 2, billion) == 1.0
    assert matthews(0, billion // 2, billion // 2, billion) == -1.0
    assert matthews(billion // 4, billion // 2, billion // 2, billion) == 0.0


def test_constant_tables_are_0():
    np.testing.assert_array_equal(matthews([0, 3, 0, 3, 0], [0, 5, 2, 3, 0], [3, 3, 0, 5, 0], [5, 5, 5, 5, 0]), 0)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_coefficient_of_counts_equals_scikit_learn(hits, wrong, missed, rest):
    truth = np.array([1] * hits + [0] * wrong + [1] * missed + [0] * rest)
    predicted = np.array([1] * (hits + wrong) + [0] * (missed + rest))
    expected = coefficient(truth, predicted)
    assert float(matthews(hits, hits + wrong, hits + missed, len(truth))) == expected


@pytest.mark.parametrize("search", [mcc_grid, mcc_exact])
def test_nan_scores_are_refused(search):
    with pytest.raises(ScoresError, match="nan"):
        search([[np.nan]], [[1]])
