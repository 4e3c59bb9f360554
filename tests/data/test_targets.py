import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corelate.data.targets import TargetMatrix

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
