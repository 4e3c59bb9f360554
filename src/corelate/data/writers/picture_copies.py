"""Copying pictures into the folder of a data set, out of whatever they lie in, without a change to their bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from corelate.data.formats.collecting import shown
from corelate.data.references import ImageReference
from corelate.data.writers.output import Output
from corelate.data.writers.picture_places import is_missing
from corelate.data.writers.source_files import same_file
from corelate.errors import DataError, ImageReadError

IMAGES_FOLDER = "images"
NOT_COPIED = "picture can't be read: kept without its file"

_NOT_ON_WINDOWS = frozenset('<>:"|?*')
_PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))
_DEVICES = frozenset({"con", "prn", "aux", "nul", *_PORTS})


def copy_pictures(
    pictures: Sequence[ImageReference],
    names: Sequence[str],
    folder: Path,
    output: Output,
    on_copied: Callable[[int, int], None] | None = None,
) -> int:
    """Copy pictures into a folder.

    Args:
        pictures: The pictures.
        names: The name of each below the folder; names that readers accept.
        folder: Where to.
        output: What is written; receives the folder, notes and problems.
        on_copied: Is told how many pictures have been dealt with, of how many.

    Returns:
        How many have no file in the folder: those that are not there, and those that can't be read.

    Raises:
        DataError: A picture is in that folder already, two have one name as the file system sees it, or the disk
            refuses.
    """
    staged = output.folder(folder)
    missing = unreadable = 0
    made: set[Path] = set()
    for number, (picture, name) in enumerate(zip(pictures, names, strict=True), 1):
        if same_file(picture, folder / name):
            raise DataError(f"{folder / name} is a picture of the source; leave the pictures where they are")
        if is_missing(picture):
            missing += 1
        else:
            unreadable += not _copied(picture, staged / name, output, made)
        if on_copied:
            on_copied(number, len(pictures))
    if missing:
        output.note(f"{missing} of {len(pictures)} pictures are not there; their labels are kept (labels_only=true)")
    _note_names_windows_refuses(names, output)
    return missing + unreadable


def _copied(picture: ImageReference, path: Path, output: Output, made: set[Path]) -> bool:
    """Copy one picture and tell whether that was possible."""
    try:
        data = picture.read()
    except ImageReadError as error:
        output.problems.add(NOT_COPIED, shown(str(error)))
        return False
    try:
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise DataError(
            f"{picture.name}: another picture has this name as this file system sees it; rename one of them"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{picture.name}: can't be copied under this name ({reason})") from error
    return True


def _note_names_windows_refuses(names: Sequence[str], output: Output) -> None:
    refused = [name for name in names if not _is_windows_name(name)]
    if refused:
        output.note(f"{len(refused)} pictures have names that Windows does not take, such as {shown(refused[0])}")


def _is_windows_name(name: str) -> bool:
    return not any(
        _NOT_ON_WINDOWS & set(part) or part[-1] in ". " or part.partition(".")[0].rstrip().lower() in _DEVICES
        for part in name.split("/")
    )
