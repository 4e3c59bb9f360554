from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from corelate.errors import OptionError, ScoresError
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.judged import Judged
from corelate.explain.measures.precision_recall import MOST_POINTS, PrecisionRecall, precision_recall, thinned
from corelate.metrics.report import evaluate_scores

Judge = Callable[..., Judged]


def example(images: int = 60, labels: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = (rng.random((images, labels)) < 0.3).astype(np.int8)
    scores = np.clip(rng.normal(0.4, 0.15, targets.shape) + 0.2 * targets, 0, 1)
    targets[rng.random(targets.shape) < 0.1] = -1
    return scores, targets


def content(curves: PrecisionRecall) -> dict:
    return json.loads(curves.table().to_json())


def test_curves_lie_on_those_of_scikit_learn(judge: Judge):
    scores, targets = example()
    curves = precision_recall(judge(scores, targets), ["b", "e"])
    assert [(curve.kind, curve.name) for curve in curves.curves] == [
        *(("overall", "all cells"), ("mean", "mean over labels"), ("label", "b"), ("label", "e")),
    ]
    for curve, columns in zip([curves.curves[0], *curves.curves[2:]], (range(6), [1], [4]), strict=True):
        known = targets[:, columns] != -1
        present, chosen = targets[:, columns][known], scores[:, columns][known]
        precision, recall, thresholds = precision_recall_curve(present, chosen)
        assert curve.thresholds is not None
        rows = np.searchsorted(thresholds, curve.thresholds)
        np.testing.assert_array_equal(thresholds[rows], curve.thresholds)
        np.testing.assert_allclose(curve.precision, precision[rows])
        np.testing.assert_allclose(curve.recall, recall[rows])
        assert curve.average_precision == pytest.approx(average_precision_score(present, chosen))
        assert curve.positives == present.sum()


def test_average_precision_and_working_point_are_those_of_the_report(judge: Judge):
    scores, targets = example()
    targets[:, 5] = 0
    judged = judge(scores, targets, 0.55)
    report = evaluate_scores(scores, targets, judged.decision)
    overall, mean = precision_recall(judged).curves
    assert mean.average_precision == pytest.approx(report["map"])
    assert overall.working_point == pytest.approx((report["overall"]["recall"], report["overall"]["precision"]))
    assert mean.working_point is None
    assert precision_recall(judged).averaged == 5
    assert "mean over 5 of 6 labels" in precision_recall(judged).summary()[0]


def test_the_point_of_a_threshold_lies_on_the_curve_of_its_label(judge: Judge):
    scores, targets = example()
    threshold = float(np.sort(scores[targets[:, 1] == 1, 1])[3])
    curve = precision_recall(judge(scores, targets, threshold), ["b"]).curves[2]
    points = np.column_stack([curve.recall, curve.precision])
    assert np.isclose(points, curve.working_point).all(axis=1).any()


def test_the_table_lists_each_curve(judge: Judge):
    curves = precision_recall(judge(*example()), ["c"])
    found = content(curves)
    assert {(row["kind"], row["name"]) for row in found["rows"]} == {
        *(("overall", "all cells"), ("mean", "mean over labels"), ("label", "c")),
    }
    assert all((row["threshold"] is None) == (row["kind"] == "mean") for row in found["rows"])
    assert [curve["name"] for curve in found["about"]["curves"]] == ["all cells", "mean over labels", "c"]


def test_many_points_are_thinned_and_keep_the_shape(judge: Judge):
    scores, targets = example(4000, 20, seed=1)
    labels = [f"label {column}" for column in range(20)]
    overall = precision_recall(judge(scores, targets, labels=labels)).curves[0]
    known = targets != -1
    precision, recall, _ = precision_recall_curve(targets[known], scores[known])
    assert 200 < len(overall.recall) <= MOST_POINTS
    assert overall.recall[-1] == 1
    assert overall.precision[-1] == pytest.approx((targets[known] == 1).mean())
    wanted = np.linspace(0.01, 1, 300)
    expected = np.interp(wanted, recall[::-1], precision[::-1])
    assert np.abs(np.interp(wanted, overall.recall, overall.precision) - expected).max() < 0.01
    assert overall.precision.max() == precision[:-1][recall[:-1] > 0].max()
    assert overall.average_precision == pytest.approx(average_precision_score(targets[known], scores[known]))


@pytest.mark.parametrize("points", [1, 2, 499, 500, 501, 20_000])
def test_thinning_keeps_the_ends_and_the_limit(points: int):
    recall = np.sort(np.random.default_rng(points).random(points))
    recall[-1] = 1.0
    kept = thinned(recall, np.random.default_rng(0).random(points), 500)
    assert kept[0] == 0 and kept[-1] == points - 1
    assert (np.diff(kept) > 0).all()
    assert len(kept) == points if points <= 500 else 300 < len(kept) <= 500


def test_a_rule_that_finds_nothing(judge: Judge):
    curves = precision_recall(judge(*example(), 1.0))
    assert curves.curves[0].working_point == (0.0, 0.0)
    assert curves.summary()[1] == "Rule fixed over all cells finds nothing"
    assert encode(draw(curves), "png", 30)


def test_the_best_single_threshold(judge: Judge):
    scores = [[0.9], [0.8], [0.7], [0.1]]
    summary = precision_recall(judge(scores, [[1], [0], [1], [0]])).summary()
    assert summary[2] == "One threshold for all labels could at best have F1 0.800 here, at 0.700"


def test_the_best_single_threshold_is_sought_on_the_whole_curve(judge: Judge):
    scores, targets = example(4000, 20, seed=2)
    judged = judge(scores, targets, labels=[f"label {column}" for column in range(20)])
    overall, mean = precision_recall(judged).curves
    known = targets != -1
    precision, recall, thresholds = precision_recall_curve(targets[known], scores[known])
    f1 = 2 * precision[:-1] * recall[:-1] / (precision[:-1] + recall[:-1])
    assert overall.best == pytest.approx((f1.max(), thresholds[f1.argmax()]), abs=1e-12)
    assert mean.best is None
    # It may be none of the points that are kept.
    kept = 2 * overall.precision * overall.recall / (overall.precision + overall.recall)
    assert kept.max() < f1.max()


def test_no_positives_at_all(judge: Judge):
    for target in (0, -1):
        with pytest.raises(ScoresError, match="some pictures: no label is present on any picture"):
            precision_recall(judge([[0.2, 0.4]], [[target, target]]))


def test_labels_that_can_have_no_curve(judge: Judge):
    judged = judge([[0.2, 0.4, 0.5]], [[1, 0, -1]])
    with pytest.raises(OptionError, match="no measured picture has 'b', 'c': recall has nothing to count"):
        precision_recall(judged, ["a", "b", "c"])
    with pytest.raises(OptionError, match="has no label 'd'"):
        precision_recall(judged, ["d"])
    with pytest.raises(OptionError, match="'a' is given twice"):
        precision_recall(judged, ["a", "a"])
    with pytest.raises(OptionError, match="at most 18 curves"):
        precision_recall(judged, ["a"] * 19)


@pytest.mark.parametrize(
    ("scores", "targets"),
    [
        (np.array([[0.5]]), np.array([[1]])),  # one label, one picture
        (np.full((4, 2), 0.5), np.array([[1, 0], [0, 1], [0, 0], [1, 1]])),  # constant scores
        (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0, 1], [1, 0]])),  # exactly 0 and 1
        (np.random.default_rng(0).random((10, 5000)), np.random.default_rng(1).random((10, 5000)) < 0.2),
    ],
)
def test_special_cases_are_drawn(judge: Judge, scores: np.ndarray, targets: np.ndarray):
    labels = [f"label {column}" for column in range(scores.shape[1])]
    curves = precision_recall(judge(scores, targets, labels=labels), labels[:1])
    assert len(curves.summary()) == 4
    assert content(curves)["rows"]
    assert encode(draw(curves), "png", 30)


def test_all_colours_of_the_drawing_are_the_pages(judge: Judge):
    scores, targets = example(labels=18)
    labels = ["$a$ <b>", "line\nbreak", *(f"label {column}" for column in range(16))]
    svg = page_svg(draw(precision_recall(judge(scores, targets, labels=labels), labels)), "curves", "")
    assert "$a$ &lt;b&gt;: " in svg
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)
