"""Tables, one row a picture: a column with its path, and its labels in one column or in one column a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import UNKNOWN_LABEL, AnnotationCollector, shown
from corelate.data.formats.containers import Folder
from corelate.data.formats.tables import Table, character, read_table
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import DataError, OptionError, VocabularyError
from corelate.options import option

PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "image_name", "picture")
LABELS_COLUMNS = ("labels", "label", "tags", "keywords", "image_labels")
EVERY_COLUMN = "*"

WRONG_COLUMN_COUNT = "row does not have as many cells as the header: row left out"
BAD_CELL = "cell is not 1, 0 or empty: row left out"

# Programs that keep empty cells as "not a number" write the others as 1.0 and 0.0.
_PRESENT, _ABSENT, _UNKNOWN = {"1", "1.0"}, {"0", "0.0"}, {""}


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    path: str = option("", "Column of the pictures' paths; default: path, file, filename, image or the like.")
    labels: str = option("", "Column of the labels; default: labels or tags, if there; * = every other column is one.")
    separator: str = option(";", "What stands between labels in the labels column: one character or its name.")
    ignore: str = option("", "Columns that are not labels, divided by commas, when every column is a label.")
    images: str = option("", "Folder (or zip) of the pictures, relative to the table; default: the table's own folder.")
    split_column: str = option("", "Column of the splits; default: split, if there.")
    group_column: str = option("", "Column of what must not be divided between splits; default: group, if there.")
    vocabulary: str = option("", "Text file with one label a line, relative to the table; default: all labels, sorted.")
    delimiter: str = option("", "What stands between cells; default: guessed among comma, semicolon and tab.")
    encoding: str = option("utf-8", "Text encoding of the table and of the vocabulary.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


@dataclass(frozen=True)
class _Columns:
    """The positions of the columns; either `labels` is given or `each_label` is not empty."""

    path: int
    labels: int | None
    each_label: dict[int, str]
    split: int | None
    group: int | None


@dataclass(frozen=True)
class _Row:
    """What a row says about one picture."""

    line: int
    name: str
    labels: list[str]
    unknown: list[str]
    split: str | None
    group: str | None


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a table.

    Raises:
        OptionError: An option names a column that is not there, or has a wrong value.
        DataError: The table can't be read, or has no column for paths or labels.
    """
    separator = character(options.separator, "separator")
    table = read_table(path, options.delimiter, options.encoding)
    columns = _find_columns(table.header, options, path)
    pictures = Folder(path.parent).inside(options.images) if options.images else Folder(path.parent)
    if not options.labels_only and not pictures.exists():
        raise DataError(f"{path.parent / options.images}: no such folder of pictures; name it with images=FOLDER")
    problems = Problems(str(path))
    rows = list(_parse_rows(table, columns, separator, problems))
    vocabulary = _vocabulary(path, options, columns, rows)
    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only)
    collector.problems.extend(problems)
    unknown_everywhere = _check_label_columns(columns, vocabulary, collector.problems)
    for row in rows:
        unknown = frozenset(vocabulary.index(label) for label in row.unknown if label in vocabulary)
        unknown = unknown_everywhere | unknown if unknown else unknown_everywhere
        labels = row.labels
        if columns.each_label:
            # Marks are no list: the order of the columns says nothing about a picture.
            labels = sorted((label for label in labels if label in vocabulary), key=vocabulary.index)
        collector.add(row.name, labels, where=f"line {row.line}", unknown=unknown, split=row.split, group=row.group)
    return collector.build()


