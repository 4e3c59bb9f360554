"""The tables ``metadata.csv``, ``metadata.jsonl`` and ``metadata.parquet`` that stand beside pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from corelate.data.embedded_references import ARROW_ERRORS, PARQUET_BUFFER
from corelate.data.formats.collecting import shown
from corelate.data.formats.huggingface_columns import (
    MARK,
    MARKS,
    NUMBER,
    NUMBERS,
    OTHER,
    TEXT,
    TEXTS,
    Column,
    schema_columns,
    schema_features,
)
from corelate.data.formats.huggingface_shards import MAX_ROWS
from corelate.data.formats.tables import read_table
from corelate.data.formats.text import decode_text, json_type, read_label_file, refuse_constant
from corelate.data.problems import Problems
from corelate.errors import DataError

WRONG_CELLS = "row does not have as many cells as the header: row left out"
BAD_LINE = "line is not as expected: row left out"

_KINDS = {bool: MARK, int: NUMBER, float: NUMBER, str: TEXT}
_LIST_KINDS = {MARK: MARKS, NUMBER: NUMBERS, TEXT: TEXTS}


@dataclass(frozen=True)
class Metadata:
    """A table of pictures.

    Attributes:
        where: Its location in the data set.
        columns: Its columns, and what they hold as far as the file says it.
        rows: Each row's place, e.g. ``"line 3"``, and its cells by the names of their columns.
    """

    where: str
    columns: list[Column]
    rows: list[tuple[str, dict[str, Any]]]


def read_metadata(root: Path, location: str, problems: Problems, encoding: str = "utf-8") -> Metadata:
    """Read a table.

    Args:
        root: The folder of the data set.
        location: The table in it.
        problems: Receives the rows that can't be used.
        encoding: Text encoding of a CSV file.

    Raises:
        OptionError: There is no such encoding.
        DataError: It can't be read, or most of its lines are not as expected.
    """
    file = root / location
    if file.suffix == ".csv":
        return _read_csv(file, location, problems, encoding)
    return _read_jsonl(file, location, problems) if file.suffix == ".jsonl" else _read_parquet(file, location)


def _read_csv(file: Path, where: str, problems: Problems, encoding: str) -> Metadata:
    table = read_table(file, "comma", encoding)
    rows = []
    for line, cells in zip(table.lines, table.rows, strict=True):
        if len(cells) != len(table.header):
            problems.add(WRONG_CELLS, f"{len(cells)} cells, not {len(table.header)}", f"{where}, line {line}")
        else:
            rows.append((f"line {line}", dict(zip(table.header, cells, strict=True))))
    return Metadata(where, [Column(name, TEXT) for name in table.header if name], rows)


def _read_jsonl(file: Path, where: str, problems: Problems) -> Metadata:
    rows, bad, reason = [], 0, ""
    lines = decode_text(read_label_file(file), str(file)).split("\n")
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            rows.append((f"line {line}", _object(text)))
        except ValueError as error:
            bad += 1
            reason = reason or f"line {line}: {error}"
            problems.add(BAD_LINE, str(error), f"{where}, line {line}")
    if bad > len(rows):
        raise DataError(f"{file}, {reason}; expected an object in JSON on each line")
    return Metadata(where, _columns_of([cells for _, cells in rows]), rows)


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError(f"expected an object, found {json_type(content)}")
    return content


def _columns_of(rows: Sequence[dict[str, Any]]) -> list[Column]:
    """Return the columns of all rows; what one holds is told by its first cell that is not empty."""
    kinds: dict[str, str | None] = {}
    for cells in rows:
        for name, cell in cells.items():
            if kinds.get(name) is None:
                kinds[name] = _kind(cell)
    # Lists that are all empty most likely would hold text.
    return [Column(name, kind or TEXTS) for name, kind in kinds.items()]


def _kind(cell: object) -> str | None:
    if isinstance(cell, list):
        kinds = (_kind(value) for value in cell if value is not None)
        return next((_LIST_KINDS.get(kind or OTHER, OTHER) for kind in kinds), None)
    return None if cell is None else _KINDS.get(type(cell), OTHER)


def _read_parquet(file: Path, where: str) -> Metadata:
    try:
        parquet = pq.ParquetFile(file, buffer_size=PARQUET_BUFFER)
        schema = parquet.schema_arrow
        columns = schema_columns(schema, schema_features(schema, str(file)), str(file))
        if parquet.metadata.num_rows > MAX_ROWS:
            raise DataError(f"{file}: has over {MAX_ROWS:,} rows, not read")
        rows = [(f"row {number}", cells) for number, cells in enumerate(_parquet_rows(parquet))]
    except ARROW_ERRORS as error:
        raise DataError(f"{file}: not a readable Parquet file ({shown(str(error))})") from error
    return Metadata(where, columns, rows)


def _parquet_rows(parquet: Any) -> Iterator[dict[str, Any]]:
    for batch in parquet.iter_batches(use_threads=False):
        batch.validate(full=True)
        yield from batch.to_pylist()
