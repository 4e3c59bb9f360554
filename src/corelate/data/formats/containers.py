"""Where a data set lies: a folder, or a zip archive that is read without unpacking it.

Whether a picture is there is answered from one listing of its folder (or of the archive), not by asking the file
system for each picture: sets of 100,000 pictures are usual.
"""

from __future__ import annotations

import copy
import os
import unicodedata
import zipfile
from pathlib import Path
from typing import Protocol

from corelate.data.formats.text import MAX_LABEL_FILE_BYTES, read_label_file
from corelate.data.references import ArchiveReference, FileReference, ImageReference
from corelate.errors import DataError, ImageReadError


class Container(Protocol):
    """A folder, or a folder of an archive. Locations in it are relative and written with forward slashes."""

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""

    def read(self, location: str) -> bytes:
        """Return the bytes of a label file."""

    def describe(self, location: str) -> str:
        """Return a location in a form for messages."""

    def inside(self, folder: str) -> Container:
        """Return the container of a folder in this one."""

    def exists(self) -> bool:
        """Tell whether there is anything here."""

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture, named by its location."""


class Folder:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[str, dict[str, str]] = {}

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""
        return self._actual(location) is not None

    def read(self, location: str) -> bytes:
        """Return the bytes of a label file."""
        return read_label_file(self.root / location)

    def describe(self, location: str) -> str:
        """Return the path of a location."""
        return str(self.root / location)

    def inside(self, folder: str) -> Container:
        """Return the container of a folder, or of a zip archive, in this one; an absolute path stands for itself."""
        path = self.root / Path(folder).expanduser()
        return Archive(path) if path.is_file() and zipfile.is_zipfile(path) else Folder(path)

    def exists(self) -> bool:
        """Tell whether the folder is there."""
        return self.root.is_dir()

    def reference(self, location: str) -> FileReference:
        """Return the reference of a picture, named by its location."""
        return FileReference(self.root / (self._actual(location) or location), location)

    def _actual(self, location: str) -> str | None:
        """Return the location as the file system spells it, or None when it is not there."""
        folder, _, name = location.rpartition("/")
        if folder not in self._listings:
            self._listings[folder] = _list_files(self.root / folder)
        actual = self._listings[folder].get(_composed(name))
        return actual and (f"{folder}/{actual}" if folder else actual)


class Archive:
    """A folder of a zip archive, by default its root.

    Raises:
        DataError: The archive can't be opened.
    """

    def __init__(self, path: Path, prefix: str = "") -> None:
        self.path = path
        self.prefix = prefix
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: not a readable zip archive ({error})") from error
        # Archives made on Windows may hold backslashes.
        self._entries = {_composed(entry.filename.replace("\\", "/")): entry for entry in entries}

    @property
    def locations(self) -> list[str]:
        """All files in the archive, from its root."""
        return list(self._entries)

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""
        return _composed(self.prefix + location) in self._entries

    def read(self, location: str) -> bytes:
        """Return the bytes of a label file."""
        entry = self._entries[_composed(self.prefix + location)]
        if entry.file_size > MAX_LABEL_FILE_BYTES:
            raise DataError(f"{self.describe(location)}: unpacks to over {MAX_LABEL_FILE_BYTES >> 20} MiB, not read")
        try:
            return ArchiveReference(self.path, entry.filename, location).read()
        except ImageReadError as error:
            raise DataError(str(error)) from error

    def describe(self, location: str) -> str:
        """Return the path of the archive and of the member in it."""
        return f"{self.path}!{self.prefix}{location}"

    def inside(self, folder: str) -> Archive:
        """Return the container of a folder in this one."""
        parts = [part for part in folder.replace("\\", "/").split("/") if part not in ("", ".")]
        inner = copy.copy(self)
        inner.prefix = self.prefix + "".join(f"{part}/" for part in parts)
        return inner

    def exists(self) -> bool:
        """Tell whether anything lies in this folder of the archive."""
        return any(location.startswith(self.prefix) for location in self._entries)

    def reference(self, location: str) -> ArchiveReference:
        """Return the reference of a picture, named by its location."""
        key = _composed(self.prefix + location)
        member = self._entries[key].filename if key in self._entries else key
        return ArchiveReference(self.path, member, location)


def _list_files(folder: Path) -> dict[str, str]:
    """Return the names of a folder's files, by their composed form."""
    try:
        with os.scandir(folder) as entries:
            return {_composed(entry.name): entry.name for entry in entries if entry.is_file()}
    except (OSError, ValueError):
        return {}


def _composed(name: str) -> str:
    """Return a name with accents in one character each: file systems and label files differ in this."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
