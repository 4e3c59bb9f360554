"""Reading single arrays of .npz files that may come from any program, or from a stranger.

Nothing is unpickled, and an array is only read after its header has been compared with what the archive really holds:
neither a damaged header nor a small archive that unpacks to much can make memory run out.
"""

from __future__ import annotations

import contextlib
import math
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from corelate.errors import CorelateError

LARGEST_ARRAY = 2**32
"""Bytes of one array that are read at most: 4 GiB."""
NUMBERS = "fbiu"
TEXT = "U"

# What zipfile and NumPy raise for files that are damaged, encrypted or compressed in an unknown way.
_DAMAGE = (
    EOFError,
    ValueError,
    SyntaxError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class ArrayError(CorelateError):
    """An array is missing, damaged, or not what it should be; for readers to report with what they wanted."""


class UnreadableFileError(ArrayError):
    """The file can't be opened."""


class NotAnArchiveError(ArrayError):
    """The file is damaged, or no .npz file."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says about itself.

    Attributes:
        shape: Its shape.
        dtype: Its type.
        bytes: Size of its data.
        held: Size of the data that the archive really holds.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    bytes: int
    held: int


@dataclass(frozen=True)
class NpzArrays:
    """The arrays of an open archive."""

    archive: zipfile.ZipFile

    @property
    def names(self) -> list[str]:
        """The names of all members, those of arrays without their suffix."""
        return [name.removesuffix(".npy") for name in self.archive.namelist()]

    def __contains__(self, name: str) -> bool:
        return f"{name}.npy" in self.archive.namelist()

    def header(self, name: str) -> ArrayHeader:
        """Return what an array says about itself; nothing else of it is read.

        Raises:
            ArrayError: It is not there, or damaged.
        """
        member = self._member(name)
        with self._reading(name), self.archive.open(member) as file:
            return _read_header(file, name, member.file_size)

    def read(
        self, name: str, kinds: str, shape: tuple[int, ...] | None = None, largest: int | None = None
    ) -> np.ndarray:
        """Return an array.

        Args:
            name: Its name.
            kinds: The kinds of NumPy types that it may have, e.g. `NUMBERS` or `TEXT`.
            shape: The shape that it must have; None for any.
            largest: Bytes that are read at most; None for `LARGEST_ARRAY`.

        Raises:
            ArrayError: It is not there, damaged, or something else.
        """
        header = self.header(name)
        if header.dtype.hasobject or header.dtype.kind not in kinds:
            expected = "text" if kinds == TEXT else "numbers"
            raise ArrayError(f"the array {name!r} is of type {one_line(header.dtype)}; expected {expected}")
        if shape is not None and header.shape != shape:
            raise ArrayError(f"the array {name!r} has shape {header.shape}, expected {shape}")
        if min(header.shape, default=0) < 0 or header.bytes != header.held:
            raise ArrayError(
                f"the array {name!r} is damaged: its header says {header.shape} but the data has another size"
            )
        limit = LARGEST_ARRAY if largest is None else largest
        if header.bytes > limit:
            raise ArrayError(f"the array {name!r} takes {_size(header.bytes)}; at most {_size(limit)} are read")
        with self._reading(name), self.archive.open(self._member(name)) as file:
            array = np.asarray(npy.read_array(file, allow_pickle=False))
        if kinds == TEXT and not _is_text(array):
            raise ArrayError(f"the array {name!r} is damaged: it holds characters that there are not")
        return array

    def text(self, name: str, default: str = "", largest: int | None = None) -> str:
        """Return a single text, or the default where it is not there."""
        return str(self.read(name, TEXT, (), largest)) if name in self else default

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self:
            held = ", ".join(ascii(entry)[:60] for entry in self.names[:10]) or "nothing"
            raise ArrayError(f"there is no array {name!r}; the file holds {held}")
        return self.archive.getinfo(f"{name}.npy")

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except RuntimeError:
            raise ArrayError(f"the array {name!r} is encrypted; write the file without a password") from None
        except (OSError, *_DAMAGE) as error:
            raise ArrayError(f"the array {name!r} is damaged: {one_line(error)}") from None


@contextlib.contextmanager
def open_npz(path: Path) -> Iterator[NpzArrays]:
    """Open an .npz file.

    Raises:
        UnreadableFileError: It can't be opened.
        NotAnArchiveError: It is none.
    """
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise UnreadableFileError(f"can't be read: {error.strerror or error}") from None
    except _DAMAGE as error:
        raise NotAnArchiveError(f"is not an .npz file, or is damaged ({one_line(error)})") from None
    with archive:
        yield NpzArrays(archive)


def one_line(value: object) -> str:
    """Return a value as one short line, for messages about what a file holds."""
    text = " ".join(str(value).split()) or type(value).__name__
    return text if len(text) <= 100 else f"{text[:97]}..."


def _read_header(file: IO[bytes], name: str, size: int) -> ArrayHeader:
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ArrayError(f"the array {name!r} has the format version {version}; expected 1.0 or 2.0")
    shape, _, dtype = _HEADERS[version](file)
    return ArrayHeader(shape, dtype, math.prod(shape) * dtype.itemsize, size - file.tell())


def _is_text(array: np.ndarray) -> bool:
    """Tell whether all code points exist; Python fails later, and in its own way, on those that do not."""
    if not array.dtype.itemsize or not array.size:
        return True
    codes = np.ascontiguousarray(array).reshape(-1).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    return bool(codes.max() <= sys.maxunicode)


def _size(number: int) -> str:
    return f"{number / 2**30:.3g} GiB" if number >= 2**30 else f"{number / 2**20:.3g} MiB"
