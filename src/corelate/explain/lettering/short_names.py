"""Names that come from strangers, cut to what a drawing has room for."""

from __future__ import annotations

import unicodedata

from corelate.explain.lettering.text_fitting import one_line, shortened


def short_name(name: str, room: int = 24) -> str:
    """Return a name on one line that is at most so many columns wide; letters of East Asia take two."""
    return shortened(one_line(name), room, _columns)


def _columns(text: str) -> float:
    return sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
