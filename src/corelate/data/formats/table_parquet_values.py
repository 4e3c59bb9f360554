"""What columns of Parquet tables may hold: which types, and how much, since a few bytes may stand for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corelate.errors import DataError

MAX_ROWS = 1 << 25
# Bytes; a file may say the same text a million times in a few bytes.
MAX_TEXT = 1 << 17
# Labels of all rows, of those that are unpacked together, and of those that are Python text at the same time.
MAX_VALUES = 1 << 30
MAX_GROUP_VALUES = 1 << 28
MAX_BATCH_VALUES = 1 << 24


def is_text(kind: pa.DataType) -> bool:
    """Tell whether values are text."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_list_of_text(kind: pa.DataType) -> bool:
    """Tell whether values are lists of text, or text."""
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if any(is_kind(kind) for is_kind in lists):
        return is_text(kind.value_type) or bool(pa.types.is_null(kind.value_type))
    return is_text(kind)


def is_division(kind: pa.DataType) -> bool:
    """Tell whether values can be names of splits or groups, if the decimal numbers among them are whole."""
    return is_text(kind) or bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_mark(kind: pa.DataType) -> bool:
    """Tell whether values can be 1, 0 and unknown."""
    return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def check_size(metadata: Any, names: list[str], path: Path) -> None:
    """Refuse a file of so many rows, or of so many values in a column, that they can't be the labels of pictures.

    Args:
        metadata: That of the file.
        names: The columns, as `text_leaves` gives them.
        path: The file, for messages.

    Raises:
        DataError: There are too many.
    """
    if metadata.num_rows > MAX_ROWS:
        raise DataError(f"{path}: {metadata.num_rows:,} rows; at most {MAX_ROWS:,} are read; divide the table")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for number in range(metadata.num_columns):
        name = metadata.schema.column(number).path
        if name not in names:
            continue
        counts = [group.column(number).num_values for group in groups]
        if sum(counts) > MAX_VALUES:
            raise DataError(f"{path}: {sum(counts):,} values in {name!r}; at most {MAX_VALUES:,} are read")
        if max(counts, default=0) > MAX_GROUP_VALUES:
            raise DataError(
                f"{path}: {max(counts):,} values of {name!r} in one row group; at most {MAX_GROUP_VALUES:,} are read; "
                "write smaller row groups"
            )


def text_leaves(metadata: Any, names: list[str]) -> list[str]:
    """Return what Parquet calls the texts of columns, where a list is a column in a group."""
    inner = tuple(f"{name}." for name in names)
    leaves = map(metadata.schema.column, range(metadata.num_columns))
    return [
        leaf.path
        for leaf in leaves
        if leaf.physical_type == "BYTE_ARRAY" and (leaf.path in names or leaf.path.startswith(inner))
    ]


def pieces(batch: pa.RecordBatch, path: Path) -> Iterator[pa.RecordBatch]:
    """Give the rows of a batch, in as many pieces as it takes to keep the labels in each few.

    Raises:
        DataError: One row has too many.
    """
    count = max((len(column.flatten()) for column in batch.columns if pa.types.is_nested(column.type)), default=0)
    if count <= MAX_BATCH_VALUES:
        yield batch
    elif len(batch) == 1:
        raise DataError(f"{path}: a row of {count:,} labels; at most {MAX_BATCH_VALUES:,} are read")
    else:
        half = len(batch) // 2
        yield from pieces(batch.slice(0, half), path)
        yield from pieces(batch.slice(half), path)


def check_texts(batch: pa.RecordBatch, path: Path) -> None:
    """Refuse text that is no text, or too long.

    Raises:
        DataError: A column holds such text.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        values = column.flatten() if pa.types.is_nested(column.type) else column
        values = values.dictionary if pa.types.is_dictionary(values.type) else values
        if not is_text(values.type) or not len(values):
            continue
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > MAX_TEXT:
            raise DataError(f"{path}: column {name!r} holds text of {longest:,} bytes; at most {MAX_TEXT:,} are read")
        try:
            values.validate(full=True)
        except pa.ArrowInvalid as error:
            raise DataError(f"{path}: column {name!r} holds text that is not UTF-8; write it again as UTF-8") from error
