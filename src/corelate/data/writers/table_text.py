"""CSV and TSV tables, row after row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from corelate.data.formats.tables import NAMED_CHARACTERS, character
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
        DataError: The labels of a picture are too long for a cell.
    """
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
            _check_lengths(lists)
            writer.writerows(zip(names, *lists, *divisions, strict=True))
        else:
            # Marks need no quotes, and looking for what does takes most of the time.
            rows = map(_writer(_Line(), delimiter).writerow, zip(names, *divisions, strict=True))
            for row, marks in zip(rows, _marks(block, len(content.vocabulary)), strict=True):
                text.write(f"{row[:-1]}{delimiter}{delimiter.join(marks)}\n")
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
        (separator.join([labels[column] for column in present]), separator.join([labels[column] for column in unknown]))
        for present, unknown in block.rows()
    ]
    columns = [list(column) for column in zip(*cells, strict=True)]
    return columns if with_unknown else columns[:1]


def _check_lengths(lists: list[list[str]]) -> None:
    longest = max(max(map(len, cells)) for cells in lists)
    if longest > csv.field_size_limit():
        raise DataError(
            f"a picture's labels take {longest:,} characters, more than CSV readers take in one cell "
            f"({csv.field_size_limit():,}); write JSON Lines or Parquet"
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
