"""What a cell of a Hugging Face data set says about the labels of its picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from corelate.data.formats.collecting import shown
from corelate.data.formats.huggingface_columns import (
    CLASS,
    CLASSES,
    MARKS,
    NUMBER,
    NUMBERS,
    TEXT,
    TEXTS,
    Column,
    LabelColumns,
)
from corelate.data.formats.text import refuse_constant
from corelate.data.problems import Problems
from corelate.errors import DataError

UNKNOWN_NUMBER = "number stands for no label: label dropped"
BAD_LABELS = "labels are not as expected: picture left out"

# What the library puts where the class of a picture is not known, as in test sets without published labels.
_NO_CLASS = -1
_WORDS = {"1": 1.0, "1.0": 1.0, "true": 1.0, "0": 0.0, "0.0": 0.0, "false": 0.0, "": np.nan}

Note = Callable[[str, str], object]


class RowLabels(NamedTuple):
    """The labels of one picture.

    Attributes:
        present: Their names, in the order of the list; also what is no text, to be noted.
        unknown: The names of labels of which it is not known, or None for all.
    """

    present: tuple[object, ...] = ()
    unknown: tuple[str, ...] | None = ()


NOTHING_KNOWN = RowLabels((), None)


class LabelReader:
    """Reads the labels of pictures from the cells of their columns.

    Args:
        chosen: The columns.
        names: Names of labels that were given, for numbers and for lists of marks; or nothing.
        separator: What stands between labels in a text.
        multi_hot: Lists of numbers hold 1 or 0 for each label, and not the numbers of the labels.
        where: The file, for messages.

    Attributes:
        columns: The columns.
        each_label: Each of them is one label; else there is one column.
        reads_marks: Cells are marks of all labels, which may be given as arrays.
        names: The labels in their order, or nothing where the texts alone say which there are.

    Raises:
        DataError: A column can't be read as labels, or numbers have no names.
    """

    def __init__(self, chosen: LabelColumns, names: Sequence[str], separator: str, multi_hot: bool, where: str) -> None:
        self.columns = chosen.columns
        self.each_label = chosen.each_label
        self._separator = separator
        self._where = where
        self._like_marks: bool | None = None
        column = chosen.columns[0]
        self._read = self._read_marks if chosen.each_label else self._reader_of(column, bool(names), multi_hot, where)
        self.names = (
            tuple(column.name for column in chosen.columns) if chosen.each_label else (column.names or tuple(names))
        )
        self._known = frozenset(self.names)
        self.reads_marks = self._read == self._read_marks
        if not self.names and column.kind in (NUMBER, NUMBERS, MARKS):
            raise DataError(
                f"{where}: column {column} needs the names of the labels; give a text file with one a line, names=FILE"
            )

    def read(self, cell: Any, problems: Problems, where: str) -> RowLabels | None:
        """Return the labels of a picture, or None when they can't be used, which is noted.

        Args:
            cell: The cell of the column; of several columns the list of their cells; marks may be an array.
            problems: Receives what is wrong.
            where: The place of the picture.
        """
        if cell is None:
            return NOTHING_KNOWN
        try:
            return self._read(cell, partial(problems.add, where=where))
        except ValueError as error:
            problems.add(BAD_LABELS, str(error), where)
            return None

    def finish(self) -> None:
        """Check all that was read as a whole.

        Raises:
            DataError: Lists of marks were read as lists of numbers.
        """
        if self._like_marks:
            raise DataError(
                f"{self._where}: column {self.columns[0]} has {len(self.names)} entries for each picture, as many as "
                "there are labels, all of them 0 or 1; if they are marks and no numbers of labels, pass multi_hot=true"
            )

    def _reader_of(
        self, column: Column, numbers_are_named: bool, multi_hot: bool, where: str
    ) -> Callable[[Any, Note], RowLabels]:
        if column.kind == MARKS or (column.kind in (NUMBERS, CLASSES) and multi_hot):
            return self._read_marks
        readers = {
            TEXT: self._read_text,
            TEXTS: self._read_list,
            NUMBER: self._read_class,
            CLASS: self._read_class,
            NUMBERS: self._read_classes,
            CLASSES: self._read_classes,
        }
        if column.kind not in readers:
            raise DataError(f"{where}: column {column} can't be read as labels")
        return readers[column.kind]

    def _read_list(self, cell: Any, note: Note) -> RowLabels:
        if not isinstance(cell, list):
            raise ValueError(f"expected a list of labels, found {shown(cell)}")
        return RowLabels(tuple(cell))

    def _read_text(self, cell: Any, note: Note) -> RowLabels:
        if not isinstance(cell, str):
            raise ValueError(f"expected text, found {shown(cell)}")
        text = cell.strip()
        if text.startswith("[") and text.endswith("]"):
            labels = self._read_list(_json_list(text), note).present
        else:
            labels = tuple(filter(None, map(str.strip, text.split(self._separator))))
        return RowLabels(tuple(map(self._label_of, labels)))

    def _read_class(self, cell: Any, note: Note) -> RowLabels:
        if cell == _NO_CLASS:
            return NOTHING_KNOWN
        name = self._name_of(cell)
        if name is None:
            raise ValueError(f"{shown(cell)} is none of the numbers 0 to {len(self.names) - 1}")
        return RowLabels((name,))

    def _read_classes(self, cell: Any, note: Note) -> RowLabels:
        if not isinstance(cell, list):
            raise ValueError(f"expected a list of numbers, found {shown(cell)}")
        if cell and self._like_marks is not False:
            # Numbers of labels would repeat themselves in each list.
            self._like_marks = len(cell) == len(self.names) > 2 and all(number in (0, 1) for number in cell)
        present = []
        for number in cell:
            name = self._name_of(number)
            if name is None:
                note(UNKNOWN_NUMBER, f"{shown(number)}, not 0 to {len(self.names) - 1}")
            else:
                present.append(name)
        return RowLabels(tuple(present))

    def _label_of(self, written: object) -> object:
        """Return a label that a text gives by its name or, where names were given, by its number."""
        if not isinstance(written, (str, int)) or written in self._known or not str(written).isdecimal():
            return written
        return self._name_of(int(str(written))) or written

    def _name_of(self, number: object) -> str | None:
        is_whole = isinstance(number, int) or (isinstance(number, float) and number.is_integer())
        if isinstance(number, bool) or not is_whole or not 0 <= number < len(self.names):  # type: ignore[operator]
            return None
        return self.names[int(number)]  # type: ignore[call-overload]

    def _read_marks(self, cell: Any, note: Note) -> RowLabels:
        marks = cell if isinstance(cell, np.ndarray) else _as_marks(cell)
        if len(marks) != len(self.names):
            raise ValueError(f"{len(marks)} marks for {len(self.names)} labels")
        unknown = np.isnan(marks)
        bad = np.flatnonzero(~unknown & (marks != 0) & (marks != 1))
        if len(bad):
            raise ValueError(f"the mark of {shown(self.names[bad[0]])} is not 1, 0 or empty")
        return RowLabels(self._named(np.flatnonzero(marks == 1)), self._named(np.flatnonzero(unknown)))

    def _named(self, numbers: np.ndarray) -> tuple[str, ...]:
        return tuple(self.names[number] for number in numbers.tolist())


def _as_marks(cell: Any) -> np.ndarray:
    """Return a list of marks as numbers: NaN is unknown, 2 is none of those allowed."""
    if not isinstance(cell, list):
        raise ValueError(f"expected a list of 1 and 0, found {shown(cell)}")
    return np.array([_mark(value) for value in cell], dtype=np.float64)


def _mark(value: object) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower(), 2.0)
    return float(value) if isinstance(value, (bool, float)) or value in (0, 1) else 2.0


def _json_list(text: str) -> Any:
    """Return a list in a text, as tables without lists have it."""
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError(f"{shown(text)} looks like a list, but is not one in JSON") from None
