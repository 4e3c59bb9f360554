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
from corelate.data.formats.table_columns import ColumnNames, Columns, find_columns
from corelate.data.formats.table_marks import MarkReader
from corelate.data.formats.table_rows import Row, split_labels
from corelate.data.formats.tables import first_repeated
from corelate.data.problems import Problems
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, VocabularyError

VOCABULARY_KEY = b"corelate.vocabulary"

# Rows whose labels are Python text at the same time.
BATCH = 1 << 14
# Bytes; a file may say the same text a million times in a few bytes.
MAX_TEXT = 1 << 17
MAX_VALUES = 1 << 30

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
        self._check(columns.path, _is_text, "text")
        for name in (columns.labels, columns.unknown):
            self._check(name, _is_list_of_text, "lists of text, or text")
        for name in (columns.split, columns.group):
            self._check(name, _is_division, "text or whole numbers")
        for name in columns.marks:
            advice = f"; if it is no label, leave it out with ignore={name}"
            self._check(name, _is_mark, f"1, 0 or null as whole numbers, decimal numbers or bool{advice}")
        return columns

    def _check(self, name: str | None, allows: Any, expected: str) -> None:
        kind = None if name is None else self.schema.field(name).type
        if kind is not None and not pa.types.is_null(kind) and not allows(kind):
            raise DataError(f"{self._path}: column {name!r} holds {shown(str(kind))}; expected {expected}")

    def marks(self, columns: Columns, vocabulary: Vocabulary, problems: Problems) -> TargetMatrix | None:
        """Return the labels of all rows of a table with a column a label, and note bad cells; else None."""
        if not columns.marks:
            return None
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
            splits, groups = (_divisions(batch, name) for name in (columns.split, columns.group))
            for row in zip(range(number + 1, number + count + 1), paths, present, unknown, splits, groups, strict=True):
                if row[0] - 1 in self._bad_rows:
                    continue
                if row[1] is None:
                    problems.add(NO_PATH, "null", f"row {row[0]}")
                else:
                    yield Row._make(row)
            number += count

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        # Of text that repeats, the dictionary is kept: unpacked, it could be of any size.
        leaves = self._text_leaves(names)
        with reading(self._path), pq.ParquetFile(self._path, read_dictionary=leaves, pre_buffer=False) as file:
            # A batch of lists can't have the dictionaries of two row groups.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(BATCH, row_groups=[group], columns=names, use_threads=False):
                    _check_lengths(batch, self._path)
                    yield batch

    def _text_leaves(self, names: list[str]) -> list[str]:
        """Return what Parquet calls the texts of columns, where a list is a column in a group.

        Raises:
            DataError: There are so many values that they can't be the labels of pictures.
        """
        leaves = []
        inner = tuple(f"{name}." for name in names)
        for number in range(self.metadata.num_columns):
            leaf = self.metadata.schema.column(number)
            if leaf.physical_type != "BYTE_ARRAY" or not (leaf.path in names or leaf.path.startswith(inner)):
                continue
            groups = map(self.metadata.row_group, range(self.metadata.num_row_groups))
            count = sum(group.column(number).num_values for group in groups)
            if count > MAX_VALUES:
                raise DataError(f"{self._path}: {count:,} values in {leaf.path!r}; at most {MAX_VALUES:,} are read")
            leaves.append(leaf.path)
        return leaves

    def _lists(self, batch: pa.RecordBatch, name: str | None) -> Sequence[Sequence[object]]:
        """Return the labels of each row; null is none."""
        if name is None:
            return [()] * len(batch)
        column = batch.column(name)
        if _is_text(column.type):
            return [split_labels(text or "", self._separator) for text in _texts(column)]
        if pa.types.is_null(column.type):
            return [()] * len(column)
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        labels = _texts(pc.list_flatten(column))
        ends = np.cumsum(lengths).tolist()
        return [labels[start:end] for start, end in zip([0, *ends], ends, strict=False)]


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


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list_of_text(kind: pa.DataType) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if any(is_kind(kind) for is_kind in lists):
        return _is_text(kind.value_type) or bool(pa.types.is_null(kind.value_type))
    return _is_text(kind)


def _is_division(kind: pa.DataType) -> bool:
    return _is_text(kind) or bool(pa.types.is_integer(kind))


def _is_mark(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _check_lengths(batch: pa.RecordBatch, path: Path) -> None:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        values = column.flatten() if pa.types.is_nested(column.type) else column
        values = values.dictionary if pa.types.is_dictionary(values.type) else values
        if not _is_text(values.type) or not len(values):
            continue
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > MAX_TEXT:
            raise DataError(f"{path}: column {name!r} holds text of {longest:,} bytes; at most {MAX_TEXT:,} are read")


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


def _divisions(batch: pa.RecordBatch, name: str | None) -> Sequence[str | None]:
    if name is None:
        return [None] * len(batch)
    column = batch.column(name)
    values = _texts(column) if _is_text(column.type) else column.to_pylist()
    return ["" if value is None else str(value).strip() for value in values]
