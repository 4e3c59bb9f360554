"""The rows of CSV and TSV tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path

from corelate.data.formats.collecting import shown
from corelate.data.formats.table_cells import UnusableRowError, split_labels, whole_number
from corelate.data.formats.table_columns import ColumnNames, Columns, find_columns
from corelate.data.formats.table_rows import (
    ABSENT,
    BAD_CELL,
    PRESENT,
    UNKNOWN,
    WRONG_COLUMN_COUNT,
    Row,
    RowsOnly,
)
from corelate.data.formats.tables import stream_table
from corelate.data.problems import Problems

# Programs that keep empty cells as "not a number" write the others as 1.0 and 0.0.
_MARKS = {"1": PRESENT, "1.0": PRESENT, "true": PRESENT, "0": ABSENT, "0.0": ABSENT, "false": ABSENT, "": UNKNOWN}

_ReadMarks = Callable[[list[str]], tuple[list[str], list[str]]]


class TextRows(RowsOnly):
    """A table of text.

    Args:
        path: The file.
        separator: The character between labels in a cell.
        delimiter: See `stream_table`.
        encoding: The file's text encoding.
    """

    place = "line"

    def __init__(self, path: Path, separator: str, delimiter: str, encoding: str) -> None:
        self._path = path
        self._table = stream_table(path, delimiter, encoding)
        self._separator = separator

    def columns(self, options: ColumnNames) -> Columns:
        """Return which column says what; see `find_columns`."""
        return find_columns(self._table.header, options, self._path)

    def rows(self, columns: Columns, problems: Problems) -> Iterator[Row]:
        """Give the rows that can be used, once, and note what is wrong with the others."""
        names = (columns.path, columns.labels, columns.unknown, columns.split, columns.group)
        # A column that is not there stands at the end, where it is an empty cell.
        header = [*self._table.header, None]
        path, labels, unknown, split, group = map(header.index, names)
        separator = self._separator
        has_split, has_group = columns.split is not None, columns.group is not None
        marks_of = self._marks(columns) if columns.marks else None
        for line, cells in self._full_rows(problems):
            cells.append("")
            try:
                if marks_of is None:
                    present, not_known = split_labels(cells[labels], separator), split_labels(cells[unknown], separator)
                else:
                    present, not_known = marks_of(cells)
            except UnusableRowError as error:
                problems.add(error.kind, error.subject, f"line {line}")
                continue
            yield Row(
                line,
                cells[path],
                present,
                not_known,
                whole_number(cells[split].strip()) if has_split else None,
                whole_number(cells[group].strip()) if has_group else None,
            )

    def _full_rows(self, problems: Problems) -> Iterator[tuple[int, list[str]]]:
        width = len(self._table.header)
        for line, cells in self._table.rows:
            if len(cells) == width:
                yield line, cells
            else:
                problems.add(WRONG_COLUMN_COUNT, f"{len(cells)} cells, not {width}", f"line {line}")

    def _marks(self, columns: Columns) -> _ReadMarks:
        """Return what gives the present and the unknown labels in the cells of a row of marks."""
        names, used = columns.marks, columns.used_marks
        positions = {name: position for position, name in enumerate(self._table.header)}
        # The path's column stands there so that they are two at least: of one column itemgetter makes no tuple.
        cells_of = itemgetter(positions[columns.path], *(positions[name] for name in names))

        def read_marks(cells: list[str]) -> tuple[list[str], list[str]]:
            chosen = cells_of(cells)[1:]
            try:
                states = [_MARKS[cell] for cell in chosen]
            except KeyError:
                stripped = [cell.strip().lower() for cell in chosen]
                bad = next((position for position, cell in enumerate(stripped) if cell not in _MARKS), None)
                if bad is not None:
                    raise UnusableRowError(BAD_CELL, f"{shown(chosen[bad])} in column {names[bad]!r}") from None
                states = [_MARKS[cell] for cell in stripped]
            present = [name for name, state in zip(used, states, strict=False) if state == PRESENT]
            if UNKNOWN not in states:
                return present, []
            return present, [name for name, state in zip(used, states, strict=False) if state == UNKNOWN]

        return read_marks
