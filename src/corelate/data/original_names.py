"""From the name of a generated picture to the picture that it was generated from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from corelate.data.formats.collecting import shown
from corelate.data.formats.containers import composed
from corelate.data.formats.text import json_type
from corelate.errors import DataError

MARK = "_aug"
"""What stands between the stem of the original and the rest, where names alone say which belongs to which."""

PROVENANCE_FORMAT = "corelate-generated"
PROVENANCE_VERSION = 1

UNKNOWN_ORIGINAL = "original of a generated picture is not in the data set: picture left out"
AMBIGUOUS_ORIGINAL = "generated picture may be of several originals: picture left out"

_AMBIGUOUS = -1


class OriginalNotFoundError(ValueError):
    """A generated picture belongs to none of the pictures, or may belong to several; the text says which."""


class OriginalNames:
    """Finds the originals of generated pictures.

    Args:
        names: The names of the real pictures, in order.
        record: For each generated picture the name of its original, None where several are said to be; without a
            record names alone say it: the stem of the original stands before ``_aug``, in the same folder or, where
            only one picture has the stem, in any.
    """

    def __init__(self, names: Iterable[str], record: Mapping[str, str | None] | None = None) -> None:
        self._record = record
        self._rows: dict[str, int] = {}
        for row, name in enumerate(names):
            path = PurePosixPath(composed(name))
            keys = {str(path)} if record is not None else {str(path.parent / path.stem), f"/{path.stem}"}
            for key in keys:
                self._rows[key] = _AMBIGUOUS if key in self._rows else row

    def find(self, name: str) -> int:
        """Return the number of the original of a generated picture.

        Raises:
            OriginalNotFoundError: There is none, or there are several.
        """
        for key in self._keys(composed(name)):
            row = self._rows.get(key)
            if row == _AMBIGUOUS:
                raise OriginalNotFoundError(AMBIGUOUS_ORIGINAL)
            if row is not None:
                return row
        raise OriginalNotFoundError(UNKNOWN_ORIGINAL)

    def _keys(self, name: str) -> Iterable[str]:
        if self._record is None:
            return _stems(name)
        if name not in self._record:
            return ()
        original = self._record[name]
        if original is None:
            raise OriginalNotFoundError(AMBIGUOUS_ORIGINAL)
        return (str(PurePosixPath(composed(original))),)


def _stems(name: str) -> Iterable[str]:
    """Yield what the original may be called, the likeliest first: an original's own stem may hold ``_aug``, too."""
    path = PurePosixPath(name)
    parts = path.stem.split(MARK)
    stems = [MARK.join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
    for stem in filter(None, stems):
        yield str(path.parent / stem)
    for stem in filter(None, stems):
        yield f"/{stem}"


def read_record(content: dict[str, Any], where: str) -> dict[str, str | None] | None:
    """Return for each generated picture the name of its original, as ``provenance.json`` has it.

    Args:
        content: What the file holds.
        where: The file, for messages.

    Returns:
        None where the file is another program's, so that names must say it; a picture that several originals are said
        to have has the value None.

    Raises:
        DataError: The file is of a newer version, or not as this one should be.
    """
    if content.get("format") != PROVENANCE_FORMAT:
        return None
    version, pictures = content.get("version"), content.get("pictures")
    if version != PROVENANCE_VERSION:
        raise DataError(f"{where}: version {version!r}, expected {PROVENANCE_VERSION}; read it with a newer corelate")
    if not isinstance(pictures, dict):
        raise DataError(f"{where}: 'pictures' must be an object, found {json_type(pictures)}")
    record: dict[str, str | None] = {}
    for original, generated in pictures.items():
        if not (isinstance(generated, list) and all(isinstance(name, str) for name in generated)):
            raise DataError(
                f"{where}: each entry of 'pictures' must be a list of names; that of {shown(original)} is not"
            )
        for name in map(composed, generated):
            record[name] = original if record.get(name, original) == original else None
    return record
