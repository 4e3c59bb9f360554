"""The drawing of what labels did to the tags of one picture."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from corelate.explain.drawing import INK, SERIES, SOFT, new_figure
from corelate.explain.graph.sentences import signed
from corelate.explain.lettering.text_fitting import one_line, shortened
from corelate.explain.lettering.text_measuring import text_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from corelate.explain.graph.tag_influences import TagInfluences

RAISING, LOWERING, REST = SERIES[0], SERIES[1], SERIES[7]
SHOWN = 6
"""How many labels have a bar of their own beside the tag itself."""
BAR, HEAD, GAP = 0.2, 0.66, 0.3
"""Height of a bar, of what stands above the bars of a panel, and of the ticks below them, inches."""
PICTURE, PANEL, NAMES = 2.5, 3.9, 1.45
"""Widths of the picture with its margins, of a panel, and of the names beside a panel's bars, inches."""


@dataclass(frozen=True)
class _Bar:
    """A part of a logit.

    Attributes:
        name: What made it.
        value: How large it is.
        single: Whether one label made it; others are grey.
    """

    name: str
    value: float
    single: bool = True

    @property
    def colour(self) -> str:
        if not self.single:
            return REST
        return RAISING if self.value >= 0 else LOWERING


def draw_influences(found: TagInfluences) -> Figure:
    """Return the picture beside a panel for each tag: the way to its logit, and what each other label did."""
    count = len(found.tags)
    beside = 1 if count < 3 else 2
    heights = [_row_height(found, range(first, min(first + beside, count))) for first in range(0, count, beside)]
    notes = textwrap.wrap(_note(found), 120 if beside == 2 else 78)
    below = 0.45 + 0.15 * len(notes)
    width, height = PICTURE + beside * PANEL, max(sum(heights), _picture_height(found)) + below
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    _draw_picture(figure, found)
    shared: dict[str, Axes] = {}
    for number in range(count):
        left = PICTURE + number % beside * PANEL + NAMES
        top = height - sum(heights[: number // beside])
        _draw_panel(figure, found, number, (left, top), shared)
    _draw_legend(figure, below)
    figure.text(0.15 / width, 0.1 / height, "\n".join(notes), fontsize=7.5, color=SOFT, va="bottom", linespacing=1.4)
    return figure


def _row_height(found: TagInfluences, numbers: Sequence[int]) -> float:
    """Return the height of panels beside each other, inches."""
    bars = [len(_way(found, number)) + max(1, len(_other_labels(found, number))) for number in numbers]
    return HEAD + BAR * max(bars) + 2 * GAP


def _way(found: TagInfluences, number: int) -> list[_Bar]:
    """Return the way to a logit: what no label says, what the tag itself says, and all others together."""
    own = found.columns()[number]
    itself = float(found.contributions[number, own])
    bars = [_Bar(name, float(values[number]), single=False) for name, values in found.parts.items()]
    bars.append(_Bar("itself" if not bars else "itself, in the graph", itself))
    rest = found.logits[number] - found.base[number] - itself
    return [*bars, _Bar("all other labels", float(rest), single=False)]


def _other_labels(found: TagInfluences, number: int) -> list[_Bar]:
    """Return what other labels did: the strongest, the rest, and what they do only together."""
    moved, own = found.contributions[number], found.columns()[number]
    strongest = found.strongest(number, SHOWN)
    bars = [_Bar(_fitted(found.labels[column], NAMES - 0.1, 8), float(moved[column])) for column in strongest]
    others = np.setdiff1d(np.flatnonzero(moved), [own, *strongest])
    if len(others):
        bars.append(_Bar(f"{len(others):,} other{'s' * (len(others) > 1)}", float(moved[others].sum()), single=False))
    if not found.adds_up:
        bars.append(_Bar("only together", float(found.together[number]), single=False))
    return bars


def _draw_panel(
    figure: Figure, found: TagInfluences, number: int, corner: tuple[float, float], shared: dict[str, Axes]
) -> None:
    """Draw one tag below a corner, in inches; axes of one kind have one scale in all panels."""
    width, height = figure.get_size_inches()
    left, top = corner
    top -= HEAD
    for name, bars in (("way", _way(found, number)), ("labels", _other_labels(found, number))):
        high = BAR * max(len(bars), 1)
        box = (left / width, (top - high) / height, (PANEL - 2.0) / width, high / height)
        axes = figure.add_axes(box, sharex=shared.get(name))
        shared.setdefault(name, axes)
        _draw_bars(axes, bars, steps=name == "way")
        if name == "way":
            _draw_marks(axes, found, number)
        top -= high + GAP


def _draw_bars(axes: Axes, bars: list[_Bar], *, steps: bool) -> None:
    values, places = np.array([bar.value for bar in bars]), np.arange(len(bars))
    ends = np.cumsum(values)
    begins = ends - values if steps else np.zeros(len(bars))
    axes.barh(places, values, left=begins, color=[bar.colour for bar in bars], height=0.66, zorder=2)
    if steps:
        # From the end of each bar down to the beginning of the next.
        axes.vlines(ends[:-1], places[:-1], places[1:], color=SOFT, linewidth=0.7, zorder=3)
    axes.axvline(0, color=SOFT, linewidth=0.8, zorder=1)
    axes.set_yticks(places, [bar.name for bar in bars], fontsize=8, color=INK)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7, pad=2, length=2)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(visible=False, axis="y")
    # Bars begin at zero or at the last one's end, and not at the edge.
    axes.use_sticky_edges = False
    axes.margins(x=0.06)
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        text = signed(value).replace("-", "\N{MINUS SIGN}")
        axes.text(1.03, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5, color=SOFT)
    if not bars:
        axes.set_xticks([])
        axes.text(0, 0, "listens to no other label", fontsize=8, color=SOFT, va="center")


def _draw_marks(axes: Axes, found: TagInfluences, number: int) -> None:
    """Mark logit and threshold, and say what the panel is about."""
    logit, threshold = found.logits[number], found.thresholds[number]
    axes.axvline(logit, color=INK, linewidth=1.4, zorder=3)
    words = f"logit {logit:+.2f}"
    if 0 < threshold < 1:
        limit = math.log(threshold / (1 - threshold))
        axes.axvline(limit, color=INK, linewidth=1.1, linestyle=(0, (3, 2)), zorder=3)
        words += f", threshold {limit:+.2f}"
    words += ": given" if found.predicted[number] else ": not given"
    axes.set_title(_fitted(found.tags[number], PANEL - NAMES, 10, bold=True), fontsize=10, pad=16)
    axes.annotate(
        words.replace("-", "\N{MINUS SIGN}"),
        (0, 1),
        (0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=SOFT,
    )


def _picture_height(found: TagInfluences) -> float:
    return 0.6 + (PICTURE - 0.3) * found.image.height / found.image.width


def _draw_picture(figure: Figure, found: TagInfluences) -> None:
    """Draw the picture at the top left, in its own proportions."""
    width, height = figure.get_size_inches()
    wide = PICTURE - 0.3
    high = wide * found.image.height / found.image.width
    axes = figure.add_axes((0.15 / width, 1 - (high + 0.4) / height, wide / width, high / height))
    axes.imshow(np.asarray(found.image), interpolation="antialiased", aspect="auto")
    axes.axis("off")
    name = _fitted(found.picture, PICTURE + NAMES - 0.3, 9, bold=True)
    figure.text(0.15 / width, 1 - 0.24 / height, name, fontsize=9, weight="bold", va="center")


def _fitted(name: str, width: float, size: float, *, bold: bool = False) -> str:
    return shortened(one_line(name), width, text_measure(size, bold=bold))


def _draw_legend(figure: Figure, below: float) -> None:
    width, height = figure.get_size_inches()
    handles = [
        Patch(color=RAISING, label="a label raises the logit"),
        Patch(color=LOWERING, label="lowers it"),
        Patch(color=REST, label="several, or none"),
        Line2D([], [], color=INK, lw=1.4, label="logit"),
        Line2D([], [], color=INK, lw=1.1, linestyle=(0, (3, 2)), label="threshold"),
    ]
    corner = (0.15 / width, (below - 0.32) / height)
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=corner,
        ncols=5,
        fontsize=8,
        handlelength=1.5,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.4,
    )


def _note(found: TagInfluences) -> str:
    if found.adds_up:
        meaning = (
            "Each bar is the share of one label's vector in the tag's classifier, seen on this picture: how well the "
            "picture fits that vector, not whether the label is in the picture. All together they are the logit."
        )
    else:
        meaning = (
            "Each bar is what the logit loses when one label says nothing in the picture's graph. Labels do not act "
            "one by one there; what only several do is a bar of its own."
        )
    more = f" {found.left_out:,} more tags were given." if found.left_out else ""
    return meaning + more
