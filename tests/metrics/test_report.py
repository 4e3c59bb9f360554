import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from corelate.decisions.fixed import Fixed
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import OptionError, ScoresError
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_labels, evaluate_scores


@pytest.fixture
def measured():
    rng = np.random.default_rng(3)
    targets = (rng.random((60, 7)) < 0.3).astype(np.int8)
    targets[:, 6] = 0
    scores = np.clip(rng.random((60, 7)) * 0.7 + 0.3 * targets, 0, 1).astype(np.float32)
    return scores, targets


def test_every_figure_of_a_report(measured):
    scores, targets = measured
    report = evaluate_scores(scores, targets, Fixed().for_labels(7), top_k=(3, 2))
    assert list(report) == [
        "images",
        "labels",
        "labels_with_positives",
        "unknown_targets",
        "rule",
        "overall",
        "per_class",
        "n_plus",
        "macro_f1",
        "micro_f1",
        "samples_f1",
        "map",
        "map_voc11",
        "top_k",
    ]
    assert (report["images"], report["labels"], report["labels_with_positives"]) == (60, 7, 6)
    assert report["rule"] == {"name": "fixed", "options": {"threshold": 0.5}, "fitted_on": ""}
    assert list(report["top_k"]) == ["2", "3"]
    assert set(report["top_k"]["3"]) == {"overall", "per_class", "n_plus"}
    expected = np.mean([average_precision_score(targets[:, label], scores[:, label]) for label in range(6)])
    assert report["map"] == pytest.approx(expected, abs=1e-12)
    assert report["macro_f1"] == pytest.approx(f1_score(targets, scores >= 0.5, average="macro", zero_division=0))
    assert report["micro_f1"] == report["overall"]["f1"]


def test_a_forced_number_of_tags_is_that_decision(measured):
    scores, targets = measured
    report = evaluate_scores(scores, targets, Fixed().for_labels(7), top_k=[3])
    forced = evaluate_scores(scores, targets, TopKDecision(k=3))
    assert report["top_k"]["3"] == {key: forced[key] for key in ("overall", "per_class", "n_plus")}


def test_a_score_on_the_threshold_is_a_prediction():
    report = evaluate_scores([[0.5, 0.49]], [[1, 1]], Fixed().for_labels(2))
    assert report["overall"]["recall"] == 0.5


def test_scores_are_left_as_they_are(measured):
    scores, targets = measured
    before = scores.copy(), targets.copy()
    for _ in range(2):
        evaluate_scores(scores, targets, Fixed().for_labels(7), (2,), IntervalOptions(resamples=3))
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(targets, before[1])


def test_map_is_null_when_no_label_has_a_positive():
    report = evaluate_scores(
        np.full((4, 3), 0.6), np.zeros((4, 3)), Fixed().for_labels(3), (1,), IntervalOptions(resamples=5)
    )
    assert report["map"] is report["map_voc11"] is None
    assert report["intervals"]["map"] is report["intervals"]["map_voc11"] is None
    assert report["overall"]["f1"] == 0
    json.dumps(report, allow_nan=False)


def test_a_report_is_valid_json_and_the_same_after_a_round_trip(measured):
    report = evaluate_scores(*measured, Fixed().for_labels(7), (3,), IntervalOptions(resamples=20))
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_unknown_targets_are_counted_and_ignored(measured):
    scores, targets = measured
    targets = targets.copy()
    targets[::2, 3] = -1
    report = evaluate_scores(scores, targets, Fixed().for_labels(7))
    assert report["unknown_targets"] == 30
    changed = scores.copy()
    changed[::2, 3] = 1 - changed[::2, 3]
    assert evaluate_scores(changed, targets, Fixed().for_labels(7)) == report


def test_all_targets_unknown():
    report = evaluate_scores(np.ones((3, 2)), np.full((3, 2), -1), Fixed().for_labels(2), (1,))
    assert report["map"] is None
    assert report["n_plus"] == 0


@pytest.mark.parametrize(("k", "text"), [(8, "only 7 labels"), (0, "at least 1"), (-1, "at least 1")])
def test_an_impossible_number_of_tags(measured, k, text):
    with pytest.raises(OptionError, match=text):
        evaluate_scores(*measured, Fixed().for_labels(7), top_k=(k,))


def test_a_decision_for_another_vocabulary(measured):
    with pytest.raises(ScoresError, match="7 labels"):
        evaluate_scores(*measured, Fixed().for_labels(8))


def test_figures_of_each_label(measured):
    scores, targets = measured
    rows = evaluate_labels(scores, targets, Fixed(0.6).for_labels(7), [*"abcdefg"])
    assert [row["label"] for row in rows] == [*"abcdefg"]
    assert rows[6]["average_precision"] is None
    assert rows[6]["positives"] == rows[6]["true_positive"] == rows[6]["recall"] == 0
    first = rows[0]
    assert first["f1"] == pytest.approx(f1_score(targets[:, 0], scores[:, 0] >= np.float32(0.6)))
    assert first["average_precision"] == pytest.approx(average_precision_score(targets[:, 0], scores[:, 0]))
    assert first["threshold"] == 0.6
    assert isinstance(first["positives"], int)
    assert evaluate_labels(scores, targets, TopKDecision(k=1), [*"abcdefg"])[0]["threshold"] is None


def test_label_names_must_fit(measured):
    with pytest.raises(ScoresError, match="3 names"):
        evaluate_labels(*measured, Fixed().for_labels(7), ["a", "b", "c"])
