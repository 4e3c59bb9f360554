"""Drawing a sheet of pictures with their tags, all on one pair of axes that counts in inches from the upper left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from corelate.explain.drawing import INK, LINE, MISSED, RIGHT, SOFT, WRONG, HeadingLine, draw_heading, new_sheet
from corelate.explain.lettering.text_fitting import fill_lines, one_line, shared_lines, shortened, wrapped
from corelate.explain.lettering.text_measuring import text_measure
from corelate.explain.sheet.picture_tags import SIGNS, Tag
from corelate.explain.sheet.prediction_sheet import PredictionSheet, SheetPicture

COLOURS = {"right": RIGHT, "wrong": WRONG, "missed": MISSED, "unknown": SOFT}
# All lengths in inches, sizes of letters in points.
PANEL, GAP, MARGIN = 2.3, 0.2, 0.15
TALLEST = 1.9
TITLE_SIZE, TEXT_SIZE, NAME_SIZE = 10.0, 8.0, 6.5
TITLE_LINE, TEXT_LINE, NAME_LINE = 0.19, 0.152, 0.15
GUTTER = 0.15
MOST_LINES = 7
PADDING = 0.05


@dataclass(frozen=True)
class _Line:
    """A line of tags of one kind; the sign stands before the first."""

    kind: str
    sign: str
    text: str


@dataclass(frozen=True)
class _Panel:
    """A picture with what stands below it."""

    entry: SheetPicture
    image: Image.Image | str | None
    name: str
    lines: list[_Line]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture in inches, in its own proportions."""
        if not isinstance(self.image, Image.Image):
            return PANEL, 0.0 if self.image is None else 1.2
        width, height = self.image.size
        scale = min(PANEL / width, TALLEST / height)
        return width * scale, height * scale

    @property
    def text_height(self) -> float:
        """Height of name and tags in inches."""
        return NAME_LINE + TEXT_LINE * max(1, len(self.lines))


def draw_sheet(sheet: PredictionSheet) -> Figure:
    """Return the pictures in rows, each with its tags below it."""
    # Where the whole data set can't be read, one sentence says so, and not each panel.
    unreadable = sheet.pictures is not None and bool(sheet.pictures.problem)
    images: Sequence[Image.Image | str | None] = [None] * len(sheet.entries) if unreadable else sheet.images
    panels = [_panel(entry, image) for entry, image in zip(sheet.entries, images, strict=True)]
    rows = [panels[start : start + sheet.columns] for start in range(0, len(panels), sheet.columns)]
    width = 2 * MARGIN + sheet.columns * PANEL + (sheet.columns - 1) * GAP
    notes = _notes(sheet, width - 2 * MARGIN)
    top = MARGIN + sum(height for *_, height in notes) + 0.1
    height = top + sum(_row_height(row) + GAP for row in rows)
    figure, axes = new_sheet(width, height)
    _draw_notes(axes, notes, [kind for kind in SIGNS if kind != "unknown" or sheet.counts[kind]])
    for row in rows:
        tallest = max(panel.size[1] for panel in row)
        for column, panel in enumerate(row):
            _draw_panel(axes, panel, MARGIN + column * (PANEL + GAP), top, tallest)
        top += _row_height(row) + GAP
    return figure


def _row_height(row: Sequence[_Panel]) -> float:
    tallest = max(panel.size[1] for panel in row)
    return tallest + 2 * PADDING + max(panel.text_height for panel in row)


def _notes(sheet: PredictionSheet, width: float) -> list[HeadingLine]:
    """Return the lines above the pictures: text, size in points, colour, height in inches."""
    title = wrapped(sheet.heading, width, text_measure(TITLE_SIZE, bold=True), 3)
    about = f"{sheet.source}, rule {sheet.rule}"
    if sheet.pictures is not None and sheet.pictures.problem:
        about += f"; without pictures: {sheet.pictures.problem}"
    below = wrapped(about, width, text_measure(TEXT_SIZE), 3)
    return [
        *((line, TITLE_SIZE, INK, TITLE_LINE) for line in title),
        *((line, TEXT_SIZE, SOFT, TEXT_LINE) for line in below),
        ("", TEXT_SIZE, SOFT, TEXT_LINE * 1.25),
    ]


