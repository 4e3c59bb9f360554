"""The rows of Parquet tables, read in batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corelate.data.formats.collecting import shown
from corelate.data.formats.table_cells import UnusableRowError, split_labels
from corelate.data.formats.table_columns import ColumnNames, Columns, find_columns
from corelate.data.formats.table_marks import MarkReader
from corelate.data.formats.table_parquet_values import (
    check_size,
    check_texts,
    is_division,
    is_list_of_text,
    is_mark,
    is_text,
    pieces,
    text_leaves,
)
from corelate.data.formats.table_rows import Row
from corelate.data.formats.tables import first_repeated
from corelate.data.problems import Problems
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, VocabularyError

VOCABULARY_KEY = b"corelate.vocabulary"

# Rows whose labels are Python text at the same time.
BATCH = 1 << 14

DIVISIONS = "text or whole numbers"
NO_PATH = "row has no path: row left out"


class ParquetRows:
    """A Parquet table.

    Args:
        path: The file.
        separator: The character between labels, where they are text.

    Raises:
        DataError: The file can't be read, is encrypted, or is no Parquet file.
    """

    place = "row"

    def __init__(self, path: Path, separator: str) -> None:
        self._path = path
        self._separator = separator
        _check_beginning(path)
        with reading(path):
            self.metadata = pq.read_metadata(path)
            self.schema = self.metadata.schema.to_arrow_schema()
        repeated = first_repeated(self.schema.names)
        if repeated is not None:
            raise DataError(f"{path}: more than one column is named {repeated!r}")
        self.vocabulary = _stored_vocabulary(self.schema, path)
        self._bad_rows: set[int] = set()

    def columns(self, options: ColumnNames) -> Columns:
        """Return which column says what, if all have types that can say it; see `find_columns`.

        Raises:
            DataError: A column has a wrong type.
        """
        columns = find_columns(self.schema.names, options, self._path)
        self._check(columns.path, is_text, "text")
        for name in (columns.labels, columns.unknown):
            self._check(name, is_list_of_text, "lists of text, or text")
        for name in (columns.split, columns.group):
            self._check(name, is_division, DIVISIONS)
        for name in columns.marks:
            advice = f"; if it is no label, leave it out with ignore={name}"
            self._check(name, is_mark, f"1, 0 or null as whole numbers, decimal numbers or bool{advice}")
        return columns

    def _check(self, name: str | None, allows: Any, expected: str) -> None:
        kind = None if name is None else self.schema.field(name).type
        if kind is not None and not pa.types.is_null(kind) and not allows(kind):
            raise self._wrong_type(str(name), expected)

    def _wrong_type(self, name: str, expected: str) -> DataError:
        kind = shown(str(self.schema.field(name).type))
        return DataError(f"{self._path}: column {name!r} holds {kind}; expected {expected}")

    def marks(self, columns: Columns, vocabulary: Vocabulary, problems: Problems) -> TargetMatrix | None:
        """Return the labels of all rows of a table with a column a label, and note bad cells; else None."""
        if not columns.marks:
            return None
        check_size(self.metadata, [], self._path)
        names = set(columns.marks)
        with reading(self._path), pq.ParquetFile(self._path, metadata=self.metadata, pre_buffer=False) as file:
            reader = MarkReader(file, columns.marks, [label in names for label in vocabulary], problems)
            targets = reader.read(str(self._path))
        self._bad_rows = reader.bad
        return targets

    def rows(self, columns: Columns, problems: Problems) -> Iterator[Row]:
        """Give the rows that can be used, and note those without a path; labels of `marks` are not among them."""
        used = (columns.path, columns.labels, columns.unknown, columns.split, columns.group)
        number = 0
        for batch in self._batches([name for name in used if name is not None]):
            paths = _texts(batch.column(columns.path))
            count = len(paths)
            present, unknown = (self._lists(batch, name) for name in (columns.labels, columns.unknown))
            splits, groups = (self._divisions(batch, name) for name in (columns.split, columns.group))
            for row in zip(range(number + 1, number + count + 1), paths, present, unknown, splits, groups, strict=True):
                if row[0] - 1 in self._bad_rows:
                    continue
                if row[1] is None:
                    problems.add(NO_PATH, "null", f"row {row[0]}")
                elif isinstance(bad := row[2], UnusableRowError) or isinstance(bad := row[3], UnusableRowError):
                    problems.add(bad.kind, bad.subject, f"row {row[0]}")
                else:
                    yield Row._make(row)
            number += count

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        # Of text that repeats, the dictionary is kept: unpacked, it could be of any size.
        leaves = text_leaves(self.metadata, names)
        check_size(self.metadata, leaves, self._path)
        with reading(self._path), pq.ParquetFile(self._path, read_dictionary=leaves, pre_buffer=False) as file:
            # A batch of lists can't have the dictionaries of two row groups.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(BATCH, row_groups=[group], columns=names, use_threads=False):
                    check_texts(batch, self._path)
                    yield from pieces(batch, self._path)

    def _lists(self, batch: pa.RecordBatch, name: str | None) -> Sequence[Sequence[object] | UnusableRowError]:
        """Return the labels of each row, or why they can't be used; null is none."""
        if name is None:
            return [()] * len(batch)
        column = batch.column(name)
        if is_text(column.type):
            return [self._split(text or "") for text in _texts(column)]
        if pa.types.is_null(column.type):
            return [()] * len(column)
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        labels = _texts(pc.list_flatten(column))
        ends = np.cumsum(lengths).tolist()
        return [labels[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _split(self, text: str) -> list[str] | UnusableRowError:
        try:
            return split_labels(text, self._separator)
        except UnusableRowError as error:
            return error

    def _divisions(self, batch: pa.RecordBatch, name: str | None) -> Sequence[str | None]:
        if name is None:
            return [None] * len(batch)
        column = batch.column(name)
        values = _texts(column) if is_text(column.type) else column.to_pylist()
        if pa.types.is_floating(column.type):
            # So programs write whole numbers among which some are missing.
            values = [None if value != value else value for value in values]  # noqa: PLR0124
            if not all(value is None or float(value).is_integer() for value in values):
                raise self._wrong_type(name, DIVISIONS)
            values = [None if value is None else int(value) for value in values]
        return ["" if value is None else str(value).strip() for value in values]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Make what pyarrow raises for files that are missing or broken one clear error."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, UnicodeError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or shown(str(error).partition("\n")[0])
        raise DataError(f"{path}: not a Parquet file that can be read ({reason})") from error


def _check_beginning(path: Path) -> None:
    """Say what a file is that is no Parquet file, which pyarrow's messages do not."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: expected a file")
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(max(path.stat().st_size - 4, 0))
            end = file.read(4)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    if start == b"PARE":
        raise DataError(f"{path}: an encrypted Parquet file; write it again without encryption")
    if start != b"PAR1":
        raise DataError(f"{path}: not a Parquet file; if it is text, name it .csv, .tsv or .jsonl, or pass kind=csv")
    if end != b"PAR1":
        raise DataError(f"{path}: the Parquet file is cut short: its end is missing; copy it again")


def _stored_vocabulary(schema: pa.Schema, path: Path) -> Vocabulary | None:
    text = (schema.metadata or {}).get(VOCABULARY_KEY)
    if text is None:
        return None
    where = f"{path}, metadata {VOCABULARY_KEY.decode()}"
    try:
        labels = json.loads(text)
    except (ValueError, RecursionError):
        labels = None
    if not isinstance(labels, list):
        raise DataError(f"{where}: expected a JSON list of labels")
    try:
        return Vocabulary(labels)
    except (VocabularyError, TypeError) as error:
        raise VocabularyError(f"{where}: {error}") from error


def _texts(column: pa.Array) -> list[str | None]:
    """Return the texts of a column; equal ones in a dictionary are one object."""
    if pa.types.is_null(column.type):
        return [None] * len(column)
    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    # The last of all is for nulls.
    indices = pc.fill_null(column.indices.cast(pa.int64()), len(column.dictionary)).to_numpy()
    used, places = np.unique(indices, return_inverse=True)
    inside = used[used < len(column.dictionary)]
    values = np.array([*column.dictionary.take(pa.array(inside)).to_pylist(), None], dtype=object)
    return list(values[places].tolist())
