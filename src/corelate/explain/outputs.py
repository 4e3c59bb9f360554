"""Writing an explanation: as a picture or as data, as the suffix of each file says."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from corelate.errors import MissingExtraError, OptionError
from corelate.explain.explanation import Explanation
from corelate.files import write_bytes

PICTURES = (".png", ".svg", ".pdf")
DATA = (".csv", ".json")


def check_outputs(paths: Sequence[Path]) -> None:
    """Refuse before the work what can't be written after it.

    Raises:
        OptionError: A suffix that is not known, the same file twice, a folder in its place, or no folder to put it in.
        MissingExtraError: A picture is asked for and matplotlib is not installed.
    """
    for number, path in enumerate(paths):
        suffix = path.suffix.lower()
        if suffix not in PICTURES + DATA:
            what = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
            raise OptionError(f"--out {path} has {what}; write {', '.join(PICTURES)} or, for data, {' or '.join(DATA)}")
        if path in paths[:number]:
            raise OptionError(f"--out {path} is given twice")
        if path.is_dir():
            raise OptionError(f"--out {path} is a folder; give a file in it, e.g. {path / ('figure' + suffix)}")
        check_folder(path)
        if suffix in PICTURES and importlib.util.find_spec("matplotlib") is None:
            raise MissingExtraError(
                f"--out {path} needs matplotlib: pip install 'corelate[explain]'; or write .csv or .json"
            )


def write_outputs(paths: Sequence[Path], explanation: Explanation) -> None:
    """Write an explanation to each of some files; it is computed and drawn once.

    Raises:
        OptionError: As `check_outputs`, or a file can't be written.
    """
    check_outputs(paths)
    table = explanation.table()
    write_data: dict[str, Callable[[], str]] = {".csv": table.to_csv, ".json": table.to_json}
    for path in paths:
        if path.suffix.lower() in write_data:
            _write(path, write_data[path.suffix.lower()]().encode())
    pictures = [path for path in paths if path.suffix.lower() in PICTURES]
    if pictures:
        from corelate.explain.drawing import draw, encode

        figure = draw(explanation)
        for path in pictures:
            _write(path, encode(figure, path.suffix.lower().removeprefix(".")))


def check_folder(path: Path, option: str = "--out") -> None:
    """Make sure that the folder of a file is there, or can be made.

    Args:
        path: The file.
        option: The option that named it, for messages.

    Raises:
        OptionError: It can't.
    """
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if not there.is_dir():
        raise OptionError(f"{option} {path} can't be written: {there} is a file and no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OptionError(f"{option} {path} can't be written: the folder {there} may not be changed; choose another")


def _write(path: Path, content: bytes) -> None:
    try:
        write_bytes(path, content)
    except OSError as error:
        raise OptionError(f"--out {path} can't be written: {error.strerror or error}; choose another place") from error
