"""The rows of JSON Lines tables: one object a line."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from corelate.data.formats.collecting import shown
from corelate.data.formats.table_cells import UnusableRowError, split_labels
from corelate.data.formats.table_columns import ColumnNames, Columns, find_columns
from corelate.data.formats.table_rows import ABSENT, BAD_CELL, PRESENT, UNKNOWN, Row, RowsOnly
from corelate.data.formats.tables import first_repeated
from corelate.data.formats.text import json_type, refuse_constant
from corelate.data.formats.text_lines import MAX_LINE, read_lines
from corelate.data.problems import Problems
from corelate.errors import CorelateError, DataError

BROKEN_LINE = "line is not a JSON object: row left out"
MISSING_VALUE = "value is missing: row left out"
WRONG_TYPE = "value of a wrong type: row left out"

# So many objects are looked at to learn which columns there are, since each may leave out some.
LOOK_AHEAD = 1000

# True and 1.0 are the same keys as 1.
_MARKS = {1: PRESENT, 0: ABSENT, None: UNKNOWN}
_MISSING = object()


class JsonLinesRows(RowsOnly):
    """A table of JSON objects.

    Args:
        path: The file.
        separator: The character between labels, where they are text.
        encoding: The file's text encoding.

    Raises:
        DataError: The file can't be read or decoded, or no line holds an object.
    """

    place = "line"

    def __init__(self, path: Path, separator: str, encoding: str) -> None:
        self._path = path
        self._separator = separator
        self._encoding = encoding
        # They are noted again when the rows are read.
        problems = Problems("")
        header: dict[str, None] = {}
        count = 0
        for _, value in islice(self._objects(problems), LOOK_AHEAD):
            header.update(dict.fromkeys(value))
            count += 1
        if not count:
            reason = problems.report() or "the file is empty"
            raise DataError(f"{path}: not one line is a JSON object ({reason}); write one object a line")
        self._header = list(header)
        self._all_seen = count < LOOK_AHEAD

    def columns(self, options: ColumnNames) -> Columns:
        """Return which column says what; see `find_columns`."""
        try:
            columns = find_columns(self._header, options, self._path)
            # Any object may have a label that none before it had.
            is_final = self._all_seen or not columns.marks
        except CorelateError:
            # Or the column that is missing.
            is_final = False
            if self._all_seen:
                raise
        if is_final:
            return columns
        header = dict.fromkeys(self._header)
        for _, value in self._objects(Problems("")):
            header.update(dict.fromkeys(value))
        self._header, self._all_seen = list(header), True
        return find_columns(self._header, options, self._path)

    def rows(self, columns: Columns, problems: Problems) -> Iterator[Row]:
        """Give the rows that can be used, once, and note what is wrong with the others."""
        known = set(self._header)
        for line, value in self._objects(problems):
            if not value.keys() <= known:
                columns = _with_late_columns(columns, value.keys() - known)
                known.update(value)
            try:
                present, unknown = self._marks(value, columns) if columns.marks else self._labels(value, columns)
                yield Row(
                    line,
                    _text(value, columns.path),
                    present,
                    unknown,
                    _division(value, columns.split),
                    _division(value, columns.group),
                )
            except UnusableRowError as error:
                problems.add(error.kind, error.subject, f"line {line}")

    def _objects(self, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give the objects with their lines, and note lines that are something else."""
        decode = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_constant=refuse_constant).decode
        for number, line in enumerate(read_lines(self._path, self._encoding), 1):
            if line is None:
                problems.add(BROKEN_LINE, f"longer than {MAX_LINE:,} characters", f"line {number}")
                continue
            if line.isspace():
                continue
            try:
                value = decode(line)
                reason = "" if isinstance(value, dict) else json_type(value)
            except RecursionError:
                reason = "nested too deeply"
            except ValueError as error:  # also a constant, a repeated key, a number of thousands of digits
                reason = getattr(error, "msg", str(error))
            if reason:
                problems.add(BROKEN_LINE, shown(reason), f"line {number}")
            else:
                yield number, value

    def _labels(self, value: dict[str, Any], columns: Columns) -> tuple[Sequence[object], Sequence[object]]:
        labels = self._list(value, columns.labels or "", required=True)
        return labels, () if columns.unknown is None else self._list(value, columns.unknown)

    def _list(self, value: dict[str, Any], name: str, *, required: bool = False) -> Sequence[object]:
        cell = value.get(name, _MISSING)
        if isinstance(cell, list):
            return cell
        if isinstance(cell, str):
            return split_labels(cell, self._separator)
        if cell is None or (cell is _MISSING and not required):
            return ()
        if cell is _MISSING:
            raise UnusableRowError(MISSING_VALUE, f"no {name!r}")
        raise UnusableRowError(WRONG_TYPE, f"{name!r} is {json_type(cell)}, neither a list nor text")

    @staticmethod
    def _marks(value: dict[str, Any], columns: Columns) -> tuple[list[str], list[str]]:
        """Return the present and the unknown labels of an object with a key a label."""
        try:
            states = [_MARKS[value.get(name)] for name in columns.marks]
        except (KeyError, TypeError):
            name = next(name for name in columns.marks if not _is_mark(value.get(name)))
            raise UnusableRowError(BAD_CELL, f"{shown(reprlib.repr(value[name]))} in column {name!r}") from None
        used = columns.used_marks
        present = [name for name, state in zip(used, states, strict=False) if state == PRESENT]
        return present, [name for name, state in zip(used, states, strict=False) if state == UNKNOWN]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError(f"key {first_repeated(key for key, _ in pairs)!r} twice")
    return value


def _with_late_columns(columns: Columns, keys: Set[str]) -> Columns:
    """Return the columns with those that no object had before."""
    if columns.marks:
        return columns
    late = {key.lower(): key for key in sorted(keys, reverse=True)}
    return replace(
        columns,
        unknown=columns.unknown or late.get("unknown"),
        split=columns.split or late.get("split"),
        group=columns.group or late.get("group"),
    )


def _text(value: dict[str, Any], name: str) -> str:
    cell = value.get(name)
    if cell is None:
        raise UnusableRowError(MISSING_VALUE, f"no {name!r}")
    if not isinstance(cell, str):
        raise UnusableRowError(WRONG_TYPE, f"{name!r} is {json_type(cell)}, not text")
    return cell


def _division(value: dict[str, Any], name: str | None) -> str | None:
    """Return the name of a split or group; a whole number is one, too."""
    cell = None if name is None else value.get(name)
    if cell is None:
        return None if name is None else ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, (str, int)):
        raise UnusableRowError(WRONG_TYPE, f"{name!r} is {json_type(cell)}, neither text nor a whole number")
    return str(cell).strip()


def _is_mark(cell: object) -> bool:
    return cell is None or (isinstance(cell, (bool, int, float)) and cell in _MARKS)
