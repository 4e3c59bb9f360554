from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corelate.scores
from corelate.data.curation import LabelHierarchy
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.decisions.with_parents import with_parents
from corelate.explain.judged import Judged
from corelate.explain.sheet.confident_errors import cell_errors, largest_errors, thresholds_of

Judge = Callable[..., Judged]


def thresholds(*values: float) -> ThresholdDecision:
    return ThresholdDecision(thresholds=np.array(values), rule="global_f")


def all_rows(judged: Judged) -> np.ndarray:
    return np.arange(len(judged.scores))


def defined_error(score: float, target: int, threshold: float) -> float:
    """The definition, cell by cell."""
    if target == -1:
        return 0.0
    sure = score / (2 * threshold) if score < threshold else 1 - (1 - score) / (2 * (1 - threshold))
    return abs(sure - target)


def test_by_hand(judge: Judge):
    judged = judge([[0.1, 0.6, 0.2], [0.7, 0.2, 1.0]], [[1, 0, 0], [0, 1, 1]], thresholds(0.4, 0.2, 0.5))
    expected = [[1 - 0.125, 0.75, 0.2], [0.75, 0.5, 0.0]]
    np.testing.assert_allclose(cell_errors(judged, all_rows(judged)), expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_as_defined(seed: int):
    generator = np.random.default_rng(seed)
    scores = generator.random((7, 5)).astype(np.float32)
    targets = generator.integers(-1, 2, (7, 5)).astype(np.int8)
    values = generator.uniform(0.01, 0.99, 5)
    judged = Judged(scores, targets, list("abcde"), list("1234567"), thresholds(*values), "drawn")
    expected = [
        [defined_error(*cell) for cell in zip(row, truth, values, strict=True)]
        for row, truth in zip(scores.astype(np.float64), targets, strict=True)
    ]
    errors = cell_errors(judged, all_rows(judged))
    np.testing.assert_allclose(errors, expected, atol=1e-6)
    wrong = (judged.predicted != (targets == 1)) & (targets != -1)
    assert (errors[wrong] >= 0.5).all()
    assert (errors[~wrong] <= 0.5).all()
    largest, is_wrong = largest_errors(judged, all_rows(judged))
    np.testing.assert_allclose(largest, np.max(expected, axis=1), atol=1e-6)
    assert is_wrong.tolist() == wrong.any(axis=1).tolist()


def test_thresholds_at_the_ends(judge: Judge):
    # From 0 everything is given, and only a score of 1 reaches 1: it could not be surer.
    judged = judge([[0.0, 1.0, 0.99], [1.0, 0.0, 0.0]], [[0, 0, 1], [0, 1, 1]], thresholds(0, 1, 1))
    np.testing.assert_allclose(cell_errors(judged, all_rows(judged)), [[0.5, 1, 0.505], [1, 1, 1]])


def test_single_precision_on_the_threshold_is_given(judge: Judge):
    # 0.3 in single precision lies above 0.3; 0.7 lies below.
    judged = judge(np.array([[0.3, 0.7]], np.float32), [[0, 0]], thresholds(0.3, 0.7))
    assert judged.predicted.all()
    errors = cell_errors(judged, all_rows(judged))
    np.testing.assert_allclose(errors, 0.5, atol=1e-7)
    assert (errors >= 0.5).all()


def test_unknown_cells_are_no_errors(judge: Judge):
    judged = judge([[0.9, 0.1]], [[-1, -1]])
    assert cell_errors(judged, all_rows(judged)).tolist() == [[0, 0]]
    largest, is_wrong = largest_errors(judged, all_rows(judged))
    assert largest.tolist() == [0]
    assert is_wrong.tolist() == [False]


def test_a_picture_has_one_threshold_where_labels_have_none(judge: Judge):
    judged = judge([[0.9, 0.5, 0.3], [0.2, 0.2, 0.1]], [[0, 1, 1], [0, 0, 1]], TopKDecision(k=2))
    np.testing.assert_allclose(thresholds_of(judged, all_rows(judged)), [[0.4], [0.15]])
    np.testing.assert_allclose(cell_errors(judged, np.array([0]))[0], [1 - 0.1 / 1.2, 0.5 / 1.2, 1 - 0.3 / 0.8])


def test_all_labels_given_or_none(judge: Judge):
    judged = judge([[0.9, 0.5]], [[0, 1]], TopKDecision(k=2))
    assert thresholds_of(judged, all_rows(judged)).tolist() == [[0]]
    none = judge([[0.9, 0.5]], [[0, 1]], TopKDecision(k=1))
    object.__setattr__(none, "predicted", np.zeros((1, 2), bool))
    assert thresholds_of(none, all_rows(none)).tolist() == [[1]]
    np.testing.assert_allclose(cell_errors(none, all_rows(none)), [[0.45, 0.75]])


def test_equal_scores_of_which_one_is_given(judge: Judge):
    judged = judge([[0.5, 0.5, 0.1]], [[0, 1, 0]], TopKDecision(k=1))
    np.testing.assert_allclose(cell_errors(judged, all_rows(judged)), [[0.5, 0.5, 0.1]])


def test_a_tag_that_another_brought_counts_as_on_its_threshold(judge: Judge):
    hierarchy = LabelHierarchy.from_names(Vocabulary(["dog", "animal"]), [("dog", "animal")])
    decision = with_parents(thresholds(0.5, 0.9), hierarchy)
    judged = judge([[0.8, 0.8]], [[0, 0]], decision, ["dog", "animal"])
    assert judged.predicted.tolist() == [[True, True]]
    np.testing.assert_allclose(cell_errors(judged, all_rows(judged)), [[0.8, 0.5]])


@pytest.mark.parametrize("decision", [0.4, TopKDecision(k=3)])
def test_blocks_change_nothing(judge: Judge, decision: object, monkeypatch: pytest.MonkeyPatch):
    generator = np.random.default_rng(2)
    judged = judge(generator.random((23, 7)), generator.integers(-1, 2, (23, 7)), decision)
    rows = generator.permutation(23)[:19]
    for column in (None, 3):
        whole = largest_errors(judged, rows, column)
        monkeypatch.setattr(corelate.scores, "CELLS_PER_BLOCK", 20)
        parts = largest_errors(judged, rows, column)
        monkeypatch.undo()
        assert [array.tolist() for array in whole] == [array.tolist() for array in parts]


def test_one_label_alone(judge: Judge):
    judged = judge([[0.9, 0.1], [0.2, 0.8]], [[0, 0], [0, 0]])
    largest, is_wrong = largest_errors(judged, np.array([1, 0]), column=1)
    np.testing.assert_allclose(largest, [0.8, 0.1])
    assert is_wrong.tolist() == [True, False]
