"""Finding pictures by name where label files do not say in which folder, or with which suffix, a picture lies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from corelate.data.formats.collecting import picture_location
from corelate.data.formats.containers import Archive, Container, Folder
from corelate.data.image_formats import PICTURE_SUFFIXES
from corelate.data.references import ImageReference, MissingReference

AMBIGUOUS_PICTURE = "several files have the name of the picture: picture left out"

# The likeliest first; cameras and old archives write them in capitals too.
_LIKELY = (".jpg", ".jpeg", ".png", ".gif")
_SUFFIXES = (*_LIKELY, *sorted(PICTURE_SUFFIXES.difference(_LIKELY)))


class PictureSearch:
    """A container of pictures that finds a picture wherever it lies below, under the name that a label file gives.

    A file at the very place that the name says counts first. Else all files below are listed once, and the one with the
    name is taken if there is one only; of several the one that ends in all folders of the name. A name without the
    suffix of a picture fits files with any such suffix. What is found is called as the label file calls it.

    Args:
        pictures: The folder of the pictures, or a folder of an archive.
    """

    def __init__(self, pictures: Container) -> None:
        self._pictures = pictures
        self._by_name: dict[str, list[str]] | None = None
        self._found: dict[str, list[str]] = {}

    def find(self, location: str) -> list[str]:
        """Return the places at which the picture may lie: one when it is found, several when it is ambiguous."""
        if location not in self._found:
            self._found[location] = self._search(location)
        return self._found[location]

    def is_ambiguous(self, name: str) -> bool:
        """Tell whether several files have the name that a label file gives, so that none is taken."""
        try:
            return len(self.find(picture_location(name))) > 1
        except ValueError:  # not a name of any file
            return False

    def with_suffix(self, location: str) -> str:
        """Return a name from a list without suffixes with that of its file, or .jpg where there is none."""
        if _has_suffix(location):
            return location
        found = self.find(location)
        return location + (PurePosixPath(found[0]).suffix if len(found) == 1 else _LIKELY[0])

    def has(self, location: str) -> bool:
        """Tell whether one file, and not several, has the name."""
        return len(self.find(location)) == 1

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of the file at a location."""
        return self._pictures.read(location, limit)

    def open(self, location: str) -> IO[bytes]:
        """Open the file at a location."""
        return self._pictures.open(location)

    def describe(self, location: str) -> str:
        """Return a location in a form for messages."""
        return self._pictures.describe(location)

    def inside(self, folder: str) -> Container:
        """Return the container of a folder in this one."""
        return PictureSearch(self._pictures.inside(folder))

    def exists(self) -> bool:
        """Tell whether there is anything here."""
        return self._pictures.exists()

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture, named as the label file names it."""
        found = self.find(location)
        if len(found) != 1:
            return MissingReference(self.describe(location), location)
        reference = self._pictures.reference(found[0])
        # References are dataclasses of different kinds, each with a name.
        return replace(reference, name=location)  # type: ignore[type-var]

    def references(self, locations: Sequence[str]) -> list[ImageReference]:
        """Return the references of many pictures."""
        return [self.reference(location) for location in locations]

    def _search(self, location: str) -> list[str]:
        spellings = [location] if _has_suffix(location) else [location + suffix for suffix in _SUFFIXES]
        there = [spelling for spelling in spellings if self._pictures.has(spelling)]
        if there:
            return there
        if self._by_name is None:
            self._by_name = _index(files_below(self._pictures))
        name = location.rpartition("/")[2]
        found = self._by_name.get(name.lower() if _has_suffix(name) else name, [])
        ending = [place for place in found if _without_suffix(place).endswith("/" + _without_suffix(location))]
        return ending if len(ending) == 1 else found


def files_below(container: Container) -> list[str]:
    """Return the files at all depths below a folder, or a folder of an archive; of other containers none."""
    if isinstance(container, Archive):
        start = len(container.prefix)
        return [location[start:] for location in container.locations if location.startswith(container.prefix)]
    if not isinstance(container, Folder):
        return []
    found = []
    for folder, _, names in os.walk(container.root):
        below = Path(folder).relative_to(container.root).as_posix()
        found += [name if below == "." else f"{below}/{name}" for name in names]
    return sorted(found)


def _index(locations: list[str]) -> dict[str, list[str]]:
    """Return the pictures by their file name in lower case, and by it without its suffix."""
    index: dict[str, list[str]] = {}
    for location in locations:
        name = location.rpartition("/")[2]
        if _has_suffix(name) and not name.startswith("."):
            index.setdefault(name.lower(), []).append(location)
            index.setdefault(_without_suffix(name), []).append(location)
    return index


def _has_suffix(location: str) -> bool:
    return PurePosixPath(location).suffix.lower() in PICTURE_SUFFIXES


def _without_suffix(location: str) -> str:
    return location[: -len(PurePosixPath(location).suffix)] if _has_suffix(location) else location
