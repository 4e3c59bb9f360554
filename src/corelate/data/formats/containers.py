"""Where a data set lies: a folder, or a zip or tar archive that is read without unpacking it, or several of them.

Whether a picture is there is answered from one listing of its folder (or of the archive), not by asking the file
system for each picture: sets of 100,000 pictures are usual.
"""

from __future__ import annotations

import copy
import io
import operator
import os
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from corelate.data.folder_walk import is_file
from corelate.data.formats.archive_members import Member, ZipMember, is_archive, list_members
from corelate.data.formats.text import MAX_LABEL_FILE_BYTES, read_label_file
from corelate.data.packed_text import PackedTexts
from corelate.data.references import FileReference, FolderReferences, ImageReference, MissingReference
from corelate.errors import DataError, ImageReadError


class Container(Protocol):
    """A folder, or a folder of an archive. Locations in it are relative and written with forward slashes."""

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of a label file; one of more than `limit` bytes is refused."""

    def open(self, location: str) -> IO[bytes]:
        """Open a label file that is read piece by piece, whatever its size."""

    def describe(self, location: str) -> str:
        """Return a location in a form for messages."""

    def inside(self, folder: str) -> Container:
        """Return the container of a folder in this one."""

    def exists(self) -> bool:
        """Tell whether there is anything here."""

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture, named by its location."""

    def references(self, locations: Sequence[str]) -> Sequence[ImageReference]:
        """Return the references of many pictures, in a form that is small where there is one."""


class Folder:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[str, dict[str, str]] = {}

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""
        return self._actual(location) is not None

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of a label file; one of more than `limit` bytes is refused."""
        return read_label_file(self.root / (self._actual(location) or location), limit)

    def open(self, location: str) -> IO[bytes]:
        """Open a label file that is read piece by piece, whatever its size."""
        path = self.root / (self._actual(location) or location)
        try:
            if path.exists() and not path.is_file():
                raise DataError(f"{path}: expected a file")
            return path.open("rb")
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}") from error

    def describe(self, location: str) -> str:
        """Return the path of a location."""
        return str(self.root / location)

    def inside(self, folder: str) -> Container:
        """Return the container of a folder, or of an archive, in this one; an absolute path stands for itself."""
        path = self.root / Path(folder).expanduser()
        return Archive(path) if is_archive(path) else Folder(path)

    def exists(self) -> bool:
        """Tell whether the folder is there."""
        return self.root.is_dir()

    def reference(self, location: str) -> FileReference:
        """Return the reference of a picture, named by its location."""
        return FileReference(self.root / (self._actual(location) or location), location)

    def references(self, locations: Sequence[str]) -> FolderReferences:
        """Return the references of many pictures, which are made when they are asked for."""
        spellings: dict[str, str] = {}
        if self.exists():
            alike: dict[str, bool] = {}
            for location in locations:
                folder = location.rpartition("/")[0]
                if folder not in alike:
                    listing = self._listing(folder)
                    alike[folder] = all(map(operator.eq, listing, listing.values()))
                if alike[folder] and location.isascii():
                    continue
                actual = self._actual(location)
                if actual is not None and actual != location:
                    spellings[location] = actual
        return FolderReferences(self.root, PackedTexts(locations), spellings)

    def _listing(self, folder: str) -> dict[str, str]:
        """Return the files of a folder in this one, by their composed names; what lies outside has none."""
        listing = self._listings.get(folder)
        if listing is None:
            listing = {} if ".." in folder.split("/") else _list_files(self.root / folder)
            self._listings[folder] = listing
        return listing

    def _actual(self, location: str) -> str | None:
        """Return the location as the file system spells it, or None when it is not there."""
        folder, _, name = location.rpartition("/")
        actual = self._listing(folder).get(composed(name))
        return actual and (f"{folder}/{actual}" if folder else actual)


class Archive:
    """A folder of a zip or tar archive, by default its root.

    Raises:
        DataError: The archive can't be opened.
    """

    def __init__(self, path: Path, prefix: str = "") -> None:
        self.path = path
        self.prefix = prefix
        self._members = {composed(location): member for location, member in list_members(path).items()}

    @property
    def locations(self) -> list[str]:
        """All files in the archive, from its root."""
        return list(self._members)

    def folders(self) -> list[str]:
        """Return the folders that lie directly here, without those in which systems keep notes of their own."""
        here = (location[len(self.prefix) :] for location in self._members if location.startswith(self.prefix))
        found = dict.fromkeys(location.partition("/")[0] for location in here if "/" in location)
        return [folder for folder in found if folder and folder != "__MACOSX" and not folder.startswith(".")]

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""
        return self._member(location) is not None

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of a label file; one that unpacks to more than `limit` bytes is refused."""
        limit = MAX_LABEL_FILE_BYTES if limit is None else limit
        member = self._member(location)
        if member is not None and member.size > limit:
            raise DataError(f"{self.describe(location)}: unpacks to over {limit >> 20} MiB, not read")
        try:
            return self.reference(location).read()
        except ImageReadError as error:
            raise DataError(str(error)) from error

    def open(self, location: str) -> IO[bytes]:
        """Open a label file that is read piece by piece, whatever its size."""
        member = self._member(location)
        if not isinstance(member, ZipMember):
            return io.BytesIO(self.read(location))
        try:
            return zipfile.ZipFile(self.path).open(member.path)
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            raise DataError(f"{self.describe(location)}: {error}") from error

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
        return any(location.startswith(self.prefix) for location in self._members)

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture, named by its location."""
        member = self._member(location)
        if member is None:
            return MissingReference(self.describe(location), location)
        return member.reference(self.path, location)

    def references(self, locations: Sequence[str]) -> list[ImageReference]:
        """Return the references of many pictures."""
        return list(map(self.reference, locations))

    def _member(self, location: str) -> Member | None:
        return self._members.get(composed(self.prefix + location))


class Layers:
    """Several containers in one place, as the archives of one download and what was unpacked of them.

    Where several have a file, that of the first counts.

    Args:
        layers: One or more containers.
    """

    def __init__(self, layers: Sequence[Container]) -> None:
        self._layers = layers

    def has(self, location: str) -> bool:
        """Tell whether there is a file at a location."""
        return any(layer.has(location) for layer in self._layers)

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of a label file; one of more than `limit` bytes is refused."""
        return self._owner(location).read(location, limit)

    def open(self, location: str) -> IO[bytes]:
        """Open a label file that is read piece by piece, whatever its size."""
        return self._owner(location).open(location)

    def describe(self, location: str) -> str:
        """Return a location in a form for messages."""
        return self._owner(location).describe(location)

    def inside(self, folder: str) -> Layers:
        """Return the container of a folder in this one."""
        return Layers([layer.inside(folder) for layer in self._layers])

    def exists(self) -> bool:
        """Tell whether there is anything here."""
        return any(layer.exists() for layer in self._layers)

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture, named by its location."""
        return self._owner(location).reference(location)

    def references(self, locations: Sequence[str]) -> Sequence[ImageReference]:
        """Return the references of many pictures."""
        return list(map(self.reference, locations))

    def _owner(self, location: str) -> Container:
        return next((layer for layer in self._layers if layer.has(location)), self._layers[0])


def _list_files(folder: Path) -> dict[str, str]:
    """Return the names of a folder's files, by their composed form."""
    try:
        with os.scandir(folder) as entries:
            return {composed(entry.name): entry.name for entry in entries if is_file(entry)}
    except (OSError, ValueError):
        return {}


def composed(name: str) -> str:
    """Return a name with accents in one character each: file systems and label files differ in this."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
