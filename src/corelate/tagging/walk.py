"""Finding the pictures in files and folders, one after the other, in the same order every time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from corelate.data.folder_walk import FolderWalk, UnlistedFolder, is_file
from corelate.data.image_formats import PICTURE_SUFFIXES, READABLE, held_format
from corelate.errors import OptionError
from corelate.tagging.pictures import FoundPicture, SkippedPicture, encodable

START_BYTES = 512


class PictureWalk:
    """The pictures among files and folders; iterating walks anew, so it can be counted first.

    Folders are walked with their subfolders in the order of their names. Hidden entries (``.name``) are passed over.
    Links to folders are followed, but no folder is entered twice, so that loops end and overlapping arguments give
    each picture once. What is held in memory grows with the folders, not with the pictures: the listing of the folders
    that are being walked, and a number for each folder seen.

    Args:
        given: Files and folders. A file that is given is always tried, whatever its name.
        any_suffix: In folders, also take files that hold a picture although their suffix is not one of a picture.

    Attributes:
        root: The folder that all names are relative to: the folder given, or the deepest that holds everything given.

    Raises:
        OptionError: Nothing is given, or something given is neither a file nor a folder.
    """

    def __init__(self, given: Sequence[str | os.PathLike[str]], any_suffix: bool = False) -> None:
        if not given:
            raise OptionError("give at least one photo or folder to tag")
        for path in map(Path, given):
            if not path.is_dir() and not path.is_file():
                problem = "is neither a file nor a folder" if path.exists() else "does not exist"
                raise OptionError(f"{encodable(str(path))} {problem}; give photos or folders of photos")
        self._given = [_real_entry(Path(path)) for path in given]
        self._any_suffix = any_suffix
        self.root = _common_folder(self._given)

    def __iter__(self) -> Iterator[FoundPicture | SkippedPicture]:
        return _Pass(self._given, self.root, self._any_suffix).pictures()

    def count(self) -> int:
        """Return how many items iterating gives now."""
        return sum(1 for _ in self)


class _Pass:
    """One walk: what was seen on the way so far."""

    def __init__(self, given: Sequence[Path], root: Path, any_suffix: bool) -> None:
        self._given = given
        self._root = root
        self._any_suffix = any_suffix
        self._walk = FolderWalk()
        self._files_given = {path for path in given if not path.is_dir()}
        self._files_seen: set[Path] = set()

    def pictures(self) -> Iterator[FoundPicture | SkippedPicture]:
        for path in self._given:
            if path.is_dir():
                yield from self._in_folder(path)
            elif not self._seen_before(path):
                yield FoundPicture(path, self._name(path))

    def _in_folder(self, top: Path) -> Iterator[FoundPicture | SkippedPicture]:
        for found in self._walk.files(top):
            if isinstance(found, UnlistedFolder):
                yield SkippedPicture(found.path, self._name(found.path), found.reason)
            else:
                yield from self._file(found)

    def _file(self, entry: os.DirEntry[str]) -> Iterator[FoundPicture | SkippedPicture]:
        path = Path(entry.path)
        was_given = bool(self._files_given) and _real_entry(path) in self._files_given
        if was_given and self._seen_before(_real_entry(path)):
            return
        looks_like_picture = path.suffix.lower() in PICTURE_SUFFIXES
        if not (was_given or looks_like_picture or (self._any_suffix and _holds_picture(path))):
            return
        if is_file(entry):
            yield FoundPicture(path, self._name(path))
        else:
            problem = "a link to nothing" if entry.is_symlink() else "neither a file nor a folder"
            yield SkippedPicture(path, self._name(path), problem)

    def _seen_before(self, file: Path) -> bool:
        seen = file in self._files_seen
        self._files_seen.add(file)
        return seen

    def _name(self, path: Path) -> str:
        return encodable(path.relative_to(self._root).as_posix())


def _real_entry(path: Path) -> Path:
    """Return the one way of writing a folder or a file's entry; a link to a file stays an entry of its own."""
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _holds_picture(path: Path) -> bool:
    try:
        # Only of plain files: opening a pipe would wait for someone to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return held_format(file.read(START_BYTES)) in READABLE
    except OSError:
        return False


def _common_folder(given: Sequence[Path]) -> Path:
    folders = [path if path.is_dir() else path.parent for path in given]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError as error:
        raise OptionError("the pictures lie on different drives; tag each drive in a run of its own") from error
