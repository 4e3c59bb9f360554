"""Reading CSV and TSV files, with the line number of every row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from corelate.data.formats.text import decode_text, read_label_file
from corelate.errors import DataError, OptionError

# Characters that are hard to type in a spec can be given by name.
NAMED_CHARACTERS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
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


def read_table(path: Path, delimiter: str = "", encoding: str = "utf-8") -> Table:
    """Read a table whose first row is the header.

    Args:
        path: The file.
        delimiter: One character or its name; empty: the one of ``, ; tab`` that is most frequent in the first line.
        encoding: The file's text encoding.

    Raises:
        OptionError: The delimiter is not one character, or there is no such encoding.
        DataError: The file can't be read or decoded, is empty, has broken quotes, or repeats a column name.
    """
    advice = "save the file as UTF-8, or pass the encoding that it has, e.g. encoding=latin-1"
    text = decode_text(read_label_file(path), str(path), encoding, advice)
    delimiter = character(delimiter, "delimiter") if delimiter else _guess_delimiter(text)
    rows, lines = _parse(text, delimiter, path)
    if not rows:
        raise DataError(f"{path}: empty; expected a first line with the names of the columns")
    header = [name.strip() for name in rows[0]]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise DataError(f"{path}, line {lines[0]}: more than one column is named {repeated[0]!r}")
    return Table(header, rows[1:], lines[1:])


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


def _guess_delimiter(text: str) -> str:
    first_line = text.lstrip("\r\n").partition("\n")[0]
    return max(_GUESSED_DELIMITERS, key=first_line.count)


def _parse(text: str, delimiter: str, path: Path) -> tuple[list[list[str]], list[int]]:
    # With `strict` a quote that is never closed is an error, instead of swallowing the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {line}: not a proper table ({error})") from None
    return rows, lines
