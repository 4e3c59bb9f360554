"""Parquet tables, in groups of rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corelate.data.formats.table_parquet import VOCABULARY_KEY
from corelate.data.targets import UNKNOWN, TargetMatrix
from corelate.data.writers.base import Content
from corelate.data.writers.label_blocks import LabelBlock, label_blocks

# Cells of one group of rows with a column a label: 64 MiB twice over while they are written.
_MOST_MARKS = 1 << 26


def write_parquet(content: Content, file: BinaryIO, columns: bool) -> None:
    """Write a table whose schema metadata hold the vocabulary.

    Args:
        content: The data set.
        file: Receives the table.
        columns: Give each label a column of its own: 1, 0, or null where it is not known.
    """
    schema = _schema(content, columns)
    labels = pa.array(content.vocabulary.labels, pa.string())
    most_rows = max(1, _MOST_MARKS // len(content.vocabulary)) if columns else 1 << 16
    # Least and greatest mark of thousands of columns in each group would be most of the file's footer.
    text_columns = ["path", "split", "group"]
    with pq.ParquetWriter(file, schema, write_statistics=text_columns) as writer:
        for block in label_blocks(content.targets, most_rows):
            arrays = _division_arrays(content, block)
            if columns:
                arrays += _marks(content.targets, block)
            else:
                arrays += _lists(block, labels, with_unknown=content.has_unknown)
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def holds_vocabulary(path: Path) -> bool:
    """Tell whether a table is a Parquet file that names its own vocabulary."""
    try:
        return path.suffix.lower() == ".parquet" and VOCABULARY_KEY in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def _schema(content: Content, columns: bool) -> Any:
    names = [name for name, column in (("split", content.splits), ("group", content.groups)) if column is not None]
    fields = [pa.field(name, pa.string()) for name in ("path", *names)]
    if columns:
        fields += [pa.field(label, pa.int8()) for label in content.vocabulary]
    else:
        lists = ("labels", "unknown") if content.has_unknown else ("labels",)
        fields += [pa.field(name, pa.list_(pa.string())) for name in lists]
    vocabulary = json.dumps(content.vocabulary.labels, ensure_ascii=False)
    return pa.schema(fields, metadata={VOCABULARY_KEY: vocabulary})


def _division_arrays(content: Content, block: LabelBlock) -> list[Any]:
    rows = slice(block.start, block.stop)
    columns = [column[rows].tolist() for column in (content.splits, content.groups) if column is not None]
    return [pa.array(values, pa.string()) for values in (content.names[rows], *columns)]


def _lists(block: LabelBlock, labels: Any, *, with_unknown: bool) -> list[Any]:
    parts = [(block.present, block.present_ends), (block.unknown, block.unknown_ends)]
    return [
        pa.ListArray.from_arrays(pa.array(ends), labels.take(pa.array(columns)))
        for columns, ends in parts[: 2 if with_unknown else 1]
    ]


def _marks(targets: TargetMatrix, block: LabelBlock) -> list[Any]:
    marks = np.ascontiguousarray(targets.dense(np.arange(block.start, block.stop)).T)
    return [pa.array(column, pa.int8(), mask=column == UNKNOWN) for column in marks]
