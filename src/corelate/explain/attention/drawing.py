"""Drawing maps over pictures, all on one pair of axes that counts in inches from the upper left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from corelate.explain.attention.heat_maps import heated
from corelate.explain.attention.picture_maps import KINDS, MEANINGS, STOP, AttentionMaps, PictureMaps, TagMap
from corelate.explain.drawing import INK, LINE, MISSED, RIGHT, SOFT, WRONG, HeadingLine, draw_heading, new_sheet
from corelate.explain.lettering.text_fitting import one_line, shortened, wrapped
from corelate.explain.lettering.text_measuring import text_measure
from corelate.explain.run_pictures import shrunk

COLOURS = {"right": RIGHT, "wrong": WRONG, "missed": MISSED, "unknown": INK, "not given": SOFT, STOP: SOFT}
# All lengths in inches, sizes of letters in points.
PANEL, GAP, MARGIN = 1.75, 0.14, 0.15
SHORTEST, TALLEST = 0.05, 2.2
TITLE_SIZE, TAG_SIZE, TEXT_SIZE = 10.0, 8.5, 7.0
TITLE_LINE, TAG_LINE, TEXT_LINE = 0.2, 0.16, 0.135
PADDING = 0.05
# The narrowest figure: its heading needs room, too.
NARROWEST = 3 * PANEL
# Longer side of a panel's picture in pixels: twice what a figure of 150 dots an inch shows.
LONGEST = 400
# What the key's colours lie over: about as light as a photograph.
GREY = 170.0
SPREAD_NOTE = "spread: among which share of the places the weight is shared"
FADED_NOTE = "faded: not seen by the network, which takes the middle of a picture"


@dataclass(frozen=True)
class _Place:
    """Where a panel stands: its upper left corner, and the size of its picture."""

    left: float
    top: float
    width: float
    height: float


def draw_maps(maps: AttentionMaps) -> Figure:
    """Return one row for each picture: the picture, then each tag's map over it."""
    panels = 1 + max((len(picture.tags) for picture in maps.pictures), default=0)
    width = max(NARROWEST, panels * (PANEL + GAP) - GAP) + 2 * MARGIN
    sizes = [_size(picture.picture) for picture in maps.pictures]
    notes = _notes(maps, width - 2 * MARGIN)
    below = MARGIN + sum(height for *_, height in notes) + TEXT_LINE
    key_lines = [SPREAD_NOTE, *([FADED_NOTE] if any(map(_is_cut, maps.pictures)) else [])]
    key = TEXT_LINE * (1.6 + len(key_lines))
    figure, axes = new_sheet(width, below + sum(height + _texts() + GAP for _, height in sizes) + key)
    draw_heading(axes, notes, MARGIN)
    for picture, size in zip(maps.pictures, sizes, strict=True):
        _draw_row(axes, picture, below, size)
        below += size[1] + _texts() + GAP
    _draw_key(axes, below, key_lines)
    return figure


def _size(picture: Image.Image) -> tuple[float, float]:
    """Return the width and height of a picture in inches, in its own proportions."""
    scale = min(PANEL / picture.width, TALLEST / picture.height)
    return max(picture.width * scale, SHORTEST), max(picture.height * scale, SHORTEST)


def _texts() -> float:
    return TAG_LINE + TEXT_LINE + PADDING


def _is_cut(picture: PictureMaps) -> bool:
    left, top, right, bottom = picture.frame
    return left > 0 or top > 0 or right < 1 or bottom < 1


def _notes(maps: AttentionMaps, width: float) -> list[HeadingLine]:
    """Return the lines above the pictures: text, size in points, colour, height in inches."""
    title = wrapped(f"Where the network looks: {maps.source}", width, text_measure(TITLE_SIZE, bold=True), 2)
    about = f"Head {maps.head}, {maps.method}: {maps.meaning}. Tags by rule {maps.rule}; {maps.choice}."
    kinds = {tag.kind for picture in maps.pictures for tag in picture.tags}
    signs = "; ".join(f"{KINDS[kind]} {MEANINGS[kind]}" for kind in KINDS if kind in kinds)
    measure = text_measure(TEXT_SIZE)
    return [
        *((line, TITLE_SIZE, INK, TITLE_LINE) for line in title),
        *((line, TEXT_SIZE, SOFT, TEXT_LINE) for line in wrapped(about, width, measure, 4)),
        *((line, TEXT_SIZE, SOFT, TEXT_LINE) for line in wrapped(signs, width, measure, 3)),
    ]


def _draw_row(axes: Axes, picture: PictureMaps, top: float, size: tuple[float, float]) -> None:
    place = _Place(MARGIN, top, *size)
    name = shortened(one_line(picture.name), PANEL, text_measure(TAG_SIZE, bold=True), keep_end=True)
    width, height = picture.size
    more = f", {picture.more:,} more tags" if picture.more else ""
    _draw_panel(axes, shrunk(picture.picture, LONGEST), place, (name, INK), f"{width}×{height}{more}")
    for number, tag in enumerate(picture.tags, start=1):
        place = _Place(MARGIN + number * (PANEL + GAP), top, *size)
        title = _fitted(tag, text_measure(TAG_SIZE, bold=True))
        _draw_panel(axes, picture.overlay(tag, LONGEST), place, (title, COLOURS[tag.kind]), _figures(tag))


def _fitted(tag: TagMap, measure: Callable[[str], float]) -> str:
    sign = f"{KINDS[tag.kind]} "
    return sign + shortened(one_line(tag.label), PANEL - measure(sign), measure)


def _figures(tag: TagMap) -> str:
    step = "" if tag.step is None else f"step {tag.step}"
    score = "" if tag.score is None else f"{tag.score:.2f}"
    share = tag.spread
    looked = "nothing speaks for it" if share is None else f"spread {100 * share:.0f} %"
    return ", ".join(part for part in (score, step, looked) if part)


def _draw_panel(axes: Axes, image: Image.Image, place: _Place, title: tuple[str, str], note: str) -> None:
    text, colour = title
    axes.text(place.left, place.top, text, fontsize=TAG_SIZE, color=colour, weight="bold", va="top")
    axes.text(place.left, place.top + TAG_LINE, note, fontsize=TEXT_SIZE, color=SOFT, va="top")
    top = place.top + _texts()
    extent = (place.left, place.left + place.width, top + place.height, top)
    axes.imshow(np.asarray(image), extent=extent, aspect="auto")
    outline = Rectangle((place.left, top), place.width, place.height, fill=False, edgecolor=LINE, linewidth=0.5)
    axes.add_patch(outline)


def _draw_key(axes: Axes, top: float, below: list[str]) -> None:
    """Draw what the colours mean, and lines below that."""
    measure, middle = text_measure(TEXT_SIZE), top + TEXT_LINE / 2
    axes.text(MARGIN, middle, "nothing", fontsize=TEXT_SIZE, color=SOFT, va="center")
    left = MARGIN + measure("nothing") + 0.06
    extent = (left, left + 0.9, top + TEXT_LINE, top)
    colours = heated(np.full((256, 3), GREY), np.linspace(0, 1, 256))
    axes.imshow(colours.astype(np.uint8)[None], extent=extent, aspect="auto")
    axes.text(left + 0.96, middle, "most of this map", fontsize=TEXT_SIZE, color=SOFT, va="center")
    for number, line in enumerate(below, start=1):
        axes.text(MARGIN, middle + number * TEXT_LINE, line, fontsize=TEXT_SIZE, color=SOFT, va="center")
