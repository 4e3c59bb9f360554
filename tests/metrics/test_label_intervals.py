import numpy as np
import pytest

from corelate.decisions.fixed import Fixed
from corelate.metrics.bootstrap import IntervalOptions, centred_interval
from corelate.metrics.label_intervals import affordable_resamples, label_intervals
from corelate.metrics.ranking import average_precision
from corelate.metrics.report import evaluate_labels
from corelate.metrics.resampling import draw_weights

FIGURES = ("precision", "recall", "f1", "average_precision")


def figures_of(scores: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    labels = [str(label) for label in range(scores.shape[1])]
    rows = evaluate_labels(scores, targets, Fixed().for_labels(len(labels)), labels)
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in FIGURES}


def intervals_of(scores: np.ndarray, targets: np.ndarray, **options) -> dict[str, np.ndarray]:
    figures = figures_of(scores, targets)
    decision = Fixed().for_labels(scores.shape[1])
    return label_intervals(scores, targets, decision, figures, IntervalOptions(**{"resamples": 60, **options}))


def example(images: int = 30, labels: int = 5, seed: int = 0):
    rng = np.random.default_rng(seed)
    targets = (rng.random((images, labels)) < 0.25).astype(np.int8)
    scores = np.round(np.clip(rng.normal(0.35, 0.2, targets.shape) + 0.25 * targets, 0, 1), 1)
    targets[rng.random(targets.shape) < 0.1] = -1
    return scores, targets


def test_equals_drawing_pictures_and_measuring_them():
    scores, targets = example()
    found, figures = intervals_of(scores, targets), figures_of(scores, targets)
    (weights,) = draw_weights(30, 60, 0)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in FIGURES}
    for column in weights.T:
        rows = np.repeat(np.arange(30), column.astype(int))
        values = figures_of(scores[rows], targets[rows])
        predicted = ((scores[rows] >= 0.5) & (targets[rows] != -1)).any(axis=0)
        actual = (targets[rows] == 1).any(axis=0)
        values["precision"][~predicted] = np.nan
        values["recall"][~actual] = np.nan
        values["f1"][~predicted & ~actual] = np.nan
        for name in FIGURES:
            drawn[name].append(values[name])
    for name in FIGURES:
        for label in range(5):
            ends = centred_interval(np.array(drawn[name])[:, label], figures[name][label], 0.95)
            assert ends is not None
            np.testing.assert_allclose(found[name][label], np.clip(ends, 0, 1), atol=1e-9, err_msg=name)


def test_intervals_hold_their_figure_and_stay_between_0_and_1():
    scores, targets = example(100, 20, seed=3)
    figures = figures_of(scores, targets)
    for name, ends in intervals_of(scores, targets, resamples=200).items():
        assert (ends[:, 0] >= 0).all() and (ends[:, 1] <= 1).all(), name
        assert (ends[:, 0] <= figures[name] + 1e-12).all() and (figures[name] <= ends[:, 1] + 1e-12).all(), name


def test_a_label_without_positives_has_no_interval_of_average_precision_and_recall():
    scores, targets = example()
    targets[:, 2] = 0
    found = intervals_of(scores, targets)
    assert np.isnan(found["average_precision"][2]).all()
    assert np.isnan(found["recall"][2]).all()
    assert found["precision"][2].tolist() == [0, 0]


def test_a_label_that_is_never_predicted_has_no_interval_of_precision():
    scores, targets = example()
    scores[:, 1] = 0.2
    found = intervals_of(scores, targets)
    assert np.isnan(found["precision"][1]).all()
    assert found["recall"][1].tolist() == found["f1"][1].tolist() == [0, 0]


def test_a_label_that_is_unknown_everywhere_has_none_at_all():
    scores, targets = example()
    targets[:, 0] = -1
    assert all(np.isnan(ends[0]).all() for ends in intervals_of(scores, targets).values())


def test_a_single_picture_says_nothing_about_spread():
    found = intervals_of(np.array([[0.9, 0.1]]), np.array([[1, 0]]))
    assert found["f1"][0].tolist() == [1, 1]
    assert np.isnan(found["f1"][1]).all()


def test_the_seed_decides_and_the_grouping_does_not(monkeypatch: pytest.MonkeyPatch):
    scores, targets = example()
    first = intervals_of(scores, targets)["f1"]
    assert not np.array_equal(first, intervals_of(scores, targets, seed=1)["f1"])
    monkeypatch.setattr("corelate.metrics.resampling.CELLS_PER_GROUP", 200)
    np.testing.assert_allclose(first, intervals_of(scores, targets)["f1"])


def test_only_the_figures_asked_for():
    scores, targets = example()
    values = {"average_precision": average_precision(scores, targets)}
    assert set(label_intervals(scores, targets, Fixed().for_labels(5), values, IntervalOptions(resamples=2))) == set(
        values
    )


def test_large_data_have_fewer_resamples():
    assert affordable_resamples(1) == affordable_resamples(499 * 260) == 1000
    assert 100 < affordable_resamples(40_000 * 80) < 1000
    assert affordable_resamples(10**12) == 100
