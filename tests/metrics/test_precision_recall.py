import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score, precision_recall_curve

from corelate.errors import ScoresError
from corelate.metrics.precision_recall import mean_precision, precision_recall_points
from corelate.metrics.ranking import average_precision


@st.composite
def cells(draw):
    size = draw(st.integers(1, 40))
    scores = draw(arrays.arrays(np.float32, size, elements=st.sampled_from([0, 0.125, 0.5, 0.75, 0.875, 1])))
    present = draw(arrays.arrays(np.bool_, size))
    present[draw(st.integers(0, size - 1))] = True
    return scores, present


@settings(max_examples=40, deadline=None)
@given(cells())
def test_points_are_those_of_scikit_learn(case):
    scores, present = case
    points = precision_recall_points(scores, present)
    precision, recall, thresholds = precision_recall_curve(present, scores)
    places = {float(threshold): place for place, threshold in enumerate(thresholds)}
    rows = [places[threshold] for threshold in points.thresholds]
    np.testing.assert_allclose(points.precision, precision[rows])
    np.testing.assert_allclose(points.recall, recall[rows])
    # None at which recall grows is missing, nor the last.
    assert set(points.recall) == set(recall[:-1]) - {0}
    assert points.thresholds[-1] == scores.min()
    assert points.area == pytest.approx(average_precision_score(present, scores))


def test_without_present_cells():
    with pytest.raises(ScoresError, match="no cell is present"):
        precision_recall_points(np.array([0.1, 0.2]), np.array([False, False]))


def test_one_cell():
    points = precision_recall_points(np.array([0.3]), np.array([True]))
    assert (points.thresholds, points.precision, points.recall) == ([0.3], [1.0], [1.0])


def example(seed: int = 0):
    rng = np.random.default_rng(seed)
    targets = (rng.random((50, 6)) < 0.3).astype(np.int8)
    scores = np.round(np.clip(rng.normal(0.4, 0.2, targets.shape) + 0.2 * targets, 0, 1), 2)
    targets[rng.random(targets.shape) < 0.1] = -1
    targets[:, 4] = 0
    return scores, targets


def test_mean_precision_by_loops():
    scores, targets = example()
    recalls, means = mean_precision(scores, targets, 10)
    for recall, mean in zip(recalls, means, strict=True):
        at_recall = []
        for label in range(6):
            known = targets[:, label] != -1
            column, present = scores[known, label], targets[known, label] == 1
            if not present.any():
                continue
            for threshold in sorted(set(column), reverse=True):
                if (column[present] >= threshold).sum() * 10 >= round(10 * recall) * present.sum():
                    at_recall.append(present[column >= threshold].mean())
                    break
        assert len(at_recall) == 5
        assert mean == pytest.approx(np.mean(at_recall))


def test_the_area_under_the_mean_is_map():
    scores, targets = example(1)
    # A multiple of each label's number of positives: then no step falls between two recalls.
    levels = int(np.lcm.reduce([count for count in (targets == 1).sum(axis=0) if count]))
    _, means = mean_precision(scores, targets, levels)
    assert means.mean() == pytest.approx(np.nanmean(average_precision(scores, targets)))


def test_mean_without_positives():
    with pytest.raises(ScoresError, match="no label has a picture"):
        mean_precision(np.array([[0.5]]), np.array([[-1]]))
