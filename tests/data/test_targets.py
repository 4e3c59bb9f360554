import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corelate.data.targets import TargetMatrix

lists = st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=8)
matrices = hnp.arrays(np.int8, st.tuples(st.integers(0, 6), st.integers(1, 5)), elements=st.integers(-1, 1))


@given(matrices)
def test_dense_round_trip_and_counts(matrix):
    targets = TargetMatrix.from_dense(matrix)
    assert targets.shape == matrix.shape
    assert (targets.dense() == matrix).all()
    assert (targets.label_counts() == (matrix == 1).sum(axis=0)).all()
    assert (targets.labels_per_picture() == (matrix == 1).sum(axis=1)).all()
    for row in range(len(matrix)):
        assert targets.present(row).tolist() == np.flatnonzero(matrix[row] == 1).tolist()


@given(matrices)
def test_frequencies_are_shares_of_the_pictures_that_are_known(matrix):
    targets = TargetMatrix.from_dense(matrix)
    assert targets.unknown_counts().tolist() == (matrix == -1).sum(axis=0).tolist()
    for column, found in zip(matrix.T, targets.label_frequencies(), strict=True):
        known = column[column >= 0] if (column == 0).any() else column
        assert found == (known == 1).sum() / max(len(known), 1)


def test_frequency_of_a_label_that_is_never_known_to_be_absent_is_not_one():
    matrix = np.array([[1, 1, -1, 1], [-1, -1, -1, 1], [-1, 0, -1, 1], [-1, 1, -1, 1]])
    assert TargetMatrix.from_dense(matrix).label_frequencies().tolist() == [0.25, 2 / 3, 0, 1]


@given(matrices.filter(len), st.data())
def test_select_equals_indexing(matrix, data):
    rows = data.draw(st.lists(st.integers(0, len(matrix) - 1)))
    chosen = TargetMatrix.from_dense(matrix).select(rows)
    assert (chosen.dense() == matrix[np.array(rows, int)]).all()


@given(matrices)
def test_rows_of_indices_give_the_same_matrix(matrix):
    present = [np.flatnonzero(row == 1).tolist() for row in matrix]
    unknown = [np.flatnonzero(row == -1).tolist() for row in matrix]
    assert (TargetMatrix.from_rows(present, matrix.shape[1], unknown).dense() == matrix).all()


def test_repeats_count_once_and_present_wins_over_unknown():
    targets = TargetMatrix.from_rows([[2, 0, 2]], 3, [[2, 1]])
    assert targets.dense().tolist() == [[1, -1, 1]]


@pytest.mark.parametrize("column", [-1, 3])
def test_column_out_of_range(column):
    with pytest.raises(ValueError, match=r"0\.\.2"):
        TargetMatrix.from_rows([[column]], 3)


def naive_places(present, unknown, label_count):
    expected = np.zeros((len(present), label_count), np.float32)
    for row, labels in enumerate(present):
        expected[row, sorted(unknown[row])] = -1
        for place, label in enumerate(dict.fromkeys(labels), start=1):
            expected[row, label] = place
    return expected


@given(lists, st.data())
def test_places_are_those_of_the_lists(present, data):
    unknown = [data.draw(st.sets(st.integers(0, 5))) for _ in present]
    targets = TargetMatrix.from_rows(present, 8, unknown)
    expected = naive_places(present, unknown, 8)
    assert targets.dense_places().dtype == np.float32
    assert (targets.dense_places() == expected).all()
    assert (targets.dense() == np.sign(expected)).all()
    assert targets.in_column_order() == all(list(dict.fromkeys(row)) == sorted(set(row)) for row in present)
    if present:
        rows = data.draw(st.lists(st.integers(0, len(present) - 1)))
        assert (targets.dense_places(rows) == expected[np.array(rows, int)]).all()
        assert (targets.select(rows).dense_places() == expected[np.array(rows, int)]).all()


def test_places_over_many_blocks():
    generator = np.random.default_rng(0)
    present = [generator.permutation(7)[: generator.integers(0, 8)].tolist() for _ in range(1500)]
    unknown = [generator.permutation(7)[: generator.integers(0, 3)].tolist() for _ in present]
    targets = TargetMatrix.from_rows(present, 7, unknown)
    assert (targets.dense_places() == naive_places(present, unknown, 7)).all()
    for row in (0, 511, 512, 1499):
        stored = targets.columns[targets.row_starts[row] : targets.row_starts[row + 1]]
        assert (np.diff(stored) > 0).all(), "ascending within a row"


def test_one_list_in_another_order_is_enough_to_keep_places():
    present = [[0, 1]] * 600 + [[1, 0]] + [[0]] * 600
    targets = TargetMatrix.from_rows(present, 2)
    assert targets.places is not None
    assert targets.dense_places([599, 600, 601]).tolist() == [[1, 2], [2, 1], [1, 0]]
    assert targets.select([0, 1]).in_column_order()
    assert not targets.select([600]).in_column_order()


def test_lists_in_the_order_of_the_columns_need_no_places():
    targets = TargetMatrix.from_rows([[0, 2, 2], [], [1]], 3, [[], [0, 1, 2], [0]])
    assert targets.places is None
    assert targets.dense_places().tolist() == [[1, 0, 2], [-1, -1, -1], [-1, 1, 0]]


@given(matrices)
def test_a_dense_matrix_has_its_labels_in_the_order_of_the_columns(matrix):
    targets = TargetMatrix.from_dense(matrix)
    assert (targets.dense_places() == np.where(matrix == 1, (matrix == 1).cumsum(axis=1), matrix)).all()
    assert targets.in_column_order()


def test_no_pictures_have_no_places():
    assert TargetMatrix.from_rows([], 3).dense_places().shape == (0, 3)


def test_large_sets_stay_sparse():
    # As MS-COCO has pictures, with a large vocabulary: dense, this would be 4.7 GB.
    present = [[(7 * row + 3) % 10_000, row % 10_000] for row in range(118_000)]
    targets = TargetMatrix.from_rows(present, 10_000)
    kept = (targets.row_starts, targets.columns, targets.values, targets.places)
    assert sum(array.nbytes for array in kept) < 4_000_000
    assert targets.dense_places([5]).nonzero()[1].tolist() == [5, 38]


@pytest.mark.parametrize(
    ("rows", "judges"),
    [
        ([[1, 0], [0, 1]], True),
        ([[1, 1], [1, 1]], True),  # complete: nothing is left out
        ([[1, -1], [0, -1]], True),
        ([[1, -1], [-1, 1]], False),
        ([[1, 0], [-1, 0]], False),
        ([[-1, -1], [-1, -1]], False),
    ],
)
def test_whether_figures_can_tell_networks_apart(rows, judges):
    assert TargetMatrix.from_dense(np.array(rows, np.int8)).can_judge() is judges
