"""Where the pictures of a Hugging Face data set lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from corelate.data.formats.containers import Container, Folder
from corelate.data.references import ImageReference


class EmbeddedPictures:
    """The pictures of a data set: inside its files, or in files of their own in its folder.

    Args:
        folder: That of the data set.

    Attributes:
        embedded: The references of the pictures inside its files, by their names.
    """

    def __init__(self, folder: Folder) -> None:
        self.embedded: dict[str, ImageReference] = {}
        self._folder = folder

    def has(self, location: str) -> bool:
        """Tell whether there is a picture of a name."""
        return location in self.embedded or self._folder.has(location)

    def read(self, location: str, limit: int | None = None) -> bytes:
        """Return the bytes of a label file."""
        return self._folder.read(location, limit)

    def open(self, location: str) -> IO[bytes]:
        """Open a label file."""
        return self._folder.open(location)

    def describe(self, location: str) -> str:
        """Return a location in a form for messages."""
        return self._folder.describe(location)

    def inside(self, folder: str) -> Container:
        """Return the container of a folder."""
        return self._folder.inside(folder)

    def exists(self) -> bool:
        """Tell whether there is anything here."""
        return bool(self.embedded) or self._folder.exists()

    def reference(self, location: str) -> ImageReference:
        """Return the reference of a picture."""
        return self.embedded[location] if location in self.embedded else self._folder.reference(location)

    def references(self, locations: Sequence[str]) -> list[ImageReference]:
        """Return the references of many pictures."""
        return [self.reference(location) for location in locations]