def _find_columns(header: list[str], options: Options, path: Path) -> _Columns:
    picture = _find_column(header, options.path, PATH_COLUMNS, "path")
    if picture is None:
        raise DataError(f"{path}: no column of paths among {_listed(header)}; name it with path=COLUMN")
    split = _find_column(header, options.split_column, ("split",), "split_column")
    group = _find_column(header, options.group_column, ("group",), "group_column")
    labels, each_label = None, {}
    if options.labels != EVERY_COLUMN:
        labels = _find_column(header, options.labels, LABELS_COLUMNS, "labels")
    used = [column for column in (picture, labels, split, group) if column is not None]
    if len(set(used)) < len(used):
        raise OptionError("a column can be used for one thing only: path, labels, split_column or group_column")
    if labels is None:
        ignored = [_find_column(header, name.strip(), (), "ignore") for name in options.ignore.split(",") if name]
        others = [column for column in range(len(header)) if column not in (*used, *ignored)]
        # Columns without a name hold row numbers.
        each_label = {column: header[column] for column in others if header[column]}
        if not each_label:
            raise DataError(f"{path}: no column of labels among {_listed(header)}; name it with labels=COLUMN")
    return _Columns(picture, labels, each_label, split, group)


def _find_column(header: list[str], asked: str, guesses: tuple[str, ...], purpose: str) -> int | None:
    """Return the position of the column asked for, else of the first guess that is there, whatever its case."""
    if asked:
        if asked not in header:
            raise OptionError(f"{purpose}={asked!r}: no such column; columns are: {_listed(header)}")
        return header.index(asked)
    lower = [name.lower() for name in header]
    return next((lower.index(guess) for guess in guesses if guess in lower), None)


def _listed(header: list[str]) -> str:
    names = [shown(name) for name in header if name]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _parse_rows(table: Table, columns: _Columns, separator: str, problems: Problems) -> Iterator[_Row]:
    for line, cells in zip(table.lines, table.rows, strict=True):
        if len(cells) != len(table.header):
            problems.add(WRONG_COLUMN_COUNT, f"{len(cells)} cells, not {len(table.header)}", f"line {line}")
            continue
        if columns.labels is not None:
            labels = [label.strip() for label in cells[columns.labels].split(separator) if label.strip()]
            unknown: list[str] = []
        else:
            bad = next((column for column in columns.each_label if not _is_truth(cells[column])), None)
            if bad is not None:
                subject = f"{shown(cells[bad])} in column {columns.each_label[bad]!r}"
                problems.add(BAD_CELL, subject, f"line {line}")
                continue
            labels = [name for column, name in columns.each_label.items() if cells[column].strip() in _PRESENT]
            unknown = [name for column, name in columns.each_label.items() if cells[column].strip() in _UNKNOWN]
        split = None if columns.split is None else cells[columns.split].strip()
        group = None if columns.group is None else cells[columns.group].strip()
        yield _Row(line, cells[columns.path], labels, unknown, split, group)


def _is_truth(cell: str) -> bool:
    return cell.strip() in _PRESENT | _ABSENT | _UNKNOWN


def _vocabulary(path: Path, options: Options, columns: _Columns, rows: list[_Row]) -> Vocabulary:
    if options.vocabulary:
        return read_vocabulary(path.parent / Path(options.vocabulary).expanduser(), options.encoding)
    try:
        if columns.each_label:
            return Vocabulary(sorted(columns.each_label.values()))
        # From all rows, so that the columns don't depend on which picture files are there.
        labels = sorted({label for row in rows for label in row.labels if is_label(label)})
        if not labels:
            raise DataError(f"{path}: no row has a label; name the column of the labels with labels=COLUMN")
        return Vocabulary(labels)
    except VocabularyError as error:
        raise VocabularyError(f"{path}: {error}") from error


def _check_label_columns(columns: _Columns, vocabulary: Vocabulary, problems: Problems) -> frozenset[int]:
    """Note label columns that a given vocabulary lacks; return the labels of which the table says nothing."""
    if not columns.each_label:
        return frozenset()
    names = set(columns.each_label.values())
    for name in columns.each_label.values():
        if name not in vocabulary:
            problems.add(UNKNOWN_LABEL, shown(name), "header")
    return frozenset(column for column, label in enumerate(vocabulary) if label not in names)


FORMAT = DataFormat(Options, read)
