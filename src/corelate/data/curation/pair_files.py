"""Files of pairs of labels: a table of two columns, or JSON. All that is wrong with one is told at once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, NamedTuple

from corelate.data.formats.text import decode_text, json_type, parse_json_value, read_label_file
from corelate.data.problems import Problems
from corelate.data.vocabulary import is_label
from corelate.errors import DataError

# A million pairs of long names.
MAX_BYTES = 256 << 20
_DELIMITERS = (",", ";", "\t")


class Pair(NamedTuple):
    """Two names of a file, and the line on which they stand, from 1; 0 in JSON. The second may be empty."""

    first: str
    second: str
    line: int = 0

    @property
    def where(self) -> str:
        """The line in words; nothing in JSON."""
        return f"line {self.line}" if self.line else ""


class JsonObject(list[tuple[str, Any]]):
    """An object of a JSON file as its pairs, with keys that are there twice."""


def read_pair_table(path: Path, header: tuple[str, str], problems: Problems) -> list[Pair]:
    """Read a table of two columns.

    Args:
        path: The file; ``.tsv`` is divided by tabs, others by the one of ``, ; tab`` that is most frequent in the
            first line.
        header: Names of the columns. A first line of just these is passed over, in any case of letters.
        problems: Receives what is wrong with single lines.

    Raises:
        DataError: The file can't be read or decoded, is empty, or has broken quotes.
    """
    text = decode_text(read_label_file(path, MAX_BYTES), str(path))
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    pairs: list[Pair] = []
    line, is_first = 1, True
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                if is_first and _is_header(cells, (header[1], header[0])):
                    found, expected = ",".join(reversed(header)), ",".join(header)
                    raise DataError(f"{path}, line {line}: the columns are {found}; expected {expected}")
                if not (is_first and _is_header(cells, header)):
                    _take(cells, line, header, pairs, problems)
                is_first = False
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {line}: not a proper table ({error})") from None
    if is_first:
        raise DataError(f"{path}: empty; expected two columns, {header[0]} and {header[1]}")
    return pairs


def read_json_object(path: Path) -> JsonObject:
    """Return the object that a JSON file holds.

    Raises:
        DataError: The file can't be read, is not JSON, or holds something else.
    """
    content = parse_json_value(read_label_file(path, MAX_BYTES), str(path), JsonObject)
    if not isinstance(content, JsonObject):
        raise DataError(f"{path}: expected a JSON object, found {kind_of(content)}")
    return content


def kind_of(value: object) -> str:
    """Return what JSON calls a value, for messages."""
    return "an object" if isinstance(value, JsonObject) else json_type(value)


def check_name(name: str, where: str, problems: Problems) -> bool:
    """Tell whether a name can be a label; note it where it can't."""
    if is_label(name):
        return True
    problems.add("can't be the name of a label", ascii(name[:60]), where)
    return False


def refuse_problems(problems: Problems) -> None:
    """Make what is wrong with a file of labels fatal: half of it would change other labels than its writer meant.

    Raises:
        DataError: There is a problem.
    """
    if problems:
        raise DataError(f"{problems.source} can't be used as it is; correct it:\n{problems.report()}")


def _is_header(cells: list[str], header: tuple[str, str]) -> bool:
    return tuple(cell.lower() for cell in cells[:2]) == header and not any(cells[2:])


def _take(cells: list[str], line: int, header: tuple[str, str], pairs: list[Pair], problems: Problems) -> None:
    where = f"line {line}"
    if len(cells) < 2 or any(cells[2:]):
        shown = ascii(",".join(cells)[:60])
        problems.add(
            f"not two cells ({header[0]} and {header[1]}; put a name that holds the divider in quotes)", shown, where
        )
    elif check_name(cells[0], where, problems) and (not cells[1] or check_name(cells[1], where, problems)):
        pairs.append(Pair(cells[0], cells[1], line))
