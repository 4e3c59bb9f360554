"""What lies in a zip or tar archive, listed once, so that any member can be read without unpacking the others."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corelate.data.references import ArchiveReference, ImageReference, TarReference
from corelate.errors import DataError

_TAR_ERRORS = (OSError, ValueError, OverflowError, MemoryError, tarfile.TarError, RecursionError)
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "Zstandard"}
_UNPACKERS = {"gzip": "gunzip", "bzip2": "bunzip2", "xz": "unxz", "Zstandard": "unzstd"}


class Member(Protocol):
    """A file in an archive."""

    @property
    def size(self) -> int:
        """Its bytes when unpacked."""

    def reference(self, archive: Path, name: str) -> ImageReference:
        """Return the reference that reads it, under a name of its own."""


@dataclass(frozen=True)
class ZipMember:
    """A file in a zip archive, under the path that the archive gives it."""

    path: str
    size: int

    def reference(self, archive: Path, name: str) -> ArchiveReference:
        """Return the reference that reads it."""
        return ArchiveReference(archive, self.path, name)


@dataclass(frozen=True)
class TarMember:
    """A file in a tar archive, with the position of its bytes."""

    path: str
    size: int
    offset: int

    def reference(self, archive: Path, name: str) -> TarReference:
        """Return the reference that reads it."""
        return TarReference(archive, self.path, name, self.offset, self.size)


def is_archive(path: Path) -> bool:
    """Tell whether a path is a file that `list_members` may be able to read."""
    return path.is_file() and (zipfile.is_zipfile(path) or _is_tar(path))


def list_members(path: Path) -> Mapping[str, Member]:
    """Return the files of an archive by their path in it, with forward slashes.

    Raises:
        DataError: It is compressed as a whole, damaged, or no archive.
    """
    return _tar_members(path) if path.is_file() and _is_tar(path) else _zip_members(path)


def refuse_compressed(path: Path) -> None:
    """Refuse a file that is compressed as a whole: its members can't be reached without unpacking all before them.

    Raises:
        DataError: It is; the message says what to do.
    """
    start = _beginning(path, 6)
    for magic, name in _COMPRESSED.items():
        if start.startswith(magic):
            raise DataError(
                f"{path}: compressed with {name}, so that single pictures can't be read from it; "
                f"uncompress it once ({_UNPACKERS[name]}) and give the tar archive, or unpack it and give the folder"
            )


def _zip_members(path: Path) -> dict[str, ZipMember]:
    try:
        with zipfile.ZipFile(path) as archive:
            # One without a name can't be asked for.
            entries = [entry for entry in archive.infolist() if entry.filename and not entry.is_dir()]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a readable zip archive ({error})") from error
    # Archives made on Windows may hold backslashes.
    return {entry.filename.replace("\\", "/"): ZipMember(entry.filename, entry.file_size) for entry in entries}


def _tar_members(path: Path) -> dict[str, TarMember]:
    members = {}
    try:
        with _TarFile(io.FileIO(path)) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            for entry in archive:
                if entry.size < 0:  # would send the listing backwards, for ever
                    raise DataError(f"{path}: damaged tar archive ({entry.name!r} has a negative size)")
                if entry.isreg() and not entry.issparse():
                    members[posixpath.normpath(entry.name)] = TarMember(entry.name, entry.size, entry.offset_data)
            end = archive.offset
        complete = _ends_at(path, end)
    except _TAR_ERRORS as error:
        raise DataError(f"{path}: not a readable tar archive ({error})") from error
    # tarfile takes a damaged header for the end; what follows would be missing without a word.
    if not complete:
        raise DataError(f"{path}: damaged tar archive (byte {end} is neither a member nor the end); fetch it again")
    return members


class _TarFile(io.BufferedReader):
    """A tar archive that is listed: what is read of it, headers alone, can't be larger than all of it."""

    def __init__(self, file: io.FileIO) -> None:
        super().__init__(file)
        self._length = file.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            tarfile.ReadError: More are asked for than the archive has, since a header claims them.
        """
        # Rounded up to whole blocks, as tarfile asks for them: an archive that is cut off is told by its end.
        if size is not None and size >= self._length + tarfile.BLOCKSIZE:
            raise tarfile.ReadError("a header claims to be larger than the archive")
        return super().read(size)


def _ends_at(path: Path, position: int) -> bool:
    """Tell whether there is the end mark of a tar archive, a block of zeros, at a position."""
    with path.open("rb") as file:
        file.seek(position)
        return file.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


def _is_tar(path: Path) -> bool:
    """Tell whether the first block is a tar header: its checksum decides, since old archives have no other mark."""
    try:
        tarfile.TarInfo.frombuf(_beginning(path, tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def _beginning(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""
