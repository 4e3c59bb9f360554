"""Drawings of explanations as parts of a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from corelate.report.html import element, escape, figure, paragraph
from corelate.report.isolation import isolated

if TYPE_CHECKING:
    from corelate.explain.explanation import Explanation

PIXELS_PER_INCH = 96  # as browsers count them


def drawn(explanation: Explanation, name: str, caption: str, *, strict: bool, wide: bool = False) -> str:
    """Return the drawing of an explanation with its caption, or in a sentence why there is none.

    What stands beside a drawing, sentences and tables, does not need it.

    Args:
        explanation: What is drawn.
        name: Unique on the page.
        caption: How to read it, and what it says; plain text.
        strict: As for `corelate.report.isolation.isolated`.
        wide: On a small screen, keep a readable size and be moved sideways.
    """
    return isolated(lambda: _figure(explanation, name, caption, wide), strict)


def _figure(explanation: Explanation, name: str, caption: str, wide: bool) -> str:
    from corelate.explain.drawing import draw, page_svg

    drawing = draw(explanation)
    svg = page_svg(drawing, name, caption)
    # What can be moved sideways must be reached by the keyboard.
    frame = {"class_": "wide" if wide else "middle", "tabindex": 0, "role": "group", "aria_label": "drawing"}
    # Not wider than the drawing and what stands around it.
    width = f"{drawing.get_figwidth() * PIXELS_PER_INCH:.0f}px"
    return figure(element("div", svg, **frame), caption, style=f"--width: {width}; max-width: calc({width} + 2rem)")


def sentences(lines: Iterable[str]) -> str:
    """Return lines of plain text as paragraphs that end as sentences do; indented lines are a list below theirs."""
    parts: list[str] = []
    for indented, group in itertools.groupby(lines, lambda line: line[:1].isspace()):
        if indented:
            parts.append(element("ul", "".join(element("li", escape(line.strip())) for line in group), class_="plain"))
        else:
            parts += [paragraph(line if line.endswith((".", "!", "?", ":")) else f"{line}.") for line in group]
    return "".join(parts)
