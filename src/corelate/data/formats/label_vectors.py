"""Files of vectors that say which labels each picture has (``.hvecs`` of TagProp's data page).

A vector is a count of its elements and then the elements. In the published ``.hvecs`` files both are 16-bit numbers, in
``.hvecs32`` 32-bit ones; other writers of such files put a 32-bit count before elements of 8, 16 or 32 bits. All are
little-endian. The number of pictures and labels is known from other files, so that the size of a file says which it is.
"""

from __future__ import annotations

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.errors import DataError

# Bytes of the count and of an element; the published layout first.
_LAYOUTS = ((2, 2), (4, 4), (4, 2), (4, 1), (2, 1), (2, 4))


def read_label_vectors(data: bytes, where: str, count: int, label_count: int) -> np.ndarray:
    """Return the marks of all pictures.

    Args:
        data: The bytes of the file.
        where: The file, for messages.
        count: How many pictures there are.
        label_count: How many labels there are.

    Returns:
        Pictures × labels, int8: 1, 0, and `UNKNOWN` where the file has another number.

    Raises:
        DataError: The file has no layout that is known, or does not fit the numbers.
    """
    fitting = [layout for layout in _LAYOUTS if len(data) == count * (layout[0] + layout[1] * label_count)]
    files = [_vectors(data, layout, count, label_count) for layout in fitting]
    readable = [file["marks"] for file in files if (file["count"] == label_count).all()]
    if not readable:
        raise DataError(f"{where}: {_expected(data, count, label_count)}")
    # With two labels two layouts may fit; wrong marks tell the wrong one.
    return _targets(next((marks for marks in readable if (marks <= 1).all()), readable[0]), where)


def _vectors(data: bytes, layout: tuple[int, int], count: int, label_count: int) -> np.ndarray:
    count_bytes, mark_bytes = layout
    kind = [("count", f"<u{count_bytes}"), ("marks", f"<u{mark_bytes}", (label_count,))]
    return np.frombuffer(data, np.dtype(kind), count)


def _targets(marks: np.ndarray, where: str) -> np.ndarray:
    bad = marks > 1
    if bad.mean() > 1 / 2:
        row, column = np.argwhere(bad)[0].tolist()
        raise DataError(
            f"{where}: vector {row + 1} holds {marks[row, column]} for label {column + 1}; "
            "expected 0 or 1 for each label, so this is no file of labels"
        )
    return np.where(bad, UNKNOWN, marks).astype(np.int8)


def _expected(data: bytes, count: int, label_count: int) -> str:
    official = count * (2 + 2 * label_count)
    found = int.from_bytes(data[:2], "little")
    beginning = f"; its first vector says that it has {found}" if len(data) >= 2 else ""
    return (
        f"{len(data):,} bytes{beginning}. Expected a vector of {label_count} marks for each of the {count} pictures of "
        f"the list: a count and the marks, 16-bit little-endian, {official:,} bytes in all (or a 32-bit count, marks "
        "of 8 or 32 bits). The list, the dictionary and the vectors must belong together"
    )
