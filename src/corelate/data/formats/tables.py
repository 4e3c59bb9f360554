"""Reading CSV and TSV files, with the line number of every row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from corelate.data.formats.text_lines import MAX_LINE, read_lines
from corelate.errors import DataError, OptionError

# Characters that are hard to type in a spec can be given by name.
NAMED_CHARACTERS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
# Python's own limit is for files whose rows have none; it is one for the process.
csv.field_size_limit(MAX_LINE)

_GUESSED_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        header: The names of the columns, without white space around them.
        rows: The cells of each row that is not blank; a row may have more or fewer cells than the header.
        lines: The line of the file on which each row begins, counted from 1.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


@dataclass(frozen=True)
class TableStream:
    """A table of text whose rows are read when they are asked for, once.

    Attributes:
        header: The names of the columns, without white space around them.
        rows: For each row that is not blank the line on which it begins, counted from 1, and its cells; a row may have
            more or fewer than the header.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def read_table(path: Path, delimiter: str = "", encoding: str = "utf-8") -> Table:
    """Read a table whose first row is the header; see `stream_table`."""
    stream = stream_table(path, delimiter, encoding)
    lines, rows = [], []
    for line, cells in stream.rows:
        lines.append(line)
        rows.append(cells)
    return Table(stream.header, rows, lines)


def stream_table(path: Path, delimiter: str = "", encoding: str = "utf-8") -> TableStream:
    """Open a table whose first row is the header.

    Args:
        path: The file; it may be compressed by gzip.
        delimiter: One character or its name; empty: the one of ``, ; tab`` that is most frequent in the first line, and
            in files named ``.tsv`` the tab, if there is one.
        encoding: The file's text encoding.

    Raises:
        OptionError: The delimiter is not one character, or there is no such encoding.
        DataError: The file can't be read or decoded, is empty, has broken quotes, or repeats a column name. What is
            wrong with a row is raised when the rows get there.
    """
    rows = _parse(path, delimiter and character(delimiter, "delimiter"), encoding)
    line, names = next(rows, (0, []))
    if not line:
        raise DataError(f"{path}: empty; expected a first line with the names of the columns")
    header = [name.strip() for name in names]
    repeated = first_repeated(name for name in header if name)
    if repeated is not None:
        raise DataError(f"{path}, line {line}: more than one column is named {repeated!r}")
    return TableStream(header, rows)


def character(text: str, purpose: str) -> str:
    """Return the character that an option gives itself or by its name.

    Raises:
        OptionError: It is neither.
    """
    found = NAMED_CHARACTERS.get(text, text)
    if len(found) != 1 or found in '"\r\n\0':
        names = ", ".join(NAMED_CHARACTERS)
        raise OptionError(f"{purpose} {text!r}: give one character other than a quote or line end, or one of {names}")
    return found


def first_repeated(names: Iterable[str]) -> str | None:
    """Return the first name that is there twice, or None."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _parse(path: Path, delimiter: str, encoding: str) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(path, encoding)
    line = lines.count + 1
    try:
        first = next((text for text in lines if text.strip("\r\n")), "")
        line = lines.count
        delimiter = delimiter or guess_delimiter(first, path)
        # With `strict` a quote that is never closed is an error, instead of swallowing the rest of the file.
        for row in csv.reader(chain([first], lines), delimiter=delimiter, strict=True):
            if any(map(str.strip, row)):
                yield line, row
            line = lines.count + 1
            lines.row_size = 0
    except csv.Error as error:
        joined = lines.count > line or "end of data" in str(error)
        advice = "; is a quote not closed?" if joined else ""
        raise DataError(f"{path}, line {line}: not a proper table ({error}{advice})") from None


class _Lines(Iterator[str]):
    """The lines of a file, counted; quotes may join many lines into one row, so that the sum is bounded as well."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.count = 0
        self.row_size = 0
        self._lines = read_lines(path, encoding)

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self.row_size += len(line or "")
        if line is None or self.row_size > MAX_LINE:
            raise csv.Error(f"a row of more than {MAX_LINE:,} characters")
        return line


def guess_delimiter(first_line: str, path: Path) -> str:
    """Return what stands between the cells of a table, judged by its first line."""
    if ".tsv" in (suffix.lower() for suffix in path.suffixes[-2:]) and "\t" in first_line:
        return "\t"
    return max(_GUESSED_DELIMITERS, key=first_line.count)
