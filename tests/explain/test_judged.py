from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from corelate.decisions.fixed import Fixed
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.errors import OptionError, ScoresError
from corelate.explain.judged import Judged, columns_of
from corelate.metrics.scores_file import write_scores

SCORES = np.array([[0.9, 0.2], [0.5, 0.6], [0.4, 0.7]])
TARGETS = np.array([[1, 1], [0, -1], [1, 0]])


def test_predictions_and_outcomes(judge: Callable[..., Judged]):
    judged = judge(SCORES, TARGETS)
    assert judged.predicted.tolist() == [[True, False], [True, True], [False, True]]
    assert judged.outcomes.hit.tolist() == [[True, False], [False, False], [False, False]]
    assert judged.outcomes.actual.tolist() == [[True, True], [False, False], [True, False]]
    # A tag whose truth is unknown counts nowhere.
    assert judged.outcomes.predicted.tolist() == [[True, False], [True, False], [False, True]]


def test_a_file_without_names(tmp_path: Path):
    path = tmp_path / "scores.npz"
    write_scores(path, SCORES, TARGETS)
    judged = Judged.of_file(path)
    assert judged.labels == ("label 0", "label 1")
    assert judged.names == ("picture 0", "picture 1", "picture 2")
    assert judged.source == "scores.npz"
    assert judged.decision.rule == "fixed"
    assert Judged.of_file(path, 0.65).predicted.sum() == 2


def test_a_file_with_names(tmp_path: Path):
    path = tmp_path / "scores.npz"
    write_scores(path, SCORES, TARGETS, labels=["sky", "sea"], names=["a", "b", "c"])
    judged = Judged.of_file(path)
    assert judged.labels == ("sky", "sea")
    assert judged.names == ("a", "b", "c")


def test_a_threshold_beyond_its_limits(tmp_path: Path):
    path = tmp_path / "scores.npz"
    write_scores(path, SCORES, TARGETS)
    for threshold in (-0.1, 1.1, float("nan")):
        with pytest.raises(OptionError, match="threshold"):
            Judged.of_file(path, threshold)


def test_a_decision_for_other_labels(judge: Callable[..., Judged]):
    with pytest.raises(ScoresError, match="2 labels, but the decision has 3"):
        judge(SCORES, TARGETS, Fixed(0.5).for_labels(3)).predicted  # noqa: B018


def test_a_decision_of_another_shape(judge: Callable[..., Judged]):
    class Odd(ThresholdDecision):
        def decide(self, scores: np.ndarray) -> np.ndarray:
            return np.ones((1, 1), bool)

    with pytest.raises(ScoresError, match=r"gives \(1, 1\) tags for scores of shape \(3, 2\)"):
        judge(SCORES, TARGETS, Odd(thresholds=np.array([0.5, 0.5]), rule="fixed")).predicted  # noqa: B018


def test_columns(judge: Callable[..., Judged]):
    judged = judge(SCORES, TARGETS, labels=["sky", "sea"])
    assert judged.columns_of(["sea", "sky", "sea"]) == [1, 0, 1]
    assert judged.columns_of([]) == []
    with pytest.raises(OptionError, match="some pictures has no label 'skyy'; did you mean 'sky'"):
        judged.columns_of(["skyy"])


def test_columns_of_nothing_near():
    with pytest.raises(OptionError, match="the set has no label 'aeroplane'; it has 2 others"):
        columns_of(["aeroplane"], ["sky", "sea"], "the set")
