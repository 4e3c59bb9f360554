import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from corelate.errors import ScoresError
from corelate.metrics.figures import mean_over_labels
from corelate.metrics.ranking import average_precision, voc11_average_precision

# Few distinct values, so that ties are the rule.
COARSE = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])


@st.composite
def scores_and_targets(draw, values=(0, 1, -1)):
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=2, max_side=15))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    elements = draw(st.sampled_from([COARSE, st.floats(0, 1, width=32)]))
    scores = draw(arrays.arrays(np.float64, shape, elements=elements)).astype(dtype)
    return scores, draw(arrays.arrays(np.int8, shape, elements=st.sampled_from(values)))


def naive_average_precision(scores, targets):
    """Sum over the distinct thresholds of the gain in recall times the precision."""
    positives = int((targets == 1).sum())
    if not positives:
        return np.nan
    result = recall_before = 0.0
    for threshold in sorted(set(scores[targets != -1].tolist()), reverse=True):
        kept = (scores >= threshold) & (targets != -1)
        hits = (kept & (targets == 1)).sum()
        result += (hits / positives - recall_before) * hits / kept.sum()
        recall_before = hits / positives
    return result


def naive_voc11(scores, targets):
    """Mean over eleven recall levels of the best precision of all thresholds with that recall or more."""
    positives = int((targets == 1).sum())
    if not positives:
        return np.nan
    points = []
    for threshold in set(scores[targets != -1].tolist()):
        kept = (scores >= threshold) & (targets != -1)
        hits = int((kept & (targets == 1)).sum())
        points.append((hits, hits / kept.sum()))
    levels = [max((p for hits, p in points if 10 * hits >= k * positives), default=0.0) for k in range(11)]
    return sum(levels) / 11


@settings(deadline=None)
@given(scores_and_targets())
def test_both_equal_their_definitions(pair):
    scores, targets = pair
    for function, naive in (
        (average_precision, naive_average_precision),
        (voc11_average_precision, naive_voc11),
    ):
        expected = [naive(scores[:, label], targets[:, label]) for label in range(scores.shape[1])]
        result = function(scores, targets)
        assert result.dtype == np.float64
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(scores_and_targets(values=(0, 1)))
def test_average_precision_equals_scikit_learn(pair):
    scores, targets = pair
    result = average_precision(scores, targets)
    for label in range(scores.shape[1]):
        if targets[:, label].any():
            expected = average_precision_score(targets[:, label], scores[:, label])
            assert result[label] == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(scores_and_targets(), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(pair, random):
    scores, targets = pair
    order = random.sample(range(len(scores)), len(scores))
    for function in (average_precision, voc11_average_precision):
        np.testing.assert_array_equal(function(scores, targets), function(scores[order], targets[order]))


@settings(deadline=None)
@given(scores_and_targets())
def test_unknown_images_might_as_well_not_be_there(pair):
    scores, targets = pair
    for label in range(scores.shape[1]):
        known = targets[:, label] != -1
        if known.any():
            alone = average_precision(scores[known, label, None], targets[known, label, None])
            np.testing.assert_array_equal(average_precision(scores, targets)[label], alone[0])


def test_a_label_without_positives_is_nan_and_left_out_of_the_mean():
    scores, targets = np.array([[0.9, 0.1], [0.2, 0.3]]), [[1, 0], [0, 0]]
    result = average_precision(scores, targets)
    np.testing.assert_array_equal(result, [1.0, np.nan])
    assert mean_over_labels(result) == 1.0
    assert np.isnan(mean_over_labels(np.array([np.nan, np.nan])))


def test_all_scores_equal_give_the_share_of_positives():
    scores, targets = np.full((4, 1), 0.5), [[1], [0], [0], [0]]
    assert average_precision(scores, targets)[0] == 0.25
    assert voc11_average_precision(scores, targets)[0] == 0.25


def test_every_image_positive_gives_1():
    scores = np.random.default_rng(0).random((9, 2))
    np.testing.assert_array_equal(average_precision(scores, np.ones((9, 2))), [1.0, 1.0])
    np.testing.assert_array_equal(voc11_average_precision(scores, np.ones((9, 2))), [1.0, 1.0])


def test_recall_of_exactly_three_tenths_reaches_the_level():
    # 3 of 10 positives come first, then a negative, and so on: as floats 3/10 < 0.1 * 3, and the level would be missed.
    targets = np.array([1] * 3 + [0] * 90 + [1] * 7)[:, None]
    scores = np.linspace(1, 0, 100)[:, None]
    assert 3 / 10 < 0.1 * 3
    expected = (4 * 1.0 + 7 * 10 / 100) / 11
    assert voc11_average_precision(scores, targets)[0] == pytest.approx(expected, abs=1e-15)


def test_one_image():
    assert average_precision([[0.0]], [[1]])[0] == 1.0
    assert np.isnan(average_precision([[1.0]], [[0]])[0])


def test_negative_zero_ties_with_zero():
    assert average_precision(np.array([[-0.0], [0.0]]), [[1], [0]])[0] == 0.5


def test_nan_scores_are_refused():
    with pytest.raises(ScoresError, match="nan"):
        average_precision([[np.nan]], [[1]])
