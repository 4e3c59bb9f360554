"""What scores and targets may be: the one check for everything that reads them, and ways to walk over large ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.errors import ScoresError

# Large matrices are worked on in blocks of about this many cells, so that intermediate results stay in tens of MB.
CELLS_PER_BLOCK = 4_000_000


def check_scores(scores: Any, *, name: str = "scores") -> np.ndarray:
    """Return scores as a float32 or float64 matrix in the machine's byte order.

    Args:
        scores: N×L matrix in [0, 1]. Half precision, integers and booleans become float32, longer floats float64.
        name: What the message calls it.

    Raises:
        ScoresError: Not a matrix of numbers, or a value that is NaN or outside [0, 1].
    """
    matrix = _as_matrix(scores, name)
    if matrix.dtype.kind not in "fbiu":
        raise ScoresError(f"{name} are of type {matrix.dtype}; expected floating-point numbers in [0, 1]")
    single = matrix.dtype.kind != "f" or matrix.dtype.itemsize <= 4
    if matrix.size and not (matrix.min() >= 0 and matrix.max() <= 1):
        raise ScoresError(f"{name} must lie in [0, 1], but {_first_outside(matrix)}; apply a sigmoid to logits first")
    return matrix.astype(np.float32 if single else np.float64, copy=False)


def check_targets(targets: Any, *, name: str = "targets") -> np.ndarray:
    """Return targets as an int8 matrix of 1 (present), 0 (absent) and -1 (unknown).

    Args:
        targets: N×L matrix of those values as booleans, integers or floats.
        name: What the message calls it.

    Raises:
        ScoresError: Not a matrix of numbers, or another value.
    """
    matrix = _as_matrix(targets, name)
    if matrix.dtype.kind not in "biuf":
        raise ScoresError(f"{name} are of type {matrix.dtype}; expected numbers: 1, 0, or -1 for unknown")
    # Within int8 the range decides, which is much faster than comparing with each value.
    small = matrix.dtype.kind == "b" or matrix.dtype == np.int8
    if matrix.size and not (small and matrix.min() >= UNKNOWN and matrix.max() <= PRESENT):
        wrong = (matrix != PRESENT) & (matrix != ABSENT) & (matrix != UNKNOWN)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            value = matrix[row, column]
            raise ScoresError(f"{name} must be 1, 0, or -1 for unknown, but row {row}, column {column} is {value}")
    return matrix.astype(np.int8, copy=False)


def check_pair(scores: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return checked scores and targets that have the same, non-empty shape.

    Raises:
        ScoresError: Either is wrong, their shapes differ, or there is no image or no label.
    """
    checked_scores, checked_targets = check_scores(scores), check_targets(targets)
    if checked_scores.shape != checked_targets.shape:
        raise ScoresError(
            f"scores have shape {checked_scores.shape} but targets {checked_targets.shape}; both are images × labels"
        )
    if not checked_scores.size:
        raise ScoresError(f"scores have shape {checked_scores.shape}; at least one image and one label are needed")
    return checked_scores, checked_targets


def row_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices that cut the rows of a matrix into blocks of about `CELLS_PER_BLOCK` cells."""
    rows, columns = shape
    step = max(1, CELLS_PER_BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def known_columns(scores: np.ndarray, targets: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each label its scores where the target is known, and whether the label is present there.

    Both are one-dimensional and contiguous; columns are copied out in blocks, since stepping through a row-major
    matrix column by column reads all of it each time.
    """
    rows, columns = scores.shape
    step = max(16, CELLS_PER_BLOCK // max(1, rows))
    for start in range(0, columns, step):
        block_scores = np.ascontiguousarray(scores[:, start : start + step].T)
        block_targets = np.ascontiguousarray(targets[:, start : start + step].T)
        all_known = block_targets.min(axis=1) != UNKNOWN if rows else np.ones(len(block_targets), bool)
        for column_scores, column_targets, complete in zip(block_scores, block_targets, all_known, strict=True):
            if complete:
                yield column_scores, column_targets == PRESENT
            else:
                known = column_targets != UNKNOWN
                yield column_scores[known], column_targets[known] == PRESENT


def _as_matrix(values: Any, name: str) -> np.ndarray:
    try:
        matrix = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ScoresError(f"{name} are not a matrix: {error}") from None
    if matrix.ndim != 2:
        raise ScoresError(f"{name} have shape {matrix.shape}; expected two dimensions, images × labels")
    return matrix


def _first_outside(matrix: np.ndarray) -> str:
    row, column = np.argwhere(~((matrix >= 0) & (matrix <= 1)))[0]
    return f"row {row}, column {column} is {matrix[row, column]}"
