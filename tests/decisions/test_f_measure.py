import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import fbeta_score

from corelate.decisions.f_measure import best_f_per_label, best_global_f, f_measure
from corelate.errors import ScoresError


@st.composite
def scores_and_targets(draw):
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=2, max_side=10))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    elements = draw(st.sampled_from([st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.floats(0, 1, width=32)]))
    scores = draw(arrays.arrays(np.float64, shape, elements=elements)).astype(dtype)
    return scores, draw(arrays.arrays(np.int8, shape, elements=st.sampled_from([0, 1, -1])))


def naive_best(scores, truth, beta):
    """The best F-measure of all thresholds, and the cells it predicts at the lowest such threshold."""
    candidates = [0.0, *sorted(set(scores.tolist()))]
    values = [fbeta_score(truth, scores >= threshold, beta=beta, zero_division=0) for threshold in candidates]
    best = max(values)
    return best, scores >= next(t for t, value in zip(candidates, values, strict=True) if value >= best - 1e-12)


@settings(max_examples=60, deadline=None)
@given(scores_and_targets(), st.sampled_from([0.5, 1.0, 2.0]))
def test_both_searches_find_the_best_of_all_cuts(pair, beta):
    scores, targets = pair
    per_label = best_f_per_label(scores, targets, beta)
    for label in range(scores.shape[1]):
        known = targets[:, label] != -1
        column, truth = scores[known, label], targets[known, label]
        if (truth == 1).any():
            _, predicted = naive_best(column, truth, beta)
            np.testing.assert_array_equal(column >= column.dtype.type(per_label[label]), predicted)
        else:
            assert per_label[label] == 0
    known = targets != -1
    if (targets == 1).any():
        _, predicted = naive_best(scores[known], targets[known], beta)
        threshold = scores.dtype.type(best_global_f(scores, targets, beta))
        np.testing.assert_array_equal(scores[known] >= threshold, predicted)
    else:
        with pytest.raises(ScoresError, match="no present label"):
            best_global_f(scores, targets, beta)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.5, 1.0, 2.0, 0.7]))
def test_f_measure_of_counts_equals_scikit_learn(hits, wrong, missed, beta):
    truth = [1] * hits + [0] * wrong + [1] * missed + [0]
    predicted = [1] * (hits + wrong) + [0] * (missed + 1)
    expected = fbeta_score(truth, predicted, beta=beta, zero_division=0)
    assert float(f_measure(hits, hits + wrong, hits + missed, beta)) == pytest.approx(expected, abs=1e-12)


def test_the_threshold_lies_midway():
    scores, targets = np.array([[0.75], [0.25]]), [[1], [0]]
    assert best_f_per_label(scores, targets)[0] == best_global_f(scores, targets) == 0.5


def test_midway_counts_only_known_scores():
    scores, targets = np.array([[0.75], [0.7], [0.25]]), [[1], [-1], [0]]
    assert best_f_per_label(scores, targets)[0] == best_global_f(scores, targets) == 0.5


def test_the_lowest_of_equally_good_thresholds_wins():
    # Both 1 hit of 1 and 2 hits of 4 (F1 = 2/3) are best.
    scores, targets = np.array([[0.9], [0.6], [0.5], [0.4], [0.2]]), [[1], [0], [0], [1], [0]]
    assert best_f_per_label(scores, targets)[0] == best_global_f(scores, targets) == pytest.approx(0.3)


def test_beta_moves_the_threshold():
    rng = np.random.default_rng(0)
    targets = (rng.random((500, 4)) < 0.2).astype(np.int8)
    scores = np.clip(rng.normal(0.35 + 0.2 * targets, 0.15), 0, 1)
    recall_first, even, precision_first = (best_global_f(scores, targets, beta) for beta in (2, 1, 0.5))
    assert recall_first < even < precision_first


def test_constant_scores_accept_all():
    assert best_global_f(np.full((3, 2), 0.4), [[1, 0]] * 3) == 0
    np.testing.assert_array_equal(best_f_per_label(np.full((3, 2), 0.4), [[1, 0]] * 3), [0, 0])


def test_all_scores_0():
    assert best_global_f(np.zeros((3, 2)), [[1, 0]] * 3) == 0


def test_blocks_give_the_same_global_threshold(monkeypatch):
    rng = np.random.default_rng(4)
    scores, targets = rng.random((50, 3)).astype(np.float32).round(2), rng.integers(-1, 2, (50, 3))
    whole = best_global_f(scores, targets)
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 10)
    assert best_global_f(scores, targets) == whole


@pytest.mark.parametrize("search", [best_global_f, best_f_per_label])
def test_nan_scores_are_refused(search):
    with pytest.raises(ScoresError, match="nan"):
        search([[np.nan]], [[1]])
