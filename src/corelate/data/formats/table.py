"""Tables, one row a picture: a column with its path, and its labels in one column or in one column a label."""

from __future__ import annotations

import stat
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import AnnotationCollector
from corelate.data.formats.containers import Container, Folder
from corelate.data.formats.table_columns import Columns, check_divisions, check_marks
from corelate.data.formats.table_paths import PathRule
from corelate.data.formats.table_rows import RowSource
from corelate.data.formats.table_vocabulary import COMPRESSED, find_vocabulary
from corelate.data.formats.tables import character
from corelate.errors import DataError, OptionError
from corelate.options import option

KINDS = ("csv", "tsv", "jsonl", "parquet")
SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    path: str = option("", "Column of the pictures' paths; default: path, file, filename, image or the like.")
    labels: str = option("", "Column of the labels; default: labels or tags, if there; * = every other column is one.")
    separator: str = option(";", "What stands between labels that are text: one character or its name.")
    unknown_column: str = option("", "Column of labels of which it is not known; default: unknown, if there.")
    ignore: str = option("", "Columns that are not labels, divided by commas, when every column is a label.")
    images: str = option("", "Folder (or zip) of the pictures, relative to the table; default: the table's own folder.")
    prefix: str = option("", "Text to cut from the start of each path: the folder on the machine the table comes from.")
    split_column: str = option("", "Column of the splits; default: split, if there.")
    group_column: str = option("", "Column of what must not be divided between splits; default: group, if there.")
    vocabulary: str = option("", "Text file with one label a line, relative to the table; default: all labels, sorted.")
    kind: str = option("", "What the file is: csv, tsv, jsonl or parquet; default: what its suffix says.")
    delimiter: str = option("", "What stands between cells; default: guessed among comma, semicolon and tab.")
    encoding: str = option("utf-8", "Text encoding of the table and of the vocabulary.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a table.

    Raises:
        OptionError: An option names a column that is not there, or has a wrong value.
        DataError: The table can't be read, or has no column for paths or labels.
    """
    separator = character(options.separator, "separator")
    source = _open(path, options, separator)
    columns = source.columns(options)
    pictures = _pictures(path, options)
    vocabulary = find_vocabulary(path, options.vocabulary, source.vocabulary, columns, options.encoding)
    if vocabulary is not None:
        columns = columns.in_order_of(vocabulary)
    locate = PathRule(pictures.root if isinstance(pictures, Folder) else None, options.prefix)
    collector = AnnotationCollector(
        vocabulary, str(path), pictures, keep_missing=options.labels_only, strip_labels=True, locate=locate
    )
    targets, unknown = None, frozenset[int]()
    if vocabulary is not None:
        unknown = check_marks(columns, vocabulary, collector.problems)
        targets = source.marks(columns, vocabulary, collector.problems)
    taken = _take_rows(source, columns, collector, unknown if targets is None else frozenset())
    if not collector.label_count:
        if not collector and not collector.problems:
            raise DataError(f"{path}: holds no row besides the names of the columns")
        raise DataError(f"{path}: no row has a label; name the column of the labels with labels=COLUMN")
    annotations = collector.build(None if targets is None else targets.select(np.asarray(taken) - 1))
    check_divisions(columns, options, annotations)
    return annotations


def _take_rows(
    source: RowSource, columns: Columns, collector: AnnotationCollector, unknown: frozenset[int]
) -> array[int]:
    """Give all rows to the collector; return the numbers of those that it takes."""
    taken = array("q")
    for row in source.rows(columns, collector.problems):
        if collector.add(
            row.name,
            row.labels,
            where=f"{source.place} {row.number}",
            unknown=unknown,
            unknown_labels=row.unknown,
            split=row.split,
            group=row.group,
        ):
            taken.append(row.number)
    return taken


def _open(path: Path, options: Options, separator: str) -> RowSource:
    """Open a table of the kind that the option or else the suffix says."""
    kind = options.kind or _kind_of(path)
    if kind not in KINDS:
        raise OptionError(f"kind={options.kind!r}: no such kind of table; allowed: {', '.join(KINDS)}")
    if kind == "parquet":
        from corelate.data.formats.table_parquet import ParquetRows

        return ParquetRows(path, separator)
    if kind == "jsonl":
        from corelate.data.formats.table_json_lines import JsonLinesRows

        return JsonLinesRows(path, separator, options.encoding)
    from corelate.data.formats.table_text import TextRows

    return TextRows(path, separator, options.delimiter, options.encoding)


def _kind_of(path: Path) -> str:
    name = path.with_suffix("") if path.suffix.lower() == COMPRESSED else path
    kind = SUFFIXES.get(name.suffix.lower(), "")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path}: expected a file")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if not kind or (kind == "parquet" and name != path):
        raise DataError(
            f"{path}: can't tell what kind of table this is; allowed suffixes: {', '.join(SUFFIXES)} (also .csv.gz and "
            f".jsonl.gz), or say it with kind={'|'.join(KINDS)}"
        )
    return kind


def _pictures(path: Path, options: Options) -> Container:
    pictures = Folder(path.parent).inside(options.images) if options.images else Folder(path.parent)
    if not options.labels_only and not pictures.exists():
        raise DataError(f"{path.parent / options.images}: no such folder of pictures; name it with images=FOLDER")
    return pictures


FORMAT = DataFormat(Options, read)
