"""The pictures of a folder tree or an archive, each with the XMP files beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from corelate.data.folder_walk import FolderWalk, UnlistedFolder, is_file, is_hidden
from corelate.data.formats.archive_members import is_archive, list_members, refuse_compressed
from corelate.data.formats.collecting import BAD_PICTURE_NAME, REPEATED_PICTURE, picture_location, shown
from corelate.data.image_formats import PICTURE_SUFFIXES
from corelate.data.problems import Problems
from corelate.data.references import FileReference, ImageReference
from corelate.data.vocabulary import is_label
from corelate.errors import DataError

SIDECAR_SUFFIX = ".xmp"
UNLISTED_FOLDER = "folder can't be listed: left out"
NO_FILE = "a link to nothing, or no regular file: left out"
LONE_SIDECAR = "XMP file without its picture: left out"
SIDECAR_OF_OTHER = "XMP file of a file that is not read, such as camera raw: left out"

# What systems and programs keep beside pictures: previews, wastebaskets, and the insides of photo libraries.
_SYSTEM_NAMES = frozenset(
    ("@eadir", "#recycle", "$recycle.bin", "system volume information", "__macosx", "lost+found", "captureone")
)
_SYSTEM_SUFFIXES = (".lrdata", ".lrlibrary", ".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary")


@dataclass(frozen=True)
class Photo:
    """A picture, and where its keywords may be.

    Attributes:
        reference: The picture; its name is its path below the top, with forward slashes.
        sidecars: The XMP files beside it.
    """

    reference: ImageReference
    sidecars: tuple[ImageReference, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders it lies in, the topmost first."""
        return PurePosixPath(self.reference.name).parts[:-1]


def find_photos(path: Path, problems: Problems) -> list[Photo]:
    """Return all pictures below a folder, or in an archive, in the order of their paths.

    Hidden entries and the folders that systems and programs keep for themselves are passed over.

    Args:
        path: A folder, or a zip or tar archive.
        problems: Receives what can't be listed or used.

    Raises:
        DataError: There is nothing at the path, or neither a folder nor an archive that can be read.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    files = _in_folder(path, problems) if path.is_dir() else _in_archive(path, problems)
    return _with_sidecars(files, problems)


def _passes_over(name: str) -> bool:
    lower = name.lower()
    return is_hidden(name) or lower in _SYSTEM_NAMES or lower.endswith(_SYSTEM_SUFFIXES)


def _in_folder(top: Path, problems: Problems) -> dict[str, ImageReference]:
    """Return the files of a folder tree by their path below it, as the file system spells it."""
    files: dict[str, ImageReference] = {}
    for found in FolderWalk(_passes_over).files(top):
        location = Path(found.path).relative_to(top).as_posix()
        # Names are bytes on most systems; those that are no UTF-8 are shown the way shells do.
        name = os.fsencode(location).decode("utf-8", "backslashreplace")
        if isinstance(found, UnlistedFolder):
            problems.add(UNLISTED_FOLDER, shown(name), found.reason)
        elif is_file(found):
            files[location] = FileReference(Path(found.path), name)
        elif _suffix(name) in PICTURE_SUFFIXES:
            problems.add(NO_FILE, shown(name))
    return files


def _in_archive(path: Path, problems: Problems) -> dict[str, ImageReference]:
    """Return the files of an archive by their path below the one folder around all of them, if there is one."""
    refuse_compressed(path)
    if not is_archive(path):
        raise DataError(f"{path}: expected a folder of photos, or a zip or tar archive")
    members = {}
    for given, member in list_members(path).items():
        try:
            location = picture_location(given)
        except ValueError as error:
            if _suffix(given) in PICTURE_SUFFIXES:
                problems.add(BAD_PICTURE_NAME, f"{shown(given)} {error}", str(path))
            continue
        if not any(map(_passes_over, location.split("/"))):
            members[location] = member
    around = _folder_around(members)
    names = {location.removeprefix(around): member for location, member in sorted(members.items(), key=_path_order)}
    return {name: member.reference(path, name) for name, member in names.items()}


def _path_order(item: tuple[str, object]) -> tuple[str, ...]:
    return tuple(item[0].split("/"))


def _folder_around(locations: Iterable[str]) -> str:
    """Return the folder at the top in which all locations lie, with a slash at the end; empty when there is none.

    An archive of a folder holds that folder; it is no more part of the names than that of a folder that is given.
    """
    tops = {location[: location.find("/") + 1] for location in locations}
    return tops.pop() if len(tops) == 1 else ""


def _with_sidecars(files: Mapping[str, ImageReference], problems: Problems) -> list[Photo]:
    """Give each picture its XMP files: those named like it (``IMG_1.jpg.xmp``), and like it but for its suffix."""
    sidecars: dict[str, list[str]] = {}
    for location in files:
        if _suffix(location) == SIDECAR_SUFFIX:
            named = _stem(location)
            for key in {named, _lower_suffix(named)}:
                sidecars.setdefault(key, []).append(location)
    photos, used = [], set()
    for location, reference in files.items():
        if _suffix(location) in PICTURE_SUFFIXES:
            own = _sidecars_of(location, sidecars)
            used.update(own)
            photos.append(Photo(reference, tuple(files[sidecar] for sidecar in own)))
    _note_unused(files, [location for key in sidecars for location in sidecars[key] if location not in used], problems)
    return _checked(photos, problems)


def _sidecars_of(location: str, sidecars: Mapping[str, list[str]]) -> list[str]:
    keys = (_lower_suffix(location), _stem(location))
    return list(dict.fromkeys(sidecar for key in keys for sidecar in sidecars.get(key, ())))


def _note_unused(files: Mapping[str, ImageReference], unused: list[str], problems: Problems) -> None:
    """Note the XMP files without a picture, and whether they belong to something else, such as a camera raw file."""
    others = {key for location in files if _suffix(location) != SIDECAR_SUFFIX for key in (location, _stem(location))}
    for location in dict.fromkeys(unused):
        kind = SIDECAR_OF_OTHER if _stem(location) in others else LONE_SIDECAR
        problems.add(kind, shown(files[location].name))


def _checked(photos: list[Photo], problems: Problems) -> list[Photo]:
    """Return the photos whose names can be used."""
    taken: dict[str, Photo] = {}
    for photo in photos:
        name = photo.reference.name
        if not is_label(f"|{name}|"):  # spaces around it do no harm here
            problems.add(BAD_PICTURE_NAME, f"{shown(name)} holds control characters")
        elif name in taken:
            problems.add(REPEATED_PICTURE, shown(name))
        else:
            taken[name] = photo
    return list(taken.values())


def _suffix(location: str) -> str:
    return PurePosixPath(location).suffix.lower()


def _stem(location: str) -> str:
    suffix = PurePosixPath(location).suffix
    return location[: -len(suffix)] if suffix else location


def _lower_suffix(location: str) -> str:
    """Return a path with its suffix in lower case: programs and cameras differ in it, and in nothing else."""
    return _stem(location) + _suffix(location)
