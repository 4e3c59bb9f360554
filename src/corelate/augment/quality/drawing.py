"""Drawing originals beside their generated pictures, on one pair of axes that counts in inches from the upper left."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from corelate.augment.quality.generated_quality import GeneratedQuality
from corelate.augment.quality.sheet_pictures import SheetPicture, sheet_rows
from corelate.augment.quality.words import sentences
from corelate.explain.drawing import INK, LINE, SOFT, HeadingLine, draw_heading, new_sheet
from corelate.explain.lettering.text_fitting import one_line, shortened, wrapped
from corelate.explain.lettering.text_measuring import text_measure

# All lengths in inches, sizes of letters in points.
PANEL, GAP, MARGIN = 1.7, 0.15, 0.15
TALLEST = 1.7
# Between the original and what was generated from it.
DIVIDE = 0.15
TITLE_SIZE, TEXT_SIZE, NAME_SIZE = 10.0, 8.0, 6.5
TITLE_LINE, TEXT_LINE, NAME_LINE = 0.19, 0.152, 0.13
PADDING = 0.05
LEAST_COLUMNS = 4
# Height of a panel whose picture can't be shown.
REASON = 1.1


def draw_sheet(quality: GeneratedQuality) -> Figure:
    """Return a row for each original of the sheet, from the nearest to the farthest generated pictures."""
    rows = sheet_rows(quality)
    columns = max(LEAST_COLUMNS, *map(len, rows)) if rows else LEAST_COLUMNS
    width = 2 * MARGIN + columns * PANEL + (columns - 1) * GAP + DIVIDE
    notes = _notes(quality, width - 2 * MARGIN)
    top = MARGIN + sum(height for *_, height in notes) + 0.12
    figure, axes = new_sheet(width, top + sum(_row_height(row) + GAP for row in rows))
    draw_heading(axes, notes, MARGIN)
    for row in rows:
        tallest = _tallest(row)
        for column, picture in enumerate(row):
            left = MARGIN + column * (PANEL + GAP) + (DIVIDE if column else 0)
            _draw_panel(axes, picture, left, top, tallest)
        top += _row_height(row) + GAP
    return figure


def _notes(quality: GeneratedQuality, width: float) -> list[HeadingLine]:
    """Return the lines above the pictures: text, size in points, colour, height in inches."""
    shown, count = len(quality.spread), len(quality.families)
    which = f"{shown} of them, " if shown < count else ""
    about = f"{which}from the nearest to the farthest by {quality.ordered_by}; generated pictures brought upright"
    title = wrapped(f"{quality.source}: {quality.heading}", width, text_measure(TITLE_SIZE, bold=True), 3)
    below = [line for text in (about, *sentences(quality)) for line in wrapped(text, width, text_measure(TEXT_SIZE), 3)]
    return [
        *((line, TITLE_SIZE, INK, TITLE_LINE) for line in title),
        *((line, TEXT_SIZE, SOFT, TEXT_LINE) for line in below),
    ]


def _size(picture: SheetPicture) -> tuple[float, float]:
    """Return width and height of a picture in inches, in its own proportions."""
    if not isinstance(picture.image, Image.Image):
        return PANEL, REASON
    width, height = picture.image.size
    scale = min(PANEL / width, TALLEST / height)
    return width * scale, height * scale


def _tallest(row: list[SheetPicture]) -> float:
    return max(_size(picture)[1] for picture in row)


def _row_height(row: list[SheetPicture]) -> float:
    lines = max(len(picture.lines) for picture in row)
    return _tallest(row) + 2 * PADDING + NAME_LINE + TEXT_LINE * lines


def _draw_panel(axes: Axes, picture: SheetPicture, left: float, top: float, tallest: float) -> None:
    # A mat below each picture, so that neighbouring pictures are not joined to one of the sheet's size.
    axes.add_patch(Rectangle((left, top), PANEL, tallest, facecolor=LINE, alpha=0.4, linewidth=0, zorder=1))
    if isinstance(picture.image, str):
        _draw_reason(axes, picture.image, left, top, tallest)
    else:
        width, height = _size(picture)
        across, down = left + (PANEL - width) / 2, top + (tallest - height) / 2
        extent = (across, across + width, down + height, down)
        axes.imshow(np.asarray(picture.image), extent=extent, aspect="auto", zorder=1)
    below = top + tallest + PADDING
    name = shortened(one_line(picture.name), PANEL, text_measure(NAME_SIZE), keep_end=True)
    axes.text(left, below, name, fontsize=NAME_SIZE, color=SOFT, va="top")
    below += NAME_LINE
    for line in picture.lines:
        text = shortened(line, PANEL, text_measure(TEXT_SIZE))
        axes.text(left, below, text, fontsize=TEXT_SIZE, color=INK, va="top")
        below += TEXT_LINE


def _draw_reason(axes: Axes, reason: str, left: float, top: float, tallest: float) -> None:
    lines = wrapped(reason, PANEL - 0.2, text_measure(TEXT_SIZE), 5)
    middle = top + tallest / 2 - TEXT_LINE * len(lines) / 2
    for number, line in enumerate(lines):
        x, y = left + PANEL / 2, middle + number * TEXT_LINE
        axes.text(x, y, line, fontsize=TEXT_SIZE, color=SOFT, ha="center", va="top")
