"""Which labels each picture has, and in which order: a sparse matrix of present (1), absent (0) and unknown ones."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PRESENT = 1
ABSENT = 0
UNKNOWN = -1

# Pictures whose cells are sorted together: enough to be quick, few enough to be small where most labels are unknown.
_BLOCK = 512


@dataclass(frozen=True)
class TargetMatrix:
    """A pictures × labels matrix in compressed rows; cells that are not stored are absent.

    Attributes:
        row_starts: N+1 offsets into `columns`, int64.
        columns: Label index of each stored cell, ascending within a row, int32.
        values: `PRESENT` or `UNKNOWN` for each stored cell, int8.
        label_count: The number of columns.
        places: For each stored cell the label's place in the list of its picture, counted from 1, and 0 where it is
            unknown, int32; None when all pictures have their labels in the order of the columns.
    """

    row_starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    label_count: int
    places: np.ndarray | None = None

    @classmethod
    def from_rows(
        cls,
        present: Sequence[Iterable[int]],
        label_count: int,
        unknown: Sequence[Iterable[int]] | None = None,
    ) -> TargetMatrix:
        """Build the matrix from the label indices of each picture.

        Args:
            present: For each picture the columns of its labels, in the order of its list; repeats count once, where
                they are first.
            label_count: The number of columns.
            unknown: For each picture the columns whose label is not known; a column also in `present` is present.
        """
        blocks = [slice(start, start + _BLOCK) for start in range(0, max(len(present), 1), _BLOCK)]
        parts = [_block(present[some], None if unknown is None else unknown[some], label_count) for some in blocks]
        columns = np.concatenate([part.columns for part in parts])
        if len(columns) and not (columns.min() >= 0 and columns.max() < label_count):
            raise ValueError(f"column indices must lie in 0..{label_count - 1}")
        row_starts = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part.row_starts) for part in parts]))])
        values = np.concatenate([part.values for part in parts])
        ordered = all(part.places is None for part in parts)
        places = None if ordered else np.concatenate([part._given_places() for part in parts])
        return cls(row_starts.astype(np.int64), columns, values, label_count, places)

    @classmethod
    def from_dense(cls, matrix: np.ndarray) -> TargetMatrix:
        """Build the matrix from an N×L array of `PRESENT`, `ABSENT` and `UNKNOWN`."""
        rows, columns = np.nonzero(matrix)
        row_starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(matrix)))]).astype(np.int64)
        return cls(row_starts, columns.astype(np.int32), matrix[rows, columns].astype(np.int8), matrix.shape[1])

    def __len__(self) -> int:
        return len(self.row_starts) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """Pictures and labels."""
        return len(self), self.label_count

    def present(self, row: int) -> np.ndarray:
        """Return the columns of the labels that picture `row` has, ascending."""
        cells = slice(self.row_starts[row], self.row_starts[row + 1])
        return self.columns[cells][self.values[cells] == PRESENT]

    def dense(self, rows: np.ndarray | Sequence[int] | None = None) -> np.ndarray:
        """Return the chosen rows (default: all) as an int8 array of 1, 0 and -1 for unknown."""
        chosen = self if rows is None else self.select(rows)
        result = np.zeros(chosen.shape, dtype=np.int8)
        result[chosen._rows_of_cells(), chosen.columns] = chosen.values
        return result

    def dense_places(self, rows: np.ndarray | Sequence[int] | None = None) -> np.ndarray:
        """Return the chosen rows (default: all) with each label's place in the list of its picture.

        Returns:
            Float32 of pictures × labels: 1, 2, … for present labels, 0 for absent and -1 for unknown ones.
        """
        chosen = self if rows is None else self.select(rows)
        result = np.zeros(chosen.shape, dtype=np.float32)
        places = np.where(chosen.values == PRESENT, chosen._given_places(), UNKNOWN)
        result[chosen._rows_of_cells(), chosen.columns] = places
        return result

    def in_column_order(self) -> bool:
        """Return whether every picture has its labels in the order of the columns."""
        return self.places is None or np.array_equal(self.places, self._column_places())

    def select(self, rows: np.ndarray | Sequence[int]) -> TargetMatrix:
        """Return the matrix of the chosen rows, in the order given."""
        rows = np.asarray(rows, dtype=np.int64)
        lengths = self.row_starts[rows + 1] - self.row_starts[rows]
        row_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # Cell k of the result is the (k - start of its row)-th cell of the row it came from.
        cells = np.arange(row_starts[-1]) + np.repeat(self.row_starts[rows] - row_starts[:-1], lengths)
        places = None if self.places is None else self.places[cells]
        return TargetMatrix(row_starts, self.columns[cells], self.values[cells], self.label_count, places)

    def label_counts(self) -> np.ndarray:
        """Return for each label the number of pictures that have it, int64 of length L."""
        return np.bincount(self.columns[self.values == PRESENT], minlength=self.label_count).astype(np.int64)

    def unknown_counts(self) -> np.ndarray:
        """Return for each label the number of pictures of which it is not known, int64 of length L."""
        return np.bincount(self.columns[self.values == UNKNOWN], minlength=self.label_count).astype(np.int64)

    def ever_absent(self) -> np.ndarray:
        """Return for each label whether it is known to be absent from any picture, bool of length L."""
        return self.label_counts() + self.unknown_counts() < len(self)

    def can_judge(self) -> bool:
        """Return whether figures of these pictures can tell a good network from a bad one.

        They can't where labels are unknown and none is known to be present in some pictures and absent in others.
        """
        judged = self.ever_absent() & (self.label_counts() > 0)
        return bool(judged.any()) or not self.unknown_counts().any()

    def label_frequencies(self) -> np.ndarray:
        """Return for each label the share of the pictures that have it, float64 of length L.

        Pictures of which it is not known are left out; but where a label is nowhere known to be absent, as in data that
        only say what is there, they count as pictures without it: else every such label would be in all pictures.
        """
        known = len(self) - np.where(self.ever_absent(), self.unknown_counts(), 0)
        return self.label_counts() / np.maximum(known, 1)

    def labels_per_picture(self) -> np.ndarray:
        """Return for each picture the number of labels it has, int64 of length N."""
        rows = self._rows_of_cells()[self.values == PRESENT]
        return np.bincount(rows, minlength=len(self)).astype(np.int64)

    def _given_places(self) -> np.ndarray:
        return self._column_places() if self.places is None else self.places

    def _column_places(self) -> np.ndarray:
        """Return what `places` are where labels are in the order of the columns."""
        present = self.values == PRESENT
        before = np.concatenate([[0], np.cumsum(present)])
        places = before[1:] - np.repeat(before[self.row_starts[:-1]], np.diff(self.row_starts))
        return np.where(present, places, 0).astype(np.int32)

    def _rows_of_cells(self) -> np.ndarray:
        return np.repeat(np.arange(len(self)), np.diff(self.row_starts))


def _block(present: Sequence[Iterable[int]], unknown: Sequence[Iterable[int]] | None, label_count: int) -> TargetMatrix:
    """Return the matrix of some rows."""
    # Lists of numbers would take several times as much.
    listed, lengths, listed_lengths = array("i"), array("i"), array("i")
    for row, labels in enumerate(present):
        cells = dict.fromkeys(labels)
        listed_lengths.append(len(cells))
        if unknown is not None:
            cells.update(dict.fromkeys(unknown[row]))
        listed.extend(cells)
        lengths.append(len(cells))
    columns, counts = np.asarray(listed), np.asarray(lengths)
    row_starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(1, len(columns) + 1) - row_starts[rows]
    is_listed = places <= np.asarray(listed_lengths)[rows]
    keys = rows * label_count + columns
    order = np.argsort(keys)
    values = np.where(is_listed, np.int8(PRESENT), np.int8(UNKNOWN))[order]
    ordered = bool((np.diff(keys[is_listed]) > 0).all())
    given = None if ordered else np.where(is_listed, places, 0).astype(np.int32)[order]
    return TargetMatrix(row_starts, columns[order], values, label_count, given)
