import numpy as np
import pytest

from corelate.decisions.fixed import Fixed
from corelate.explain.judged import Judged
from corelate.metrics.scores_file import ScoresFile
from corelate.report.pairing import align

TARGETS = np.array([[1, 0, 0], [0, 1, -1], [1, 1, 0], [0, 0, 1]], np.int8)
LABELS, NAMES = ["a", "b", "c"], ["0", "1", "2", "3"]


def judged(targets=TARGETS, labels=LABELS, names=NAMES):
    scores = np.full(targets.shape, 0.5)
    content = ScoresFile(scores, targets, None if labels is None else tuple(labels), names and tuple(names))
    return Judged.of(content, Fixed(0.5).for_labels(len(targets[0])), "pictures")


def test_the_same_is_paired():
    found = align(judged(), judged())
    assert found.paired
    np.testing.assert_array_equal(found.rows, [0, 1, 2, 3])
    np.testing.assert_array_equal(found.columns, [0, 1, 2])
    assert found.alike.all()


def test_another_order_of_pictures_and_labels_is_the_same():
    rows, columns = [2, 0, 3, 1], [1, 2, 0]
    shuffled = TARGETS[rows][:, columns]
    found = align(judged(), judged(shuffled, [LABELS[c] for c in columns], [NAMES[r] for r in rows]))
    assert found.paired
    np.testing.assert_array_equal(shuffled[found.rows][:, found.columns], TARGETS)


@pytest.mark.parametrize(
    ("names", "common", "all_of_it"),
    [(["0", "1", "2", "9"], 3, 4), (["0", "1"], 2, 2), (["5", "6", "7", "8", "9"], 0, 5)],
)
def test_other_pictures_are_refused_with_their_numbers(names, common, all_of_it):
    found = align(judged(), judged(np.zeros((len(names), 3), np.int8), names=names), "first")
    assert not found.paired
    assert found.rows is None
    assert not found.alike.any()
    assert found.problem.endswith(f"other pictures: {common} of its {all_of_it} are among the 4 of first")


def test_pictures_without_names_are_taken_in_their_order():
    assert align(judged(names=None), judged(names=None)).paired


def test_pictures_without_names_in_another_order_are_told_by_their_targets():
    found = align(judged(names=None), judged(TARGETS[::-1], names=None))
    assert "other things are said to be true of the same pictures" in found.problem


@pytest.mark.parametrize("names", [(NAMES, None), (None, NAMES)])
def test_names_on_one_side_only_can_t_be_matched(names):
    first, second = names
    assert "does not name its pictures" in align(judged(names=first), judged(names=second)).problem


def test_repeated_names_in_the_same_order_are_paired_by_their_place():
    assert align(judged(names=["x", "x", "y", "z"]), judged(names=["x", "x", "y", "z"])).paired


def test_repeated_names_in_another_order_are_refused():
    found = align(judged(names=["x", "x", "y", "z"]), judged(names=["y", "x", "x", "z"]))
    assert "1 names such as 'x' belong to several pictures" in found.problem


def test_other_labels_leave_the_common_ones():
    found = align(judged(), judged(TARGETS[:, [2, 0, 1]], ["c", "a", "new"]), "first")
    assert found.problem == "it has other labels: 2 of its 3 are among the 3 of first"
    np.testing.assert_array_equal(found.columns, [1, -1, 0])
    np.testing.assert_array_equal(found.alike, [True, False, True])


def test_fewer_labels_are_other_labels():
    found = align(judged(), judged(TARGETS[:, :2], ["a", "b"]))
    assert "2 of its 2 are among the 3" in found.problem


def test_repeated_labels_belong_to_none():
    found = align(judged(), judged(labels=["a", "b", "b"]))
    np.testing.assert_array_equal(found.alike, [True, False, False])
    assert "other labels" in found.problem


def test_no_common_label():
    found = align(judged(), judged(labels=["x", "y", "z"]))
    assert not found.paired
    assert not found.alike.any()


def test_other_targets_are_refused_and_the_labels_without_them_are_alike():
    changed = TARGETS.copy()
    changed[1, 1], changed[1, 2] = 0, 0
    changed[0, 1] = 1
    found = align(judged(), judged(changed))
    assert "3 of 12 targets differ, of 2 labels, most of 'b'" in found.problem
    np.testing.assert_array_equal(found.alike, [True, False, False])


def test_one_label():
    targets = TARGETS[:, :1]
    assert align(judged(targets, ["a"]), judged(targets, ["a"])).paired
