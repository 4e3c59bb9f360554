import numpy as np
import pytest

from corelate.errors import ScoresError
from corelate.scores import check_pair, check_scores, check_targets, known_columns, row_blocks

SCORES = [[0.0, 0.5], [1.0, 0.25]]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.longdouble, np.float64),
        (">f4", np.float32),
        (">f8", np.float64),
    ],
)
def test_float_scores_keep_their_precision_where_possible(given, kept):
    checked = check_scores(np.array(SCORES, dtype=given))
    assert checked.dtype == kept
    assert checked.dtype.isnative
    np.testing.assert_array_equal(checked, SCORES)


@pytest.mark.parametrize("given", [bool, np.int64, np.uint8])
def test_hard_predictions_are_scores(given):
    assert check_scores(np.array([[0, 1]], dtype=given)).dtype == np.float32


def test_a_list_is_a_matrix():
    assert check_scores(SCORES).shape == (2, 2)


def test_nothing_is_copied_without_need():
    scores = np.array(SCORES, dtype=np.float32)
    assert check_scores(scores) is scores


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, -1e-6, 1.001, 7.0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_value_outside_0_to_1_is_named(wrong, dtype):
    scores = np.zeros((3, 4), dtype=dtype)
    scores[2, 1] = wrong
    with pytest.raises(ScoresError, match=r"row 2, column 1"):
        check_scores(scores)


@pytest.mark.parametrize(
    "wrong",
    [
        [0.5, 0.5],
        np.zeros((2, 2, 2)),
        0.5,
        [["a", "b"]],
        [[None, 0.5]],
        [[0.5], [0.5, 0.5]],
        np.zeros((2, 2), dtype=complex),
        np.zeros((2, 2), dtype="datetime64[s]"),
    ],
    ids=["1-D", "3-D", "0-D", "text", "objects", "ragged", "complex", "dates"],
)
def test_what_is_not_a_matrix_of_numbers_is_refused(wrong):
    with pytest.raises(ScoresError):
        check_scores(wrong)
    with pytest.raises(ScoresError):
        check_targets(wrong)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float16, np.float32, np.float64, ">i4"])
def test_targets_of_any_number_type(dtype):
    checked = check_targets(np.array([[1, 0, -1]], dtype=dtype))
    assert checked.dtype == np.int8
    np.testing.assert_array_equal(checked, [[1, 0, -1]])


def test_boolean_and_unsigned_targets():
    np.testing.assert_array_equal(check_targets([[True, False]]), [[1, 0]])
    np.testing.assert_array_equal(check_targets(np.array([[1, 0]], dtype=np.uint8)), [[1, 0]])


@pytest.mark.parametrize(
    ("dtype", "wrong"),
    [
        (np.int8, 2),
        (np.int8, -2),
        (np.int8, -128),
        (np.int64, 257),
        (np.uint8, 255),
        (np.float32, 0.5),
        (np.float64, np.nan),
        (np.float64, np.inf),
    ],
)
def test_another_target_is_named(dtype, wrong):
    targets = np.zeros((3, 4), dtype=dtype)
    targets[1, 3] = wrong
    with pytest.raises(ScoresError, match=r"row 1, column 3"):
        check_targets(targets)


def test_shapes_must_agree():
    with pytest.raises(ScoresError, match=r"\(2, 2\).*\(2, 3\)"):
        check_pair(np.zeros((2, 2)), np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_an_empty_pair_is_refused(shape):
    with pytest.raises(ScoresError, match="at least one image and one label"):
        check_pair(np.zeros(shape), np.zeros(shape))


def test_row_blocks_cover_every_row_once(monkeypatch):
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 10)
    for shape in [(1, 1), (7, 3), (9, 3), (4, 100), (5, 0)]:
        rows = [row for block in row_blocks(shape) for row in range(block.start, block.stop)]
        assert rows == list(range(shape[0]))


def test_known_columns_leave_out_unknown_cells(monkeypatch):
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 10)
    scores = np.arange(120, dtype=np.float32).reshape(3, 40) / 120
    targets = np.tile(np.array([[1], [0], [1]], dtype=np.int8), 40)
    targets[1, 5] = targets[:, 39] = -1
    columns = list(known_columns(scores, targets))
    assert len(columns) == 40
    np.testing.assert_array_equal(columns[4][0], scores[:, 4])
    np.testing.assert_array_equal(columns[5][0], scores[[0, 2], 5])
    np.testing.assert_array_equal(columns[5][1], [True, True])
    assert len(columns[39][0]) == 0
