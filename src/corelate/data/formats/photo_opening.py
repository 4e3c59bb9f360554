"""Opening pictures, and files beside them, to read parts of them: in folders, zip and tar archives."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from corelate.data.references import MAX_FILE_BYTES, ArchiveReference, FileReference, ImageReference, TarReference

# What zipfile raises for members that are damaged, encrypted or packed in an unknown way, beside what files raise.
OPENING_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


class PartialReader:
    """Opens files behind references; an archive is opened once for all of its members. A context manager."""

    def __init__(self) -> None:
        self._zip_files: dict[Path, zipfile.ZipFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> PartialReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def open(self, reference: ImageReference) -> Iterator[IO[bytes]]:
        """Open what a reference names, for reading and seeking.

        Raises:
            OSError: It can't be opened; for archives any of `OPENING_ERRORS`.
        """
        if isinstance(reference, FileReference):
            # Without a buffer: what is read is kept by the reader, and pieces far apart are not read in between.
            with reference.path.open("rb", buffering=0) as plain:
                yield cast("IO[bytes]", plain)
        elif isinstance(reference, TarReference):
            with reference.archive.open("rb") as archive:
                yield cast("IO[bytes]", _Section(archive, reference.offset, reference.size))
        elif isinstance(reference, ArchiveReference):
            zip_file = self._zip_file(reference.archive)
            if zip_file.getinfo(reference.member).file_size > MAX_FILE_BYTES:
                raise OSError(f"it unpacks to over {MAX_FILE_BYTES >> 20} MiB")
            with zip_file.open(reference.member) as member:
                yield member
        else:
            yield io.BytesIO(reference.read())

    def _zip_file(self, path: Path) -> zipfile.ZipFile:
        if path not in self._zip_files:
            self._zip_files[path] = self._stack.enter_context(zipfile.ZipFile(path))
        return self._zip_files[path]


class _Section:
    """A part of a file that reads as a file of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._position = 0

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, size: int) -> bytes:
        self._file.seek(self._start + self._position)
        content = self._file.read(max(min(size, self._size - self._position), 0))
        self._position += len(content)
        return content
