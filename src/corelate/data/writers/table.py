"""Tables, one row a picture: CSV, TSV, JSON Lines and Parquet, with a list of labels or one column a label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corelate.data.formats.table_columns import EVERY_COLUMN, LABELS_COLUMNS, ROW_NUMBERS, are_marks
from corelate.data.formats.table_vocabulary import vocabulary_beside
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.base import Content, DataWriter
from corelate.data.writers.destination import TABLE_SUFFIXES
from corelate.data.writers.output import Output
from corelate.data.writers.table_json_lines import write_json_lines
from corelate.data.writers.table_parquet import holds_vocabulary, write_parquet
from corelate.data.writers.table_text import choose_separator, delimiter_option, separator_option, write_text
from corelate.errors import DataError, OptionError
from corelate.options import check_options, option

LIST, COLUMNS = "list", "columns"

# Columns that are not labels, whatever the form.
_OWN_COLUMNS = ("path", "split", "group")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Options:
    """Options of the writer."""

    form: str = option(LIST, "list: one column of labels; columns: one column a label.", choices=(LIST, COLUMNS))
    separator: str = option(
        "", "What stands between labels in CSV and TSV: one character or its name; default: ; or |."
    )

    def __post_init__(self) -> None:
        check_options(self, "writing a table")


def write(content: Content, path: Path, options: Options, output: Output) -> dict[str, str]:
    """Write one table, and its vocabulary where the table does not say it.

    Raises:
        OptionError: The suffix is not that of a table, or there is a separator where nothing is separated.
        DataError: A label holds the separator, or is called as a column that every table has.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise OptionError(f"{path}: a table is written by its suffix; choose one of {', '.join(TABLE_SUFFIXES)}")
    if options.separator and (options.form == COLUMNS or suffix not in _DELIMITERS):
        raise OptionError("separator is for labels in one column of CSV and TSV; here nothing is separated")
    reading = {} if content.images in (None, ".") else {"images": str(content.images)}
    if options.form == COLUMNS:
        reading |= _check_columns(content, output)
    if suffix in _DELIMITERS:
        reading |= _write_text(content, path, options, output)
    else:
        write_rows = write_parquet if suffix == ".parquet" else write_json_lines
        output.write(path, _filling(write_rows, content, options.form == COLUMNS))
    if suffix != ".parquet":
        _write_vocabulary(content, path, options.form, output)
    return reading


def _filling(
    write_rows: Callable[[Content, BinaryIO, bool], None], content: Content, columns: bool
) -> Callable[[BinaryIO], None]:
    return lambda file: write_rows(content, file, columns)


def _check_columns(content: Content, output: Output) -> dict[str, str]:
    """Refuse labels that can't be columns; return the options that make all of them labels."""
    # Readers take the first column of such a name, whatever its case; those of the table itself come first.
    absent = [name for name, column in (("split", content.splits), ("group", content.groups)) if column is None]
    for label in content.vocabulary:
        if label in _OWN_COLUMNS or label.lower() in absent:
            raise DataError(
                f"the label {label!r} can't be a column, since it would be taken for that of the "
                f"{label.lower()}; write form=list"
            )
        if ROW_NUMBERS.fullmatch(label):
            raise DataError(
                f"the label {label!r} can't be a column: it would be taken for row numbers; write form=list"
            )
    if not content.targets.in_column_order():
        output.note("columns of marks can't hold the order in which a picture lists its labels; form=list does")
    is_taken = any(label.lower() in LABELS_COLUMNS for label in content.vocabulary)
    # Splits and groups that look as marks do are named, so that readers don't take them for a label.
    divisions = {"split": content.splits, "group": content.groups}
    named = {f"{name}_column": name for name, values in divisions.items() if are_marks(values)}
    return ({"labels": EVERY_COLUMN} if is_taken else {}) | named


def _write_text(content: Content, path: Path, options: Options, output: Output) -> dict[str, str]:
    delimiter = _DELIMITERS[path.suffix.lower()]
    separator = None if options.form == COLUMNS else choose_separator(content.vocabulary, options.separator)
    output.write(path, lambda file: write_text(content, file, delimiter, separator))
    return separator_option(separator) | delimiter_option(content, delimiter, separator)


def _write_vocabulary(content: Content, path: Path, form: str, output: Output) -> None:
    beside = vocabulary_beside(path)
    labels = list(content.vocabulary)
    # Without the file readers take the sorted columns, or the sorted labels that pictures have.
    is_derived = labels == sorted(labels) and (form == COLUMNS or bool((content.targets.label_counts() > 0).all()))
    if _holds(beside, content.vocabulary) if beside.exists() else is_derived:
        return
    _refuse_neighbours(path, beside)
    text = "".join(f"{label}\n" for label in labels)
    mark = "\ufeff" if text.startswith("\ufeff") else ""  # readers take one away
    output.write(beside, lambda file: file.write((mark + text).encode()))


def _holds(file: Path, vocabulary: Vocabulary) -> bool:
    try:
        return read_vocabulary(file) == vocabulary
    except DataError:
        return False


def _refuse_neighbours(path: Path, beside: Path) -> None:
    """Refuse a vocabulary file that would change what another table holds."""
    neighbours = (path.with_suffix(suffix) for suffix in TABLE_SUFFIXES if suffix != path.suffix.lower())
    found = next((each for each in neighbours if each.exists() and not holds_vocabulary(each)), None)
    if found is not None:
        raise DataError(f"{beside} would also be the vocabulary of {found}; give the table another name")


def folder(path: Path) -> Path:
    """Return the folder of the table."""
    return path.parent


WRITER = DataWriter(Options, folder, write)
