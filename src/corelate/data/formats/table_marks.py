"""The marks of a Parquet table with a column a label, read some columns at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corelate.data.formats.collecting import refuse_too_many_unknown, shown
from corelate.data.formats.label_numbers import joined
from corelate.data.formats.table_rows import BAD_CELL
from corelate.data.problems import Problems
from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix

# Cells that are held as numbers at the same time.
CELLS = 1 << 23


class MarkReader:
    """Reads marks into a sparse matrix.

    Args:
        file: The open Parquet file.
        names: The columns to read: those that are labels of the vocabulary in its order, and then others, which are
            checked only.
        labels: For each label of the vocabulary whether it has a column; of others nothing is known.
        problems: Where bad cells are noted.

    Attributes:
        bad: Rows of the file that hold a bad cell, counted from 0.
    """

    def __init__(self, file: Any, names: Sequence[str], labels: Sequence[bool], problems: Problems) -> None:
        self.bad: set[int] = set()
        self._file = file
        self._names = names
        self._labels = labels
        self._problems = problems

    def read(self, source: str) -> TargetMatrix:
        """Return the labels of all rows.

        Raises:
            DataError: So many cells are unknown that they would not fit into memory.
        """
        start, unknown, parts = 0, 0, []
        for group in range(self._file.num_row_groups):
            rows = _Rows(self._file.metadata.row_group(group).num_rows)
            for column, cells in self._columns(group, start):
                rows.add(column, *cells)
                refuse_too_many_unknown(unknown + rows.unknown, source)
            unknown += rows.unknown
            start += rows.count
            parts.append(rows.matrix(len(self._labels)))
        return joined(parts, len(self._labels))

    def _columns(self, group: int, start: int) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
        """Give for each label that is not absent everywhere its column, and its present and unknown rows."""
        count = self._file.metadata.row_group(group).num_rows
        named = self._named_columns(group, count, start)
        for column, has_column in enumerate(self._labels):
            if has_column:
                yield column, next(named)
            else:
                yield column, (np.zeros(0, dtype=np.int32), np.arange(count, dtype=np.int32))
        for _ in named:
            pass  # checked only

    def _named_columns(self, group: int, count: int, start: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        step = max(CELLS // max(count, 1), 1)
        for first in range(0, len(self._names), step):
            names = list(self._names[first : first + step])
            table = self._file.read_row_group(group, columns=names, use_threads=False)
            for name in names:
                present, unknown, bad = _states(table.column(name))
                self._note(bad, table.column(name), name, start)
                yield present, unknown

    def _note(self, bad: np.ndarray, column: Any, name: str, start: int) -> None:
        for row in bad.tolist():
            if start + row not in self.bad:
                subject = f"{shown(str(column[row].as_py()))} in column {name!r}"
                self._problems.add(BAD_CELL, subject, f"row {start + row + 1}")
                self.bad.add(start + row)


class _Rows:
    """The cells of some rows, taken label by label."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.unknown = 0
        self._cells: list[tuple[int, np.ndarray, np.ndarray]] = []
        self._lengths = np.zeros(count, dtype=np.int64)

    def add(self, column: int, present: np.ndarray, unknown: np.ndarray) -> None:
        """Take the rows that have a label, and those of which it is not known; columns come in ascending order."""
        for rows in (present, unknown):
            self._lengths[rows] += 1
        self.unknown += len(unknown)
        if len(present) or len(unknown):
            self._cells.append((column, present, unknown))

    def matrix(self, label_count: int) -> TargetMatrix:
        """Return the cells row by row; they are no longer held here."""
        row_starts = np.concatenate([[0], np.cumsum(self._lengths)])
        columns = np.empty(row_starts[-1], dtype=np.int32)
        values = np.empty(row_starts[-1], dtype=np.int8)
        # Sorting would take several times the memory: each label's cells go where those of the labels before it end.
        places = row_starts[:-1].copy()
        self._cells.reverse()
        while self._cells:
            column, *cells = self._cells.pop()
            for rows, value in zip(cells, (PRESENT, UNKNOWN), strict=True):
                columns[places[rows]] = column
                values[places[rows]] = value
                places[rows] += 1
        return TargetMatrix(row_starts, columns, values, label_count)


def _states(column: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of a column that are present, unknown (null, not a number) and neither 1 nor 0, int32."""
    nothing = np.zeros(0, dtype=np.int32)
    if pa.types.is_null(column.type):
        return nothing, np.arange(len(column), dtype=np.int32), nothing
    unknown = nothing
    if column.null_count:
        unknown = np.flatnonzero(column.is_null().to_numpy()).astype(np.int32)
        column = pc.fill_null(column, pa.scalar(0, column.type) if not pa.types.is_boolean(column.type) else False)
    values = column.to_numpy()
    rows = np.flatnonzero(values).astype(np.int32)
    found = values[rows]
    is_one = found == 1
    if is_one.all():
        return rows, unknown, nothing
    is_nan = found != found  # noqa: PLR0124
    unknown = np.sort(np.concatenate([unknown, rows[is_nan]]))
    return rows[is_one], unknown, rows[~is_one & ~is_nan]
