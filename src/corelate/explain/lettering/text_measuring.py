"""How wide texts are in a drawing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

# Letters may come out a little wider in a file than they are measured.
SLACK = 0.97


def text_measure(size: float, *, bold: bool = False) -> Callable[[str], float]:
    """Return what measures texts in inches, in letters of so many points."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")

    @cache
    def measure(text: str) -> float:
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
        return float(width) / 72 / SLACK

    return measure
