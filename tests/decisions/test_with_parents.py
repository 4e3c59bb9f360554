"""Tags that bring the labels that they imply, under every rule, in every figure."""

from __future__ import annotations

import numpy as np
import pytest

from corelate.data.curation import LabelHierarchy
from corelate.data.vocabulary import Vocabulary
from corelate.decisions import DECISION_RULES, decision_from_json
from corelate.decisions.fixed import Fixed
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.decisions.with_parents import WithParents, plain, with_parents
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_labels, evaluate_scores

LABELS = Vocabulary(["dog", "sky", "animal", "pet"])
HIERARCHY = LabelHierarchy.from_names(LABELS, [("dog", "animal"), ("dog", "pet")])


def measured() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    targets = HIERARCHY.with_parents(rng.random((60, 4)) < 0.3).astype(np.int8)
    scores = HIERARCHY.raise_scores(np.clip(rng.random((60, 4)) * 0.8 + 0.2 * targets, 0, 1).astype(np.float32))
    return scores, targets


@pytest.mark.parametrize("name", DECISION_RULES.names)
def test_every_rule_brings_parents(name: str):
    scores, targets = measured()
    rule = DECISION_RULES.load(name)
    fitted = (rule(k=2) if name == "top_k" else rule()).fit(scores, targets)
    chosen = with_parents(fitted, HIERARCHY).decide(scores)
    assert np.array_equal(chosen, HIERARCHY.with_parents(fitted.decide(scores)))
    assert not (chosen[:, 0] & ~(chosen[:, 2] & chosen[:, 3])).any()
    assert chosen[:, 0].any()


def test_thresholds_of_their_own_need_it():
    decision = ThresholdDecision(thresholds=np.array([0.2, 0.5, 0.9, 0.9]), rule="per_label_f")
    scores = HIERARCHY.raise_scores(np.array([[0.3, 0.1, 0.0, 0.4]], np.float32))
    assert decision.decide(scores).tolist() == [[True, False, False, False]]
    assert with_parents(decision, HIERARCHY).decide(scores).tolist() == [[True, False, True, True]]


def test_the_k_best_and_then_their_parents():
    scores = np.array([[0.9, 0.1, 0.9, 0.9], [0.1, 0.8, 0.7, 0.2]], np.float32)
    found = with_parents(TopKDecision(k=1), HIERARCHY).decide(scores)
    assert found.tolist() == [[True, False, True, True], [False, True, False, False]]


def test_it_is_saved_and_described_as_the_rule_that_it_is():
    decision = Fixed(0.3).for_labels(4)
    wrapped = with_parents(decision, HIERARCHY)
    assert isinstance(wrapped, WithParents)
    assert wrapped.to_json() == decision.to_json()
    assert wrapped.describe() == decision.describe()
    assert np.array_equal(
        plain(wrapped).decide(measured()[0]), decision_from_json(wrapped.to_json(), 4).decide(measured()[0])
    )


def test_without_a_hierarchy_the_decision_stays_itself():
    decision = Fixed(0.3).for_labels(4)
    assert with_parents(decision, None) is decision
    assert with_parents(decision, LabelHierarchy(LABELS)) is decision


def test_twice_is_once():
    wrapped = with_parents(with_parents(Fixed(0.3).for_labels(4), HIERARCHY), HIERARCHY)
    assert isinstance(wrapped, WithParents)
    assert not isinstance(wrapped.decision, WithParents)


def test_figures_count_the_parents():
    scores, targets = measured()
    decision = ThresholdDecision(thresholds=np.array([0.5, 0.5, 0.95, 0.95]), rule="per_label_f")
    report = evaluate_scores(scores, targets, with_parents(decision, HIERARCHY), (1,), IntervalOptions(resamples=5))

    def exact(chosen: np.ndarray) -> float:
        return 2 * float((chosen & (targets == 1)).sum()) / float(chosen.sum() + targets.sum())

    assert report["overall"]["f1"] == pytest.approx(exact(HIERARCHY.with_parents(decision.decide(scores))))
    forced = HIERARCHY.with_parents(TopKDecision(k=1).decide(scores))
    assert report["top_k"]["1"]["overall"]["f1"] == pytest.approx(exact(forced))
    assert report["overall"]["f1"] != evaluate_scores(scores, targets, decision)["overall"]["f1"]


def test_each_labels_threshold_is_still_shown():
    scores, targets = measured()
    rows = evaluate_labels(scores, targets, with_parents(Fixed(0.25).for_labels(4), HIERARCHY), list(LABELS))
    assert [row["threshold"] for row in rows] == [0.25] * 4
