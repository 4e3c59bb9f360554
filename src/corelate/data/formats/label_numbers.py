"""Labels as numbers while a set is read: numbered as they are met, and kept in one array for all pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix
from corelate.data.vocabulary import is_label

# Pictures whose labels are sorted together.
BLOCK = 8192


class FoundLabels(dict[str, int]):
    """Numbers labels as they are met."""

    def __missing__(self, label: object) -> int:
        if not is_label(label):
            raise KeyError(label)
        self[label] = len(self)  # type: ignore[index]
        return len(self) - 1


def label_matrix(
    numbers: np.ndarray,
    ends: np.ndarray,
    label_count: int,
    unknown: Sequence[Sequence[int] | frozenset[int]],
) -> TargetMatrix:
    """Return the matrix of many pictures, as `TargetMatrix.from_rows` would, in less time.

    Args:
        numbers: The columns of each picture's labels in the order of its list, picture after picture, int32.
        ends: 0, and where the columns of each picture end, int64 of N+1.
        label_count: The number of columns in the matrix.
        unknown: The columns of each picture that are not known; see `from_rows`.
    """
    parts = []
    for start in range(0, len(unknown), BLOCK):
        some = ends[start : start + BLOCK + 1]
        cells, lengths, not_known = numbers[some[0] : some[-1]], np.diff(some), unknown[start : start + BLOCK]
        if any(not_known):
            present = np.split(cells, np.cumsum(lengths)[:-1])
            rows = [row.tolist() for row in present]
            parts.append(TargetMatrix.from_rows(rows, label_count, not_known))
        else:
            parts.append(_present_matrix(cells, lengths, label_count))
    return joined(parts, label_count)


def _present_matrix(columns: np.ndarray, lengths: np.ndarray, label_count: int) -> TargetMatrix:
    """Return the matrix of some pictures of which everything is known."""
    keys = np.repeat(np.arange(len(lengths)), lengths) * label_count + columns
    order = np.argsort(keys, kind="stable")
    # Of a label that is listed twice the first counts.
    cells = order[np.concatenate([[True], np.diff(keys[order]) > 0])] if len(keys) else order
    is_first = np.zeros(len(keys), dtype=bool)
    is_first[cells] = True
    counts = np.bincount(keys[cells] // label_count, minlength=len(lengths))
    row_starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    places = None
    if not (np.diff(keys[is_first]) > 0).all():
        places = (np.cumsum(is_first)[cells] - np.repeat(row_starts[:-1], counts)).astype(np.int32)
    values = np.full(len(cells), PRESENT, dtype=np.int8)
    return TargetMatrix(row_starts, columns[cells], values, label_count, places)


def joined(parts: Sequence[TargetMatrix], label_count: int) -> TargetMatrix:
    """Return matrices one below the other."""
    nothing = TargetMatrix.from_rows([], label_count)
    parts = parts or [nothing]
    lengths = np.concatenate([np.diff(part.row_starts) for part in parts])
    listed = any(part.places is not None for part in parts)
    return TargetMatrix(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        label_count,
        np.concatenate([_places(part) for part in parts]) if listed else None,
    )


def _places(matrix: TargetMatrix) -> np.ndarray:
    if matrix.places is not None:
        return matrix.places
    places = np.arange(1, len(matrix.columns) + 1) - np.repeat(matrix.row_starts[:-1], np.diff(matrix.row_starts))
    unknown_before = np.concatenate([[0], np.cumsum(matrix.values == UNKNOWN)])
    before = unknown_before[1:] - np.repeat(unknown_before[matrix.row_starts[:-1]], np.diff(matrix.row_starts))
    return np.where(matrix.values == PRESENT, places - before, 0).astype(np.int32)
