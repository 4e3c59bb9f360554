"""Fitting labels and names, whatever strangers wrote, into lines of a given width."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Measure = Callable[[str], float]
"""The width of a text."""
SEPARATOR = " · "
# Control characters, halves of surrogate pairs, line and paragraph separators: no picture and no SVG may hold them.
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
# Nor these, which are no letters, and never will be.
_NO_LETTERS = "\ufffe\uffff"
# Marks that turn the direction of all that follows them, beyond the text that they are in.
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LEFT_TO_RIGHT = "\u200e"
# Of a longer text no more is looked at; no line holds it.
_LONGEST = 400


def one_line(text: str) -> str:
    """Return a text without line breaks and without what can't be drawn."""
    kept = "".join(" " if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text)
    return " ".join("".join(letter for letter in kept if letter not in _TURNING + _NO_LETTERS).split())


def shortened(text: str, width: float, measure: Measure, *, keep_end: bool = False) -> str:
    """Return a text that fits a width; what is cut off is marked by an ellipsis.

    Args:
        text: One line.
        width: What it may take.
        measure: The width of a text.
        keep_end: Cut off the beginning, as of a path, and not the end.
    """
    if len(text) <= _LONGEST and measure(text) <= width:
        return text
    fits, too_long = 0, min(len(text), _LONGEST)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(_cut(text, middle, keep_end)) <= width:
            fits = middle
        else:
            too_long = middle
    return _cut(text, fits, keep_end)


def fill_lines(items: Sequence[tuple[str, str]], width: float, measure: Measure, limit: int) -> list[str]:
    """Return items one after another in lines; those that find no room are counted: ``+3 more``.

    Args:
        items: Texts, each with an ending that is never cut off; a text that is too long for a line is shortened.
        width: Of a line.
        measure: The width of a text.
        limit: The number of lines, at least 1.
    """
    lines: list[list[str]] = [[]]
    for number, (text, ending) in enumerate(items):
        item = _fitted(text, ending, width, measure)
        if lines[-1] and measure(SEPARATOR.join([*lines[-1], item])) > width:
            if len(lines) == limit:
                line = items[number - len(lines[-1]) : number]
                lines[-1] = _with_rest(line, len(items) - number, width, measure)
                break
            lines.append([])
        lines[-1].append(item)
    return [SEPARATOR.join(line) for line in lines if line]


def wrapped(text: str, width: float, measure: Measure, limit: int) -> list[str]:
    """Return a text in lines, broken between words; the last of `limit` lines is shortened if need be."""
    words = one_line(text).split()
    lines: list[str] = []
    for number, word in enumerate(words):
        if lines and measure(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        elif len(lines) == limit:
            lines[-1] = shortened(" ".join([lines[-1], *words[number:]]), width, measure)
            break
        else:
            lines.append(shortened(word, width, measure))
    return lines


def shared_lines(needed: Sequence[int], limit: int) -> list[int]:
    """Return how many lines each of some texts gets of all: one each, then in turns until none needs more."""
    given = [min(1, lines) for lines in needed]
    while sum(given) < limit:
        open_ones = [place for place, lines in enumerate(needed) if given[place] < lines]
        if not open_ones:
            break
        for place in open_ones[: limit - sum(given)]:
            given[place] += 1
    return given


def _cut(text: str, length: int, keep_end: bool) -> str:
    if keep_end:
        return "…" + text[len(text) - length :].lstrip()
    return text[:length].rstrip() + "…"


def _fitted(text: str, ending: str, width: float, measure: Measure) -> str:
    """Return an item that fits a width, with its whole ending."""
    item = shortened(text, width - measure(ending), measure)
    # Numbers after a word that is written from the right would be drawn before it.
    turns = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in item)
    return f"{item}{_LEFT_TO_RIGHT if turns else ''}{ending}"


def _with_rest(line: Sequence[tuple[str, str]], rest: int, width: float, measure: Measure) -> list[str]:
    """Return the items of a line, as far as there is room for how many more there are, and that."""
    for kept in range(len(line), 0, -1):
        more = f"+{rest + len(line) - kept:,} more"
        # The last that stays may be made shorter, but only where it is the last of all.
        room = width - measure(SEPARATOR + more) if kept == 1 else width
        texts = [*(_fitted(*item, room, measure) for item in line[:kept]), more]
        if kept == 1 or measure(SEPARATOR.join(texts)) <= width:
            return texts
    return [f"+{rest:,} more"]
