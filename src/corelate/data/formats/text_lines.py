"""Text files of any size, line by line: bounded lines, compressed files, errors of the encoding that name the line."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from corelate.data.formats.text import MAX_LABEL_FILE_BYTES
from corelate.errors import DataError, OptionError

# Characters; a row with a million labels of a dozen letters is not longer.
MAX_LINE = 1 << 24

ADVICE = "save the file as UTF-8, or pass the encoding that it has, e.g. encoding=latin-1"

_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PAR1": "this is a Parquet file; name it .parquet or pass kind=parquet",
    b"PK\x03\x04": "this is a spreadsheet or a zip archive; save it as CSV, or unpack it",
}
_ORDER_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHUNK = 1 << 20


def read_lines(path: Path, encoding: str = "utf-8", *, limit: int | None = None) -> Iterator[str | None]:
    """Give the lines of a text file with their ends; a line ends in LF, CR LF or CR.

    A file that gzip has compressed is unpacked on the way. A byte order mark is not part of the text.

    Args:
        path: The file.
        encoding: Any text encoding that Python knows.
        limit: The most characters that a line may have; default: `MAX_LINE`.

    Yields:
        Each line, or None in place of one that is longer.

    Raises:
        OptionError: There is no such encoding.
        DataError: The file can't be read, is no text, or is not in that encoding; the message names the line.
    """
    _check_encoding(encoding)
    limit = MAX_LINE if limit is None else limit
    try:
        with _open(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
            first = True
            while line := text.readline(limit):
                if first:
                    line, first = line.removeprefix("\ufeff"), False
                if len(line) < limit or line.endswith(("\n", "\r")):
                    yield line
                else:
                    _skip_line(text, limit)
                    yield None
    except UnicodeError:
        try:
            reason = _describe_bad_byte(path, encoding)
        except UnicodeError:  # some encodings can't leave out what they can't read
            reason = f"{path}: not {encoding} text; {ADVICE}"
        raise DataError(reason) from None
    except EOFError:
        raise DataError(f"{path}: the compressed file is cut short") from None
    except (OSError, zlib.error) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _check_encoding(encoding: str) -> None:
    try:
        b"a".decode(encoding)  # of no bytes Python does not look for the encoding
    except UnicodeError:
        return  # an encoding, though not of this byte
    except (LookupError, ValueError):
        raise OptionError(f"unknown text encoding {encoding!r}; usual ones are utf-8, utf-16 and latin-1") from None


def _open(path: Path) -> IO[bytes]:
    """Open a file, unpacked, and not at all if it is of a kind that holds no text."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: expected a file")
    file: Any = io.BufferedReader(io.FileIO(path), _CHUNK)
    start = file.peek(4)
    if start.startswith(_GZIP):
        return io.BufferedReader(_Bounded(file, path), _CHUNK)
    for magic, advice in _OTHERS.items():
        if start.startswith(magic):
            file.close()
            raise DataError(f"{path}: not a text file; {advice}")
    opened: IO[bytes] = file
    return opened


class _Bounded(io.RawIOBase):
    """What a compressed file unpacks to, up to the size that label files may have."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._packed = file
        self._file = gzip.GzipFile(fileobj=file)
        self._path = path
        self._left = MAX_LABEL_FILE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise DataError(f"{self._path}: unpacks to over {MAX_LABEL_FILE_BYTES >> 20} MiB; unpack it yourself")
        return count

    def close(self) -> None:
        self._file.close()
        self._packed.close()
        super().close()


def _skip_line(text: io.TextIOWrapper, limit: int) -> None:
    while (rest := text.readline(limit)) and not rest.endswith(("\n", "\r")):
        pass


def _describe_bad_byte(path: Path, encoding: str) -> str:
    """Return where the first byte lies that is not in the encoding, which the text layer does not say."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, before = 1, ""
    with _open(path) as file:
        start = file.read(4)
        chunk = start
        while True:
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                data, position = getattr(error, "object", b""), getattr(error, "start", 0)
                lines += _count_lines(data[:position].decode(encoding, "ignore"), before)
                byte = f"byte 0x{data[position]:02x}" if position < len(data) else "the end of the file"
                break
            lines += _count_lines(text, before)
            before = text[-1:]
            if not chunk:
                return f"{path}: not {encoding} text; {ADVICE}"
            chunk = file.read(_CHUNK)
    marks = (name for mark, name in _ORDER_MARKS.items() if start.startswith(mark))
    other = next((name for name in marks if name != encoding), None)
    advice = f"it begins like {other} text: pass encoding={other}, or save it as UTF-8" if other else ADVICE
    return f"{path}, line {lines}: {byte} is not {encoding} text; {advice}"


def _count_lines(text: str, before: str) -> int:
    """Return how many lines end in a piece of text, where the character before it may be half of an end."""
    cut = before == "\r" and text.startswith("\n")
    return text.count("\n") + text.count("\r") - text.count("\r\n") - cut
