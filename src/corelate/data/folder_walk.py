"""Walking through folders: every file once, in the same order every time, whatever links and deep trees do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UnlistedFolder:
    """A folder that could not be listed, and why."""

    path: Path
    reason: str


def is_hidden(name: str) -> bool:
    """Tell whether an entry is hidden, as systems that know no other mark for it see it."""
    return name.startswith(".")


class FolderWalk:
    """Finds the files in folders and their subfolders.

    Entries come in the order of their names. Links to folders are followed, but no folder is entered twice by one walk,
    so that loops end and folders that overlap give each file once. What is held in memory grows with the folders, not
    with the files: the listing of the folders that are being walked, and a number for each folder seen.

    Args:
        passes_over: Tells of a name whether the entry is left out, be it a file or a folder.
    """

    def __init__(self, passes_over: Callable[[str], bool] = is_hidden) -> None:
        self._passes_over = passes_over
        self._folders_seen: set[tuple[int, int]] = set()

    def files(self, top: Path) -> Iterator[os.DirEntry[str] | UnlistedFolder]:
        """Yield everything below a folder that is no folder, with a stack of listings instead of recursion.

        Trees can be deeper than Python's stack.
        """
        listings: list[list[os.DirEntry[str]]] = []
        yield from self._enter(top, listings)
        while listings:
            if not listings[-1]:
                listings.pop()
                continue
            entry = listings[-1].pop()
            if _is_folder(entry):
                yield from self._enter(Path(entry.path), listings)
            else:
                yield entry

    def _enter(self, folder: Path, listings: list[list[os.DirEntry[str]]]) -> Iterator[UnlistedFolder]:
        """Put the listing of a folder on the stack, unless it was entered before."""
        try:
            status = folder.stat()
            identity = (status.st_dev, status.st_ino)
            if identity not in self._folders_seen:
                self._folders_seen.add(identity)
                listings.append(self._entries_backwards(folder))
        except OSError as error:
            yield UnlistedFolder(folder, f"the folder can't be listed: {error.strerror or error}")

    def _entries_backwards(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return what is not passed over, the last name first: taking from the end frees each entry when it is done."""
        with os.scandir(folder) as entries:
            taken = [entry for entry in entries if not self._passes_over(entry.name)]
        return sorted(taken, key=lambda entry: entry.name, reverse=True)


def is_file(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a regular file, or a link to one."""
    try:
        return entry.is_file()
    except OSError:  # a link that points at itself, or into a folder where nobody may look
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
