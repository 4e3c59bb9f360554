"""What the forms of tables have in common: rows, where they come from, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from corelate.data.formats.table_columns import ColumnNames, Columns
from corelate.data.problems import Problems
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary

WRONG_COLUMN_COUNT = "row does not have as many cells as the header: row left out"
BAD_CELL = "cell is not 1, 0 or empty: row left out"

PRESENT, ABSENT, UNKNOWN = 1, 0, -1


class Row(NamedTuple):
    """What a row says about one picture.

    Attributes:
        number: Its line or row in the file, counted from 1.
        name: The path of the picture.
        labels: The names of its labels, not yet checked; of a column a label in the order of the vocabulary.
        unknown: The names of labels of which it is not known whether the picture has them.
        split: Its split; None if the table has none.
        group: Its group; None if the table has none.
    """

    number: int
    name: str
    labels: Sequence[object]
    unknown: Sequence[object] = ()
    split: str | None = None
    group: str | None = None


class RowSource(Protocol):
    """A table that gives its rows one after another."""

    place: str  # what its rows are counted in: "line" or "row"
    vocabulary: Vocabulary | None  # the labels that the table itself names

    def columns(self, options: ColumnNames) -> Columns:
        """Return which column says what; see `find_columns`."""

    def marks(self, columns: Columns, vocabulary: Vocabulary, problems: Problems) -> TargetMatrix | None:
        """Return the labels of all rows if they are read by columns; they are not in `rows` then."""

    def rows(self, columns: Columns, problems: Problems) -> Iterator[Row]:
        """Give the rows that can be used, once, and note what is wrong with the others."""


class RowsOnly:
    """What table sources share that read nothing by columns."""

    vocabulary: Vocabulary | None = None

    def marks(self, columns: Columns, vocabulary: Vocabulary, problems: Problems) -> None:
        """Return nothing: the labels are in the rows."""
