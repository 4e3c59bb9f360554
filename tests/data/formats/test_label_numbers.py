import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats import label_numbers
from corelate.data.formats.label_numbers import FoundLabels, joined, label_matrix
from corelate.data.targets import TargetMatrix

LISTS = st.lists(st.lists(st.integers(0, 4), max_size=7), max_size=9)


def same(left: TargetMatrix, right: TargetMatrix) -> bool:
    fields = ("row_starts", "columns", "values")
    if not all(np.array_equal(getattr(left, name), getattr(right, name)) for name in fields):
        return False
    if (left.places is None) != (right.places is None):
        return False
    return left.places is None or np.array_equal(left.places, right.places)


@given(lists=LISTS, data=st.data())
@pytest.mark.parametrize("block", [1, 3, 100])
@pytest.mark.parametrize("all_known", [True, False])
def test_matrix_is_that_of_the_rows(block, all_known, lists, data):
    unknown = [[] if all_known else data.draw(st.lists(st.integers(0, 4), max_size=3)) for _ in lists]
    numbers = np.array([number for row in lists for number in row], dtype=np.int32)
    ends = np.cumsum([0, *map(len, lists)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_numbers, "BLOCK", block)
        matrix = label_matrix(numbers, ends, 5, unknown)
    expected = TargetMatrix.from_rows(lists, 5, unknown)
    assert same(matrix, expected)
    for name in ("row_starts", "columns", "values"):
        assert getattr(matrix, name).dtype == getattr(expected, name).dtype


@given(LISTS, LISTS)
def test_joined_matrices_are_one(upper, lower):
    parts = [TargetMatrix.from_rows(rows, 5, [[4]] * len(rows)) for rows in (upper, lower)]
    assert same(joined(parts, 5), TargetMatrix.from_rows([*upper, *lower], 5, [[4]] * len(upper + lower)))


def test_labels_are_numbered_as_they_are_met():
    found = FoundLabels()
    assert [found[label] for label in ("sky", "sea", "sky", "boat")] == [0, 1, 0, 2]
    for label in ("", " sky", "a\nb", 5, None):
        with pytest.raises(KeyError):
            found[label]
    assert list(found) == ["sky", "sea", "boat"]


@pytest.mark.parametrize("cells", [1, 3, 1000])
def test_numbers_stand_for_columns_and_many_unknown_ones_make_small_blocks(monkeypatch, cells):
    monkeypatch.setattr(label_numbers, "CELLS", cells)
    present, unknown = [[2, 0], [], [1, 1, 2]], [frozenset([1]), [0, 2, 0], [2]]
    columns = np.array([4, 0, 3], dtype=np.int32)
    numbers, ends = np.array([2, 0, 1, 1, 2], dtype=np.int32), np.array([0, 2, 2, 5])
    matrix = label_matrix(numbers, ends, 5, unknown, columns)
    rows, others = ([[int(columns[number]) for number in row] for row in lists] for lists in (present, unknown))
    assert same(matrix, TargetMatrix.from_rows(rows, 5, others))


def test_unknown_labels_stay_on_the_quick_way(monkeypatch):
    monkeypatch.setattr(
        TargetMatrix, "from_rows", lambda *arguments: TargetMatrix.from_dense(np.zeros((0, 5), np.int8))
    )
    matrix = label_matrix(np.array([3, 1], dtype=np.int32), np.array([0, 2]), 5, [[4, 3]])
    assert matrix.dense_places().tolist() == [[0, 2, 0, 1, -1]]
