"""Which column of a table says what: those that options name, else those whose names are usual."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import UNKNOWN_LABEL, shown
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError

PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "image_name", "picture")
LABELS_COLUMNS = ("labels", "label", "tags", "keywords", "image_labels")
EVERY_COLUMN = "*"

# So pandas calls row numbers when it writes Parquet, and when it has read CSV with a column without a name.
ROW_NUMBERS = re.compile(r"__index_level_\d+__|Unnamed: \d+")

# Of a split or group: the column may be meant for a label.
ONLY_MARKS = (
    "column taken for the splits or groups holds only 1 and 0: if it is that, name it with split_column= or "
    "group_column=; if it is a label, give it another name"
)
_MARKS = frozenset(("", "1", "0", "true", "false"))

_SHOWN_NAMES = 20


class ColumnNames(Protocol):
    """The options that name columns; see those of the format."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def labels(self) -> str: ...  # noqa: D102
    @property
    def unknown_column(self) -> str: ...  # noqa: D102
    @property
    def split_column(self) -> str: ...  # noqa: D102
    @property
    def group_column(self) -> str: ...  # noqa: D102
    @property
    def ignore(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Columns:
    """The names of the columns that are used; either `labels` is given or `marks` is not empty.

    Attributes:
        path: The pictures' paths.
        labels: Lists of labels.
        unknown: Lists of labels of which it is not known whether the picture has them.
        marks: The columns that are labels, those of the vocabulary first and in its order.
        unused: How many of them, at the end, the vocabulary lacks: their cells are checked and not used.
        split: The pictures' splits.
        group: What must not be divided between splits.
    """

    path: str
    labels: str | None = None
    unknown: str | None = None
    marks: tuple[str, ...] = ()
    unused: int = 0
    split: str | None = None
    group: str | None = None

    def in_order_of(self, vocabulary: Vocabulary) -> Columns:
        """Return the columns with those that are labels in the order of the vocabulary."""
        marks = sorted((name for name in self.marks if name in vocabulary), key=vocabulary.index)
        others = [name for name in self.marks if name not in vocabulary]
        return replace(self, marks=(*marks, *others), unused=len(others))

    @property
    def used_marks(self) -> tuple[str, ...]:
        """The columns that are labels of the vocabulary."""
        return self.marks[: len(self.marks) - self.unused]


def find_columns(header: Sequence[str], options: ColumnNames, path: Path) -> Columns:
    """Return the columns of a table.

    Args:
        header: The names of all its columns; those without a name, or with one of `ROW_NUMBERS`, hold row numbers.
        options: The names that are asked for.
        path: The table, for messages.

    Raises:
        OptionError: An option names a column that is not there, or two options the same.
        DataError: There is no column for paths or labels.
    """
    picture = _find(header, options.path, PATH_COLUMNS, "path")
    if picture is None:
        raise DataError(f"{path}: no column of paths among {listed(header)}; name it with path=COLUMN")
    split = _find(header, options.split_column, ("split",), "split_column")
    group = _find(header, options.group_column, ("group",), "group_column")
    labels = None
    if options.labels != EVERY_COLUMN:
        labels = _find(header, options.labels, LABELS_COLUMNS, "labels")
    if labels is None and options.unknown_column:
        raise OptionError("unknown_column goes with a column of labels; in a column a label an empty cell is unknown")
    unknown = _find(header, options.unknown_column, ("unknown",), "unknown_column") if labels is not None else None
    used = [name for name in (picture, labels, unknown, split, group) if name is not None]
    if len(set(used)) < len(used):
        raise OptionError(
            "a column can be used for one thing only: path, labels, unknown_column, split_column or group_column"
        )
    if labels is not None:
        return Columns(picture, labels, unknown, split=split, group=group)
    ignored = [_find(header, name.strip(), (), "ignore") for name in options.ignore.split(",") if name]
    others = {*used, *ignored}
    marks = tuple(name for name in header if name and name not in others and not ROW_NUMBERS.fullmatch(name))
    if not marks:
        raise DataError(f"{path}: no column of labels among {listed(header)}; name it with labels=COLUMN")
    return Columns(picture, marks=marks, split=split, group=group)


def _find(header: Sequence[str], asked: str, guesses: tuple[str, ...], purpose: str) -> str | None:
    """Return the column asked for, else the first guess that is there, whatever its case."""
    if asked:
        if asked not in header:
            raise OptionError(f"{purpose}={asked!r}: no such column; columns are: {listed(header)}")
        return asked
    lower = [name.lower() for name in header]
    return next((header[lower.index(guess)] for guess in guesses if guess in lower), None)


def listed(header: Sequence[str]) -> str:
    """Return the names of columns for a message, the first of them if they are many."""
    names = [shown(name) for name in header if name]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return (", ".join(names[:_SHOWN_NAMES]) or "none") + more


def check_marks(columns: Columns, vocabulary: Vocabulary, problems: Problems) -> frozenset[int]:
    """Note label columns that the vocabulary lacks; return the labels of which the table says nothing."""
    if not columns.marks:
        return frozenset()
    for name in columns.marks[len(columns.used_marks) :]:
        problems.add(UNKNOWN_LABEL, shown(name), "header")
    names = set(columns.marks)
    return frozenset(column for column, label in enumerate(vocabulary) if label not in names)


def check_divisions(columns: Columns, options: ColumnNames, annotations: AnnotationSet) -> None:
    """Note a column that was taken for the splits or groups by its name, and holds the marks of a label."""
    if not columns.marks:
        return
    for name, asked, values in (
        (columns.split, options.split_column, annotations.splits),
        (columns.group, options.group_column, annotations.groups),
    ):
        if name is not None and not asked and are_marks(values):
            annotations.problems.add(ONLY_MARKS, shown(name), "header")


def are_marks(names: np.ndarray | None) -> bool:
    """Tell whether the names of splits or groups could be the marks of a label."""
    found = {name.lower() for name in set(() if names is None else names.tolist())}
    return bool(found - {""}) and found <= _MARKS