def _draw_notes(axes: Axes, notes: list[HeadingLine], kinds: list[str]) -> None:
    """Draw the lines above the pictures, the last of them the signs."""
    top = draw_heading(axes, notes[:-1], MARGIN)
    signs = [f"{SIGNS[kind]} {kind}" for kind in kinds]
    widths = [text_measure(TEXT_SIZE)(sign) for sign in signs]
    room = axes.get_xlim()[1] - 2 * MARGIN - sum(widths)
    left = MARGIN
    for kind, sign, width in zip(kinds, signs, widths, strict=True):
        axes.text(left, top + 0.03, sign, fontsize=TEXT_SIZE, color=COLOURS[kind], va="top")
        left += width + min(0.15, room / len(signs))


def _panel(entry: SheetPicture, image: Image.Image | str | None) -> _Panel:
    name = shortened(one_line(entry.name), PANEL, text_measure(NAME_SIZE), keep_end=True)
    return _Panel(entry, image, name, _tag_lines(entry))


def _tag_lines(entry: SheetPicture) -> list[_Line]:
    measure, width = text_measure(TEXT_SIZE), PANEL - GUTTER
    # Where there is no room for all, errors are what the sheet is for.
    kinds = [kind for kind in ("wrong", "missed", "right", "unknown") if entry.of_kind(kind)]
    items = {kind: [_item(tag) for tag in entry.of_kind(kind)] for kind in kinds}
    needed = [len(fill_lines(items[kind], width, measure, MOST_LINES)) for kind in kinds]
    room = dict(zip(kinds, shared_lines(needed, MOST_LINES), strict=True))
    lines = []
    for kind in SIGNS:
        if kind in room:
            texts = fill_lines(items[kind], width, measure, room[kind])
            lines += [_Line(kind, "" if number else SIGNS[kind], text) for number, text in enumerate(texts)]
    return lines


def _item(tag: Tag) -> tuple[str, str]:
    """Return a label, and for errors the score, which says how confident they are."""
    return one_line(tag.label), f" {tag.score:.2f}" if tag.kind in ("wrong", "missed") else ""


def _draw_panel(axes: Axes, panel: _Panel, left: float, top: float, tallest: float) -> None:
    if tallest:
        # The pictures of a row stand on mats of one size, so that tags begin at one height. Mats and pictures are drawn
        # in turns: neighbouring pictures would be joined to one of the sheet's size, in time that grows with that.
        axes.add_patch(Rectangle((left, top), PANEL, tallest, facecolor=LINE, alpha=0.4, linewidth=0, zorder=1))
    else:
        axes.plot([left, left + PANEL], [top, top], color=LINE, linewidth=0.8)
    if isinstance(panel.image, str):
        _draw_reason(axes, panel.image, left, top, tallest)
    elif panel.image is not None:
        width, height = panel.size
        across, down = left + (PANEL - width) / 2, top + (tallest - height) / 2
        extent = (across, across + width, down + height, down)
        axes.imshow(np.asarray(panel.image), extent=extent, aspect="auto", zorder=1)
    below = top + tallest + PADDING
    axes.text(left, below, panel.name, fontsize=NAME_SIZE, color=SOFT, va="top")
    below += NAME_LINE
    for line in panel.lines:
        for text, indent in ((line.sign, 0.0), (line.text, GUTTER)):
            axes.text(left + indent, below, text, fontsize=TEXT_SIZE, color=COLOURS[line.kind], va="top")
        below += TEXT_LINE
    if not panel.lines:
        axes.text(left, below, "no tags", fontsize=TEXT_SIZE, color=SOFT, style="italic", va="top")


def _draw_reason(axes: Axes, reason: str, left: float, top: float, tallest: float) -> None:
    lines = wrapped(reason, PANEL - 0.3, text_measure(TEXT_SIZE), 5)
    middle = top + tallest / 2 - TEXT_LINE * len(lines) / 2
    for number, line in enumerate(lines):
        x, y = left + PANEL / 2, middle + number * TEXT_LINE
        axes.text(x, y, line, fontsize=TEXT_SIZE, color=SOFT, ha="center", va="top")
