"""Reading a JSON file that is too large to hold in memory: one element of its lists at a time.

A label file of 118,000 pictures with the outlines of all objects takes several gigabytes once it is parsed; the labels
in it take a few dozen megabytes.
"""

from __future__ import annotations

import codecs
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

from corelate.data.formats.text import json_type, refuse_constant
from corelate.errors import DataError

CHUNK = 1 << 20  # characters
MAX_VALUE = 1 << 26  # characters; the largest outline of an object takes far less than a hundredth of it

_SPACE = re.compile(r"[ \t\n\r]*")
# What may still be missing of a number at the end of a chunk, when it seems complete: "1" of "1.5" or of "1e+5".
_LOOK_AHEAD = 3
# How far before the end of a chunk an error may lie that is only due to the end: "\u12" of "\u1234".
_CUT_OFF = 16
_READ_ERRORS = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


class Element(NamedTuple):
    """One value of the file: an element of a list at the top level, or a member of the top level that is no list.

    Attributes:
        key: The member of the top level.
        position: Which element of its list, counted from 1; 0 for a value that is no list.
        value: The parsed value.
    """

    key: str
    position: int
    value: Any


class JsonStream:
    """The values of a JSON object, in the order of the file.

    Args:
        file: The bytes; UTF-8, with or without a byte order mark.
        where: The file, for messages.
        kind_of_list: What a file that is a list seems to be, as its first element shows, for the message; or nothing.

    Attributes:
        kinds: What JSON calls the value of each key that has been reached, e.g. ``"a list"``.
    """

    def __init__(self, file: IO[bytes], where: str, kind_of_list: Callable[[Any], str] = lambda _: "") -> None:
        self.kinds: dict[str, str] = {}
        self._file = file
        self._where = where
        self._kind_of_list = kind_of_list
        self._scan = json.JSONDecoder(parse_constant=refuse_constant).scan_once  # type: ignore[attr-defined]
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._buffer, self._position, self._ended = "", 0, False
        self._lines, self._columns = 0, 0  # line ends before the buffer, and characters after the last of them

    def __iter__(self) -> Iterator[Element]:
        """Yield the values.

        Raises:
            DataError: The file can't be read, is not UTF-8, not JSON (``NaN`` isn't), nested too deeply, gives a key
                twice, holds a value of more than `MAX_VALUE` characters, or is no object.
        """
        if self._peek() != "{":
            raise DataError(f"{self._where}: expected a JSON object, found {self._other_kind()}")
        self._position += 1
        if self._peek() == "}":
            self._position += 1
        else:
            more = True
            while more:
                yield from self._member()
                more = self._symbol(",}") == ","
        if self._peek():
            raise self._broken("Extra data", self._position)

    def _other_kind(self) -> str:
        """Return what JSON calls the value that the file is; of a list only the first element is read."""
        if self._peek() != "[":
            return json_type(self._value())
        self._position += 1
        kind = "" if self._peek() in ("]", "") else self._kind_of_list(self._value())
        return json_type([]) + (f" ({kind})" if kind else "")

    def _member(self) -> Iterator[Element]:
        if self._peek() != '"':
            raise self._broken("Expecting property name enclosed in double quotes", self._position)
        key = self._value()
        if key in self.kinds:
            raise DataError(f"{self._where}: gives the key {key!r} twice")
        self._symbol(":")
        if self._peek() != "[":
            value = self._value()
            self.kinds[key] = json_type(value)
            yield Element(key, 0, value)
            return
        self.kinds[key] = json_type([])
        self._position += 1
        if self._peek() == "]":
            self._position += 1
            return
        position, more = 0, True
        while more:
            position += 1
            yield Element(key, position, self._value())
            more = self._symbol(",]") == ","

    def _value(self) -> Any:
        """Return the value at the position, and go behind it."""
        self._peek()
        while True:
            try:
                value, end = self._scan(self._buffer, self._position)
            except StopIteration as stop:
                message, position = "Expecting value", stop.value
            except json.JSONDecodeError as error:
                message, position = error.msg, error.pos
            except ValueError as error:  # from refuse_constant, or a number of thousands of digits
                raise DataError(f"{self._where}: not JSON ({error})") from None
            except RecursionError:
                raise DataError(f"{self._where}: nested too deeply to be a label file") from None
            else:
                if end + _LOOK_AHEAD <= len(self._buffer) or self._ended:
                    self._position = end
                    return value
                message, position = "", end
            cut_off = message.startswith("Unterminated") or position > len(self._buffer) - _CUT_OFF
            if self._ended or not cut_off:
                raise self._broken(message, position)
            self._fetch()

    def _symbol(self, allowed: str) -> str:
        """Go behind one of the allowed characters, and return it."""
        found = self._peek()
        if not found or found not in allowed:
            raise self._broken(f"Expecting {allowed[0]!r} delimiter", self._position)
        self._position += 1
        return found

    def _peek(self) -> str:
        """Go to the next character that is no white space and return it; return nothing at the end of the file."""
        while True:
            if self._buffer[self._position : self._position + 1] > " ":  # the usual case, in less time
                return self._buffer[self._position]
            self._position = _SPACE.match(self._buffer, self._position).end()  # type: ignore[union-attr]
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if self._ended:
                return ""
            self._fetch()

    def _fetch(self) -> None:
        """Drop what has been passed and read on: a chunk, or as much again as one value has taken so far."""
        passed, kept = self._buffer[: self._position], self._buffer[self._position :]
        if len(kept) > MAX_VALUE:
            line = self._lines + passed.count("\n") + 1
            raise DataError(f"{self._where}, line {line}: a single value of over {MAX_VALUE >> 20} MiB, not read")
        try:
            data = self._file.read(max(CHUNK, len(kept)))
            self._buffer = kept + self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self._lines + self._buffer.count("\n") + error.object.count(b"\n", 0, error.start) + 1
            byte = f"byte 0x{error.object[error.start]:02x}"
            raise DataError(f"{self._where}, line {line}: {byte} is not utf-8 text; save it as UTF-8") from None
        except _READ_ERRORS as error:
            raise DataError(f"{self._where}: {error}") from error
        self._lines += passed.count("\n")
        self._columns = len(passed) - passed.rfind("\n") - 1 if "\n" in passed else self._columns + len(passed)
        self._position, self._ended = 0, not data

    def _broken(self, message: str, position: int) -> DataError:
        before = self._buffer[:position]
        line = self._lines + before.count("\n") + 1
        column = position - before.rfind("\n") if "\n" in before else self._columns + position + 1
        return DataError(f"{self._where}, line {line}, column {column}: not JSON ({message})")
