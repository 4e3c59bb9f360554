"""Check `unreadable`: pictures that can't be read, and those that are too small or oddly shaped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity, counted, listed

UNREADABLE = Kind(
    "unreadable",
    "unreadable",
    Severity.ERROR,
    "pictures that can't be read",
    "Get them again, or take them out of the set; training leaves them out.",
)
ABSENT = Kind(
    "unreadable",
    "not there",
    Severity.HINT,
    "pictures that are not there",
    "Nothing to do if only their labels are wanted (labels_only=true).",
)
SMALL = Kind(
    "unreadable",
    "small",
    Severity.HINT,
    "pictures that are very small",
    "Look whether they are icons or thumbnails that were meant to be the pictures themselves.",
)
ODD = Kind(
    "unreadable",
    "odd shape",
    Severity.HINT,
    "pictures that are very long or high",
    "Networks see them squeezed into a square: crop them, or take them out.",
)


def find(case: Case) -> Iterator[Finding]:
    """Yield pictures that can't be decoded, and those whose size is odd."""
    looked_at, names, options = case.looked_at, case.names, case.options
    for row, reason in looked_at.failures.items():
        yield Finding(UNREADABLE, f"{names[row]}: {reason}", [names[row]])
    absent = [names[row] for row in np.flatnonzero(looked_at.absent).tolist()]
    if absent:
        text = f"{counted(len(absent), 'picture')}: {listed(absent)}"
        yield Finding(ABSENT, text, absent, numbers={"pictures": len(absent)})
    rows = looked_at.readable
    sizes = looked_at.sizes[rows]
    shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
    small = shorter < options.smallest_side
    odd = longer > options.widest_aspect * shorter
    for kind, chosen in ((SMALL, small), (ODD, odd)):
        for place in np.flatnonzero(chosen).tolist():
            width, height = sizes[place].tolist()
            name = names[rows[place]]
            yield Finding(kind, f"{name}: {width}×{height} pixels", [name], numbers={"width": width, "height": height})
