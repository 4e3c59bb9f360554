"""Where a page can be written: what is wrong with the place is said before the work, and not after it."""

from __future__ import annotations

from pathlib import Path

from corelate.errors import OptionError
from corelate.explain.outputs import check_folder

SUFFIXES = (".html", ".htm")


def check_page_file(path: Path, option: str, usual: str) -> None:
    """Refuse before the work what can't be written after it; a file that is there already is replaced.

    Args:
        path: The file.
        option: The option that named it, for messages.
        usual: A proper name of such a page, for messages.

    Raises:
        OptionError: The file is a folder, its name is not that of a page, or its folder can't be made or written to.
    """
    if path.is_dir():
        raise OptionError(f"{option} {path} is a folder; give a file in it, e.g. {path / usual}")
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{option} {path}: the name of a page ends with {' or '.join(SUFFIXES)}")
    check_folder(path, option)
