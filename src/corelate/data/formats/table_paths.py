"""From the paths that a table holds, which may be those of another machine, to locations below its folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from corelate.data.formats.collecting import PLAIN_NAME, picture_location

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # one letter is a drive, not a protocol
_WINDOWS = re.compile(r"[A-Za-z]:|//")  # a drive or a server
_FILE_ADDRESS = re.compile(r"file:(?://(?:localhost(?=/))?)?", re.IGNORECASE)
_DRIVE_IN_ADDRESS = re.compile(r"^/+(?=[A-Za-z]:)")


class PathRule:
    """Turns paths into locations below the folder of the pictures.

    Args:
        folder: That folder; None for an archive, in which no absolute path lies.
        prefix: Text that is cut from the start of paths, such as the folder on the machine where the table was made.
    """

    def __init__(self, folder: Path | None, prefix: str = "") -> None:
        self._prefix = _slashed(prefix)
        folders = () if folder is None else (os.path.abspath(folder), os.path.realpath(folder))  # noqa: PTH100
        self._folders = tuple(dict.fromkeys(_slashed(path) for path in folders))

    def __call__(self, text: str) -> str:
        """Return the location of a path.

        Raises:
            ValueError: The path is empty, lies outside the folder, is an address of the web, or holds control
                characters; the message says which, so that it can follow the path.
        """
        if not self._prefix and PLAIN_NAME.fullmatch(text):
            return text
        path = _slashed(text)
        rest = None if not self._prefix else _cut(path, self._prefix)
        if rest is None:
            rest = self._below_folder(path)
        return picture_location(rest)

    def _below_folder(self, path: str) -> str:
        """Return a path relative to the folder, if it is not so already."""
        if path[:5].lower() == "file:":
            path = _of_address(path)
            rest = _cut(path, self._prefix) if self._prefix else None
            if rest is not None:
                return rest
        elif _ADDRESS.match(path):
            raise ValueError(
                "is a web address, and nothing is fetched; save the pictures, and cut its start: prefix=TEXT"
            )
        if not path.startswith("/") and not _WINDOWS.match(path):
            return path
        for folder in self._folders:
            rest = _cut(path, folder)
            if rest is not None:
                return rest
        advice = f"does not begin with {self._prefix}" if self._prefix else "cut its start with prefix=TEXT"
        raise ValueError(f"is an absolute path outside the folder of the pictures; {advice}")


def _slashed(path: str) -> str:
    return path.strip().replace("\\", "/")


def _cut(path: str, prefix: str) -> str | None:
    """Return what follows the prefix, without leading slashes; None if the path does not lie below it.

    Windows takes large and small letters for the same, so that programs there write either.
    """
    start, rest = path[: len(prefix)], path[len(prefix) :]
    if start != prefix and not (_WINDOWS.match(prefix) and start.lower() == prefix.lower()):
        return None
    if rest and not rest.startswith("/") and not prefix.endswith("/"):
        return None  # "photos" is no prefix of "photos2/a.jpg"
    return rest.lstrip("/")


def _of_address(address: str) -> str:
    """Return the path of a ``file:`` address."""
    path = unquote(_FILE_ADDRESS.sub("", address, count=1))
    if re.match("file://(?!localhost/)[^/]", address, re.IGNORECASE):
        path = f"//{path}"  # on a server
    return _slashed(_DRIVE_IN_ADDRESS.sub("", path, count=1))
