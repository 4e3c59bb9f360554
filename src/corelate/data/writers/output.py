"""Files that appear together or not at all, and never in place of something that was not to be replaced."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from corelate.data.problems import Problems
from corelate.data.writers.source_files import SourceFiles
from corelate.errors import DataError
from corelate.files import write_atomically

VOCABULARY_SUFFIX = ".vocabulary.txt"


class Output:
    """Collects what is written under names of its own, until `commit` gives all of it the names it is to have.

    Use it as a context: what was not committed when it ends is taken away.

    Args:
        overwrite: Replace files that are there.
        source: The files of the source, which are never replaced.

    Attributes:
        notes: What a user must know about the output, one sentence each.
        problems: What was wrong with single pictures.
    """

    def __init__(self, overwrite: bool = False, source: SourceFiles | None = None) -> None:
        self.notes: list[str] = []
        self.problems = Problems("")
        self._overwrite = overwrite
        self._source = source or SourceFiles()
        self._token = secrets.token_hex(4)
        self._staged: dict[Path, Path] = {}
        self._stale: list[Path] = []
        self._made: list[Path] = []

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for staged in self._staged.values():
            _take_away(staged)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()

    @property
    def files(self) -> list[Path]:
        """The files and folders that are written, in order."""
        return list(self._staged)

    def note(self, text: str) -> None:
        """Say what the form can't hold, or what is to be known."""
        self.notes.append(text)

    def write(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Let `write` fill a file that becomes `path`.

        Raises:
            DataError: There is such a file and it is not to be replaced, or none can be there.
        """
        self._check(path)
        self._make_folder(path.parent)
        self._staged[path] = path.with_name(f".{path.name}.{self._token}.partial")
        write_atomically(self._staged[path], write)

    def remove(self, path: Path) -> None:
        """Take away a file of an earlier set, which would be read as a part of this one.

        Raises:
            DataError: It is there and not to be replaced.
        """
        if path.exists():
            self._check(path)
            self._stale.append(path)

    def folder(self, path: Path) -> Path:
        """Return an empty folder whose files get into the folder `path`.

        Raises:
            DataError: There are files in that folder already, and they are not to be replaced.
        """
        if path.exists() and not path.is_dir():
            raise DataError(f"{path}: expected a folder, found a file")
        if path.is_symlink():
            raise DataError(f"{path} is a link; pictures are not written to where it leads: choose another place")
        if path.is_dir() and any(path.iterdir()) and not self._overwrite:
            raise DataError(
                f"{path} is not empty; choose another place, or pass overwrite (--overwrite): pictures of the same "
                "names are replaced, others stay"
            )
        self._make_folder(path.parent)
        self._staged[path] = path.with_name(f".{path.name}.{self._token}.partial")
        self._staged[path].mkdir()
        return self._staged[path]

    def commit(self) -> None:
        """Give everything its name: pictures first, label files last, which a reader begins with.

        What is replaced is set aside before: when that is stopped halfway nothing can be read, rather than a mixture.

        Raises:
            DataError: A picture is to replace one of the source.
        """
        moves = [move for target, staged in self._staged.items() for move in _moves(staged, target)]
        moves.sort(key=lambda move: self._rank(move[1]))
        for _, target in moves:
            self._source.refuse(target)
        aside: dict[Path, Path] = {}
        new: list[Path] = []
        try:
            for target in [*self._stale, *reversed([target for _, target in moves])]:
                if target.is_file():
                    aside[target] = target.with_name(f".{target.name}.{self._token}.old.partial")
                    os.replace(target, aside[target])  # noqa: PTH105
            for staged, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(staged, target)  # noqa: PTH105
                new.append(target)
        except BaseException:
            for target in reversed(new):
                _take_away(target)
            for target, old in reversed(aside.items()):
                os.replace(old, target)  # noqa: PTH105
            raise
        for old in aside.values():
            _take_away(old)
        self._made.clear()

    def _rank(self, target: Path) -> int:
        """Return when a file gets its name: pictures, then vocabularies, then the files that name both."""
        if target not in self._staged or self._staged[target].is_dir():
            return 0
        return 1 if target.name.endswith(VOCABULARY_SUFFIX) else 2

    def _check(self, path: Path) -> None:
        above = next((folder for folder in path.parents if folder.exists()), None)
        if above is not None and not above.is_dir():
            raise DataError(f"{path}: {above} is a file, so that nothing can be written below it")
        if not path.exists():
            return
        if not path.is_file():
            raise DataError(f"{path}: there is something that is no file; choose another place")
        self._source.refuse(path)
        if not self._overwrite:
            raise DataError(f"{path} exists; choose another place, or pass overwrite (--overwrite) to replace it")

    def _make_folder(self, folder: Path) -> None:
        missing = [folder, *folder.parents]
        for each in reversed(missing):
            if not each.exists():
                each.mkdir()
                self._made.append(each)


def _moves(staged: Path, target: Path) -> list[tuple[Path, Path]]:
    """Return what to rename: a folder as a whole where there is none, else each of its files."""
    if not staged.is_dir() or not target.exists():
        return [(staged, target)]
    return [(file, target / file.relative_to(staged)) for file in staged.rglob("*") if file.is_file()]


def _take_away(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
