"""The drawing of a part of a label graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch

from corelate.explain.drawing import INK, SERIES, SOFT, SURFACE, new_figure
from corelate.explain.graph.layout import outward, place_labels
from corelate.explain.lettering.box_overlaps import spread_apart
from corelate.explain.lettering.short_names import short_name
from corelate.explain.lettering.text_fitting import shortened, wrapped
from corelate.explain.lettering.text_measuring import text_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from corelate.explain.graph.neighbourhood import LabelNeighbourhood

CHOSEN, IMPLIED, IMPLYING, OTHER = SERIES[0], SERIES[0], SERIES[1], SERIES[7]
NAME_SIZE, CHOSEN_SIZE = 9.0, 10.5
SMALLEST, LARGEST = 0.045, 0.2
"""Radius of a label's circle, inches."""
PADDING = 0.06
NARROWEST = 6.4
SIDE = 0.2
"""Margin on the left and on the right, inches."""
TITLE_SIZE, LEGEND_SIZE, NOTE_SIZE = 11.0, 8.0, 7.5
NOTE_LINES = 3
HANDLE, BESIDE_HANDLE, BETWEEN = 1.6, 0.8, 1.6
"""Widths in the legend, in sizes of its letters."""


@dataclass(frozen=True, eq=False)
class _Places:
    """Where everything is, in inches.

    Attributes:
        points: n×2, the middles of the circles.
        radii: float64[n].
        names: n×2, where the names' anchors are.
        alignments: Horizontal and vertical alignment of each name.
        boxes: n×2×4, circle and name, relative to the points.
    """

    points: np.ndarray
    radii: np.ndarray
    names: np.ndarray
    alignments: list[tuple[str, str]]
    boxes: np.ndarray


def draw_neighbourhood(near: LabelNeighbourhood) -> Figure:
    """Return the drawing; its size is what the labels need."""
    measure = new_figure(1, 1)
    places = _places(near, measure)
    corners = places.boxes + np.concatenate([places.points, places.points], axis=1)[:, None, :]
    low, high = corners[..., :2].min((0, 1)), corners[..., 2:].max((0, 1))
    kinds = _kinds(near)
    width = max(NARROWEST, high[0] - low[0] + 2 * SIDE, _legend_width(kinds) + 2 * SIDE)
    notes = wrapped(_note(near), width - 2 * SIDE, text_measure(NOTE_SIZE), NOTE_LINES)
    above, below = 0.5, 0.5 + 0.15 * len(notes)
    height = high[1] - low[1] + above + below
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    left = (low[0] + high[0] - width) / 2
    axes.set_xlim(left, left + width)
    axes.set_ylim(low[1] - below, high[1] + above)
    _draw_edges(axes, near, places)
    _draw_labels(axes, near, places)
    title = shortened(_title(near), width - 2 * SIDE, text_measure(TITLE_SIZE, bold=True))
    figure.text(SIDE / width, 1 - 0.2 / height, title, fontsize=TITLE_SIZE, weight="bold", va="center", ha="left")
    _draw_legend(figure, kinds, (SIDE / width, (0.18 + 0.15 * len(notes)) / height))
    note: dict[str, Any] = {"fontsize": NOTE_SIZE, "color": SOFT, "va": "bottom", "linespacing": 1.4}
    figure.text(SIDE / width, 0.1 / height, "\n".join(notes), **note)
    return figure


