"""Where the bytes of a picture come from: a file, or a member of a zip or tar archive.

A reference is small and can be sent to another process; nothing is read before `read`.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, overload, runtime_checkable

import numpy as np

from corelate.data.packed_text import PackedTexts
from corelate.errors import ImageReadError

# Larger than any photograph; an entry that unpacks to more is refused before it is unpacked.
MAX_FILE_BYTES = 1 << 30

# What zipfile raises for members that are missing, damaged, encrypted or packed in an unknown way.
_ARCHIVE_ERRORS = (
    OSError,
    KeyError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


@runtime_checkable
class ImageReference(Protocol):
    """A picture that can be read when it is needed."""

    @property
    def name(self) -> str:
        """What the picture is called in messages and results; unique within a set."""

    def read(self) -> bytes:
        """Return the encoded picture.

        Raises:
            ImageReadError: The bytes can't be had; the message holds the name.
        """


@dataclass(frozen=True, slots=True)
class FileReference:
    """A picture in a file of its own."""

    path: Path
    name: str

    def read(self) -> bytes:
        """Return the file's bytes."""
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ImageReadError(f"{self.path}: not a regular file, not read")  # a pipe would never end
            if status.st_size > MAX_FILE_BYTES:
                raise ImageReadError(f"{self.path}: larger than {MAX_FILE_BYTES >> 20} MiB, not read")
            return self.path.read_bytes()
        except OSError as error:
            raise ImageReadError(f"{self.path}: {error.strerror or error}") from error
        except ValueError as error:  # a name that no file system takes
            raise ImageReadError(f"{str(self.path)!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class ArchiveReference:
    """A picture inside a zip archive."""

    archive: Path
    member: str
    name: str

    def read(self) -> bytes:
        """Return the bytes of the unpacked member."""
        try:
            archive = _open_archive(self.archive)
            if archive.getinfo(self.member).file_size > MAX_FILE_BYTES:
                raise ImageReadError(f"{self.archive}!{self.member}: unpacks to over {MAX_FILE_BYTES >> 20} MiB")
            return archive.read(self.member)
        except _ARCHIVE_ERRORS as error:
            raise ImageReadError(f"{self.archive}!{self.member}: {error}") from error


@dataclass(frozen=True, slots=True)
class TarReference:
    """A picture inside a tar archive that is not compressed; `offset` and `size` (bytes) say where its bytes lie."""

    archive: Path
    member: str
    name: str
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the bytes of the member."""
        where = f"{self.archive}!{self.member}"
        if self.size > MAX_FILE_BYTES:
            raise ImageReadError(f"{where}: larger than {MAX_FILE_BYTES >> 20} MiB, not read")
        try:
            with self.archive.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except OSError as error:
            raise ImageReadError(f"{where}: {error.strerror or error}") from error
        if len(content) < self.size:
            raise ImageReadError(f"{where}: the archive ends before the member does")
        return content


@dataclass(frozen=True, slots=True)
class MissingReference:
    """A picture that is named somewhere but not there; `where` says where it should be."""

    where: str
    name: str

    def read(self) -> bytes:
        """Say that it is not there."""
        raise ImageReadError(f"{self.where}: no such file")


@dataclass(frozen=True, slots=True)
class FolderReferences(Sequence[FileReference]):
    """The pictures of one folder, whose references are made when they are asked for.

    Attributes:
        root: The folder.
        names: The location of each picture below it, with forward slashes.
        spellings: How the file system spells those locations that it spells in another way.
    """

    root: Path
    names: PackedTexts
    spellings: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, position: int) -> FileReference: ...

    @overload
    def __getitem__(self, position: slice) -> FolderReferences: ...

    def __getitem__(self, position: int | slice) -> FileReference | FolderReferences:
        if isinstance(position, slice):
            return FolderReferences(self.root, self.names[position], self.spellings)
        name = self.names[position]
        return FileReference(self.root / self.spellings.get(name, name), name)

    def select(self, rows: np.ndarray | Sequence[int]) -> FolderReferences:
        """Return the chosen pictures, in the order given."""
        return FolderReferences(self.root, self.names.select(rows), self.spellings)


_archives = threading.local()


def _open_archive(path: Path) -> zipfile.ZipFile:
    """Return this thread's own open handle: handles shared across fork or threads would mix their positions."""
    if getattr(_archives, "process", None) != os.getpid():
        _archives.process, _archives.handles = os.getpid(), {}
    handles: dict[Path, zipfile.ZipFile] = _archives.handles
    if path not in handles:
        handles[path] = zipfile.ZipFile(path)
    return handles[path]
