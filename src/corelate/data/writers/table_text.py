"""CSV and TSV tables, row after row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from corelate.data.formats.table_cells import looks_like_list, whole_number
from corelate.data.formats.tables import NAMED_CHARACTERS, character
from corelate.data.formats.text_lines import MAX_LINE
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.base import Content
from corelate.data.writers.label_blocks import LabelBlock, label_blocks
from corelate.errors import DataError

DEFAULT_SEPARATOR = ";"
# Tried in this order; none of them needs quotes in CSV or TSV but the comma and the tab.
_SEPARATORS = ";|/+~^#@*%&=$!<>:_¦§¶·•¬,\t"


def choose_separator(vocabulary: Vocabulary, asked: str) -> str:
    """Return a character that no label holds: the one asked for, else the first that will do.

    Raises:
        OptionError: What is asked for is not one character.
        DataError: A label holds it, or there is none that no label holds.
    """
    if asked:
        separator = character(asked, "separator")
        held = next((label for label in vocabulary if separator in label), None)
        if held is not None:
            raise DataError(
                f"the label {held!r} holds the separator {separator!r}; give none, so that one is chosen, or another"
            )
        return separator
    held_characters = set().union(*vocabulary)
    for separator in _SEPARATORS:
        if separator not in held_characters:
            return separator
    raise DataError(
        "the labels hold every character that could stand between them; write JSON Lines or Parquet, or form=columns"
    )


def separator_option(separator: str | None) -> dict[str, str]:
    """Return the option that reads labels with such a separator between them."""
    if separator in (None, DEFAULT_SEPARATOR):
        return {}
    names = {found: name for name, found in NAMED_CHARACTERS.items()}
    return {"separator": names.get(str(separator), str(separator))}


def delimiter_option(content: Content, delimiter: str, separator: str | None) -> dict[str, str]:
    """Return the option that reads cells with such a delimiter, where readers would guess another from the header."""
    line = io.StringIO()
    _writer(line, delimiter).writerow(_header(content, separator))
    # In a file called .tsv they take the tab whatever else there is.
    is_guessed = delimiter == "\t" or line.getvalue().count(delimiter) >= max(map(line.getvalue().count, ";\t"))
    return {} if is_guessed else {"delimiter": delimiter}


def write_text(content: Content, file: BinaryIO, delimiter: str, separator: str | None) -> None:
    """Write a table of text.

    Args:
        content: The data set.
        file: Receives UTF-8.
        delimiter: The character between cells.
        separator: The character between labels in one column; None: each label has a column.

    Raises:
        DataError: A row is too long, or a split or group would be read as another.
    """
    _check_divisions(content)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = _writer(text, delimiter)
    writer.writerow(_header(content, separator))
    for block in label_blocks(content.targets):
        names = content.names[block.start : block.stop]
        divisions = [
            column[block.start : block.stop].tolist()
            for column in (content.splits, content.groups)
            if column is not None
        ]
        if separator is not None:
            lists = _joined(block, content.vocabulary, separator, with_unknown=content.has_unknown)
            rows = list(zip(names, *lists, *divisions, strict=True))
            _check_lengths(rows, delimiter)
            writer.writerows(rows)
        else:
            # Marks need no quotes, and looking for what does takes most of the time.
            starts = map(_writer(_Line(), delimiter).writerow, zip(names, *divisions, strict=True))
            for start, marks in zip(starts, _marks(block, len(content.vocabulary)), strict=True):
                text.write(f"{start[:-1]}{delimiter}{delimiter.join(marks)}\n")
    text.flush()
    text.detach()


class _Line:
    """In place of a file: gives back the line that a CSV writer makes."""

    def write(self, line: str) -> str:
        return line


def _writer(text: io.TextIOBase | _Line, delimiter: str) -> Any:
    return csv.writer(text, delimiter=delimiter, lineterminator="\n")


def _header(content: Content, separator: str | None) -> list[str]:
    lists = ["labels", *(["unknown"] if content.has_unknown else [])] if separator is not None else []
    divisions = [name for name, column in (("split", content.splits), ("group", content.groups)) if column is not None]
    labels = [] if separator is not None else list(content.vocabulary)
    return ["path", *lists, *divisions, *labels]


def _joined(block: LabelBlock, vocabulary: Vocabulary, separator: str, *, with_unknown: bool) -> list[list[str]]:
    """Return the cells of the columns of lists."""
    labels = vocabulary.labels
    cells = [
        tuple(_joined_cell([labels[column] for column in columns], separator) for columns in row)
        for row in block.rows()
    ]
    columns = [list(column) for column in zip(*cells, strict=True)]
    return columns if with_unknown else columns[:1]


def _joined_cell(labels: list[str], separator: str) -> str:
    """Return the labels in a cell; what would look like a list in brackets gets an empty label in front."""
    cell = separator.join(labels)
    return f"{separator}{cell}" if "[" in cell and looks_like_list(cell) else cell


def _check_lengths(rows: list[tuple[str, ...]], delimiter: str) -> None:
    # Quotes can double a row.
    long = (row for row in rows if sum(map(len, row)) > MAX_LINE // 4)
    longest = max((len(_writer(_Line(), delimiter).writerow(row)) for row in long), default=0)
    if longest > MAX_LINE:
        raise DataError(
            f"a picture's row takes {longest:,} characters, more than are read in one ({MAX_LINE:,}); "
            "write JSON Lines or Parquet"
        )


def _check_divisions(content: Content) -> None:
    for kind, column in (("split", content.splits), ("group", content.groups)):
        for name in () if column is None else set(column.tolist()):
            if whole_number(name) != name:
                raise DataError(
                    f"the {kind} {name!r} would be read as {whole_number(name)!r}; write JSON Lines or Parquet"
                )


def _marks(block: LabelBlock, label_count: int) -> Iterator[Iterable[str]]:
    absent = ["0"] * label_count
    for present, unknown in block.rows():
        cells = absent.copy()
        for column in present:
            cells[column] = "1"
        for column in unknown:
            cells[column] = ""
        yield cells