def _places(near: LabelNeighbourhood, measure: Figure) -> _Places:
    points = place_labels(near)
    radii = _radii(near)
    directions = outward(near, points)
    sizes = np.array([_name_size(near, number, measure) for number in range(len(near.labels))])
    names, alignments = np.zeros_like(points), []
    boxes = np.zeros((len(points), 2, 4))
    for number, (radius, (wide, high)) in enumerate(zip(radii.tolist(), sizes.tolist(), strict=True)):
        boxes[number, 0] = radius * np.array([-1, -1, 1, 1])
        if near.steps[number] == 0:
            alignments.append(("center", "center"))
            boxes[number, 1] = [-wide / 2, -high / 2, wide / 2, high / 2]
            continue
        across, up = directions[number]
        far = radius + 0.04
        if abs(across) > 0.5 * abs(up):
            anchor, alignment = (np.sign(across) * far, 0.0), ("left" if across > 0 else "right", "center")
            begin = far if across > 0 else -far - wide
            boxes[number, 1] = [begin, -high / 2, begin + wide, high / 2]
        else:
            anchor, alignment = (0.0, np.sign(up) * far), ("center", "bottom" if up > 0 else "top")
            begin = far if up > 0 else -far - high
            boxes[number, 1] = [-wide / 2, begin, wide / 2, begin + high]
        names[number] = anchor
        alignments.append(alignment)
    points = spread_apart(points, boxes, near.steps == 0, PADDING)
    return _Places(points, radii, points + names, alignments, boxes)


def _radii(near: LabelNeighbourhood) -> np.ndarray:
    """Return radii whose squares are as the numbers of pictures, as far as they can be seen and fit."""
    if near.occurrences is None or near.occurrences.max() == 0:
        return np.where(near.steps == 0, 1.5, 1.0) * 0.075
    return np.clip(LARGEST * np.sqrt(near.occurrences / near.occurrences.max()), SMALLEST, LARGEST)


def _name_size(near: LabelNeighbourhood, number: int, measure: Figure) -> tuple[float, float]:
    """Return width and height of a name as it will be drawn, inches."""
    text = measure.text(0, 0, short_name(near.labels[number]), **_font(near, number))
    extent = text.get_window_extent(dpi=72)
    text.remove()
    margin = 0.13 if near.steps[number] == 0 else 0.03
    return extent.width / 72 + margin, extent.height / 72 + margin * 0.8


def _font(near: LabelNeighbourhood, number: int) -> dict[str, Any]:
    if near.steps[number] == 0:
        return {"fontsize": CHOSEN_SIZE, "weight": "bold"}
    return {"fontsize": NAME_SIZE if near.steps[number] == 1 else NAME_SIZE - 1}


def _draw_labels(axes: Axes, near: LabelNeighbourhood, places: _Places) -> None:
    for number, label in enumerate(near.labels):
        chosen = near.steps[number] == 0
        colour = CHOSEN if chosen else OTHER
        middle = tuple(places.points[number])
        circle: dict[str, Any] = {"alpha": 0.25, "lw": 0} if chosen else {"edgecolor": SURFACE, "lw": 0.8}
        axes.add_patch(Circle(middle, places.radii[number], facecolor=colour, zorder=3, **circle))
        across, up = places.alignments[number]
        behind: dict[str, Any] = {"boxstyle": "round,pad=0.12", "facecolor": SURFACE, "edgecolor": "none", "alpha": 0.8}
        if chosen:
            behind = {"boxstyle": "round,pad=0.35", "facecolor": CHOSEN, "edgecolor": SURFACE, "linewidth": 1.0}
        axes.text(
            float(places.names[number, 0]),
            float(places.names[number, 1]),
            short_name(label),
            ha=across,
            va="center_baseline" if up == "center" else up,
            color=SURFACE if chosen else INK,
            bbox=behind,
            zorder=5 if chosen else 4,
            **_font(near, number),
        )


def _draw_edges(axes: Axes, near: LabelNeighbourhood, places: _Places) -> None:
    edges, steps = near.edges, near.steps
    nearest = np.minimum(steps[edges.conditions], steps[edges.implied])
    shown, others = np.flatnonzero(nearest == 0), _surest_others(near)
    both = set(zip(edges.conditions.tolist(), edges.implied.tolist(), strict=True))
    for place in [*others, *shown.tolist()]:
        begin, end = int(edges.conditions[place]), int(edges.implied[place])
        strength = float(edges.strengths[place])
        colour = IMPLIED if steps[begin] == 0 else IMPLYING if steps[end] == 0 else OTHER
        faint = 0.6 if nearest[place] else 1.0
        axes.add_patch(
            FancyArrowPatch(
                tuple(places.points[begin]),
                tuple(places.points[end]),
                connectionstyle=f"arc3,rad={0.14 if (end, begin) in both or faint < 1 else 0.06}",
                arrowstyle="-|>",
                mutation_scale=(5 + 5 * strength) * (0.6 + 0.4 * faint),
                linewidth=(0.6 + 2.2 * strength) * faint,
                color=colour,
                alpha=(0.3 + 0.6 * strength) * faint,
                shrinkA=_clearance(places, begin, end),
                shrinkB=_clearance(places, end, begin),
                zorder=1 if faint < 1 else 2,
            )
        )


