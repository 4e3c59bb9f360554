"""The one place from which pictures that stay where they are can be named."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corelate.data.formats.containers import Folder
from corelate.data.references import (
    ArchiveReference,
    FileReference,
    FolderReferences,
    ImageReference,
    MissingReference,
    TarReference,
)
from corelate.errors import DataError


@dataclass(frozen=True)
class Place:
    """Where all pictures of a set lie.

    Attributes:
        root: The folder or archive; None when no picture is there.
        prefix: The folder in an archive below which the names begin, with a slash behind it; or nothing.
        missing: How many of the pictures are not there.
    """

    root: Path | None
    prefix: str
    missing: int

    def relative_to(self, folder: Path) -> str | None:
        """Return the root as an option names it: below the folder of an output, or absolute."""
        if self.root is None:
            return None
        root, folder = (Path(os.path.abspath(path)) for path in (self.root, folder))  # noqa: PTH100
        return root.relative_to(folder).as_posix() if root.is_relative_to(folder) else str(root)


def common_place(pictures: Sequence[ImageReference]) -> Place:
    """Return where all pictures lie.

    Raises:
        DataError: They have no place that can be named, or several.
    """
    if isinstance(pictures, FolderReferences):
        folder = Folder(pictures.root)
        return _known_place(pictures.root, "", sum(not folder.has(name) for name in pictures.names), len(pictures))
    missing = 0
    places: dict[tuple[str, str], None] = {}
    folders: dict[str, Folder] = {}
    for picture in pictures:
        if isinstance(picture, MissingReference):
            missing += 1
            continue
        place = _place(picture)
        places[place] = None
        if len(places) > 1:
            both = " and ".join(f"{root}/{prefix}" if prefix else root for root, prefix in places)
            raise DataError(
                f"the pictures lie in several places ({both}, …), which one set can't name; copy them (--pictures copy)"
            )
        if isinstance(picture, FileReference):
            folder = folders.setdefault(place[0], Folder(Path(place[0])))
            missing += not folder.has(picture.name)
    root, prefix = next(iter(places), ("", ""))
    return _known_place(Path(root), prefix, missing, len(pictures))


def _known_place(root: Path, prefix: str, missing: int, count: int) -> Place:
    return Place(None, "", missing) if missing == count else Place(root, prefix, missing)


def is_missing(picture: ImageReference) -> bool:
    """Tell whether a picture is named but not there."""
    if isinstance(picture, FileReference):
        return not os.path.lexists(picture.path)
    return isinstance(picture, MissingReference)


def _place(picture: ImageReference) -> tuple[str, str]:
    """Return the folder or archive of a picture, and the folder in the archive."""
    if isinstance(picture, FileReference):
        root = _above(picture.path.as_posix(), picture.name)
        if root is not None:
            return root or "/", ""
    if isinstance(picture, (ArchiveReference, TarReference)):
        root = _above(posixpath.normpath(picture.member.replace("\\", "/")), picture.name)
        if root is not None:
            return str(picture.archive), f"{root}/" if root != "." else ""
    raise DataError(
        f"{picture.name}: a picture that is neither a file nor a member of a zip or tar archive under that name, so "
        "that it can't stay where it is; copy the pictures (--pictures copy)"
    )


def _above(path: str, name: str) -> str | None:
    """Return the folder above a name that a path ends with; ``"."`` for nothing, None when it ends otherwise."""
    parts = path.rsplit("/", name.count("/") + 1)
    root = parts.pop(0) if len(parts) > name.count("/") + 1 else "."
    tail = "/".join(parts)
    same = tail == name or unicodedata.normalize("NFC", tail) == unicodedata.normalize("NFC", name)
    return root if same else None
