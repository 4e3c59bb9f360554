"""Which labels each picture has: a sparse matrix with values 1 (present), 0 (absent) and unknown."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PRESENT = 1
ABSENT = 0
UNKNOWN = -1


@dataclass(frozen=True)
class TargetMatrix:
    """A pictures × labels matrix in compressed rows; cells that are not stored are absent.

    Attributes:
        row_starts: N+1 offsets into `columns`, int64.
        columns: Label index of each stored cell, ascending within a row, int32.
        values: `PRESENT` or `UNKNOWN` for each stored cell, int8.
        label_count: The number of columns.
    """

    row_starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    label_count: int

    @classmethod
    def from_rows(
        cls,
        present: Sequence[Iterable[int]],
        label_count: int,
        unknown: Sequence[Iterable[int]] | None = None,
    ) -> TargetMatrix:
        """Build the matrix from the label indices of each picture.

        Args:
            present: For each picture the columns of its labels, in any order; repeats count once.
            label_count: The number of columns.
            unknown: For each picture the columns whose label is not known; a column also in `present` is present.
        """
        # Lists of numbers would take several times as much where most labels of a picture are unknown.
        columns, values = array("i"), array("b")
        row_starts = np.zeros(len(present) + 1, dtype=np.int64)
        for row, labels in enumerate(present):
            cells = dict.fromkeys(unknown[row], UNKNOWN) if unknown is not None else {}
            cells.update(dict.fromkeys(labels, PRESENT))
            for column in sorted(cells):
                columns.append(column)
                values.append(cells[column])
            row_starts[row + 1] = len(columns)
        if columns and not (min(columns) >= 0 and max(columns) < label_count):
            raise ValueError(f"column indices must lie in 0..{label_count - 1}")
        return cls(row_starts, np.array(columns, np.int32), np.array(values, np.int8), label_count)

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

    def select(self, rows: np.ndarray | Sequence[int]) -> TargetMatrix:
        """Return the matrix of the chosen rows, in the order given."""
        rows = np.asarray(rows, dtype=np.int64)
        lengths = self.row_starts[rows + 1] - self.row_starts[rows]
        row_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # Cell k of the result is the (k - start of its row)-th cell of the row it came from.
        cells = np.arange(row_starts[-1]) + np.repeat(self.row_starts[rows] - row_starts[:-1], lengths)
        return TargetMatrix(row_starts, self.columns[cells], self.values[cells], self.label_count)

    def label_counts(self) -> np.ndarray:
        """Return for each label the number of pictures that have it, int64 of length L."""
        return np.bincount(self.columns[self.values == PRESENT], minlength=self.label_count).astype(np.int64)

    def labels_per_picture(self) -> np.ndarray:
        """Return for each picture the number of labels it has, int64 of length N."""
        rows = self._rows_of_cells()[self.values == PRESENT]
        return np.bincount(rows, minlength=len(self)).astype(np.int64)

    def _rows_of_cells(self) -> np.ndarray:
        return np.repeat(np.arange(len(self)), np.diff(self.row_starts))