def _surest_others(near: LabelNeighbourhood) -> list[int]:
    """Return edges between labels that are not chosen: all of them would be a grey cloud.

    Of each label two steps away the surest edge, and of the others the surest.
    """
    edges, steps = near.edges, near.steps
    away = np.flatnonzero(np.minimum(steps[edges.conditions], steps[edges.implied]) > 0)
    away = away[np.argsort(-edges.evidence[away], kind="stable")]
    farther = np.where(steps[edges.conditions] > steps[edges.implied], edges.conditions, edges.implied)
    outwards = away[steps[edges.conditions[away]] != steps[edges.implied[away]]]
    _, first = np.unique(farther[outwards], return_index=True)
    room = len(near.labels) if len(near.chosen) == 1 else len(near.labels) // 2
    kept: list[int] = np.union1d(outwards[first], away[:room]).tolist()
    return kept


def _clearance(places: _Places, at: int, towards: int) -> float:
    """Return how far an edge keeps from a label's middle, points: so that its end is not hidden below the label."""
    radius = float(places.radii[at])
    if places.alignments[at] == ("center", "center"):
        across, up = np.abs(places.points[towards] - places.points[at])
        half_wide, half_high = places.boxes[at, 1, 2:]
        # To where the straight line leaves the box of the name.
        out = min(half_wide / across if across else np.inf, half_high / up if up else np.inf)
        radius = max(radius, float(out * np.hypot(across, up)))
    return 72 * radius + 1.5


def _kinds(near: LabelNeighbourhood) -> list[tuple[str, str]]:
    """Return the kinds of edges that are there: their colour, and what they are in words."""
    one = len(near.chosen) == 1
    what = short_name(near.chosen[0], 16) if one else "a chosen label"
    steps, edges = near.steps, near.edges
    begins, ends = steps[edges.conditions] == 0, steps[edges.implied] == 0
    kinds = (
        (IMPLIED, f"{what} → what follows from it", begins),
        (IMPLYING, f"what {what} follows from → {what}", ends & ~begins),
        (OTHER, "between others, the surest", ~begins & ~ends),
    )
    return [(colour, text) for colour, text, there in kinds if there.any()]


def _legend_width(kinds: Sequence[tuple[str, str]]) -> float:
    """Return how wide the legend will be, inches."""
    measure = text_measure(LEGEND_SIZE)
    return sum(measure(text) + (HANDLE + BESIDE_HANDLE + BETWEEN) * LEGEND_SIZE / 72 for _, text in kinds)


def _draw_legend(figure: Figure, kinds: Sequence[tuple[str, str]], corner: tuple[float, float]) -> None:
    if not kinds:
        return
    figure.legend(
        handles=[Line2D([], [], color=colour, lw=2.2, label=text) for colour, text in kinds],
        loc="lower left",
        bbox_to_anchor=corner,
        ncols=len(kinds),
        fontsize=LEGEND_SIZE,
        borderpad=0,
        borderaxespad=0,
        handlelength=HANDLE,
        handletextpad=BESIDE_HANDLE,
        columnspacing=BETWEEN,
    )


def _title(near: LabelNeighbourhood) -> str:
    names = [short_name(label) for label in near.chosen]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return f"What goes with {listed}"


def _note(near: LabelNeighbourhood) -> str:
    words = []
    if len(near.edges):
        measure = "weight" if near.edges.probabilities is None else "probability"
        words.append(f"Stronger arrows: larger {measure}.")
    else:
        words.append("No edges.")
    if near.occurrences is not None:
        words.append("Area of a circle: pictures.")
    if near.left_out:
        words.append(f"{near.left_out:,} weaker neighbours are left out.")
    return " ".join([*words, f"From {near.about}."])
