"""Labels as numbers while a set is read: numbered as they are met, and kept in one array for all pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix
from corelate.data.vocabulary import is_label

# Pictures whose labels are sorted together, and the most unknown cells of theirs.
BLOCK = 8192
CELLS = 1 << 18


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
    columns: np.ndarray | None = None,
) -> TargetMatrix:
    """Return the matrix of many pictures, as `TargetMatrix.from_rows` would, in less time.

    Args:
        numbers: The numbers of each picture's labels in the order of its list, picture after picture, int32.
        ends: 0, and where the numbers of each picture end, int64 of N+1.
        label_count: The number of columns in the matrix.
        unknown: The numbers of each picture's labels that are not known; see `from_rows`.
        columns: For each number the column that it stands for, int32; None: the number itself.
    """
    parts = []
    for start, end in _blocks(unknown):
        some = ends[start : end + 1]
        counts = np.fromiter(map(len, unknown[start:end]), dtype=np.int64, count=end - start)
        others = np.fromiter(chain.from_iterable(unknown[start:end]), dtype=np.int32, count=int(counts.sum()))
        cells = np.concatenate([numbers[some[0] : some[-1]], others])
        parts.append(_matrix(cells if columns is None else columns[cells], np.diff(some), counts, label_count))
    return joined(parts, label_count)


def _blocks(unknown: Sequence[Sequence[int] | frozenset[int]]) -> Iterator[tuple[int, int]]:
    """Give ranges of pictures that are sorted together: fewer where many labels are unknown."""
    start = cells = 0
    for end, row in enumerate(unknown):
        if end > start and (end - start == BLOCK or cells + len(row) > CELLS):
            yield start, end
            start, cells = end, 0
        cells += len(row)
    if start < len(unknown):
        yield start, len(unknown)


def _matrix(columns: np.ndarray, present: np.ndarray, unknown: np.ndarray, label_count: int) -> TargetMatrix:
    """Return the matrix of some pictures.

    Args:
        columns: The columns of all present labels, picture after picture, and behind them those of all unknown ones.
        present: How many columns of present labels each picture has.
        unknown: How many of unknown ones.
        label_count: The number of columns in the matrix.
    """
    pictures = np.arange(len(present))
    keys = np.concatenate([np.repeat(pictures, present), np.repeat(pictures, unknown)]) * label_count + columns
    order = np.argsort(keys, kind="stable")
    # Of a label that is listed twice the first counts, so that one that is also unknown is present.
    cells = order[np.concatenate([[True], np.diff(keys[order]) > 0])] if len(keys) else order
    rows = keys[cells] // label_count
    row_starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(present)))]).astype(np.int64)
    is_listed = cells < present.sum()
    is_first = np.zeros(present.sum(), dtype=bool)
    is_first[cells[is_listed]] = True
    places = None
    if not (np.diff(keys[: len(is_first)][is_first]) > 0).all():
        before = np.concatenate([[0], np.cumsum(is_first)])
        list_starts = before[np.concatenate([[0], np.cumsum(present)])[rows[is_listed]]]
        places = np.zeros(len(cells), dtype=np.int32)
        places[is_listed] = before[cells[is_listed] + 1] - list_starts
    values = np.where(is_listed, np.int8(PRESENT), np.int8(UNKNOWN))
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
