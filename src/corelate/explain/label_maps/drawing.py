"""Drawing maps of labels: dots for all, texts for as many as find a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from corelate.explain.drawing import LINE, SERIES, SOFT, SURFACE, new_figure
from corelate.explain.label_maps.placement import Placed, place_texts
from corelate.explain.label_maps.spreading import fitted, pushed_apart
from corelate.explain.label_maps.words import counted
from corelate.explain.lettering.short_names import short_name
from corelate.explain.lettering.text_fitting import one_line, wrapped
from corelate.explain.lettering.text_measuring import SLACK, text_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from corelate.explain.label_maps.maps import LabelMap, LabelMaps

POINTS = 72
FEW, MANY = 60, 1000
"""Labels up to which two maps stand side by side; from which on they need more height."""
MOST_NAMED = 400
"""Texts that a map can hold and still be read."""
MOST_DRAWN = 1500
"""Dots up to which each is a shape in an SVG; more are a picture in it."""
TEXT_SIZES = (6.8, 11.0)
RADII = (1.4, 6.0)
EVENNESS = 0.5
"""How far dots are spread evenly over the panel, between not at all (0) and wholly (1)."""
SIZES = 8
"""Different sizes of dots and texts; more would not be told apart, and make files larger."""
LONGEST_NAME = 26
PIXEL = 0.5
SMALL, LINE_HEIGHT = 8.0, 11.0
HEAD, FOOT, EDGE, BETWEEN = 48.0, 32.0, 14.0, 18.0
"""Points above each map, below the last row, around everything and between maps."""


def draw_label_maps(maps: LabelMaps) -> Figure:
    """Return a figure with one panel for each map."""
    width, height, columns = _panel_size(len(maps.labels), len(maps.maps))
    rows = -(-len(maps.maps) // columns)
    whole = (columns * width + (columns - 1) * BETWEEN + 2 * EDGE, rows * (height + HEAD) + FOOT + EDGE)
    figure = new_figure(whole[0] / POINTS, whole[1] / POINTS)
    # Everything has its place already.
    figure.set_layout_engine("none")
    for number, label_map in enumerate(maps.maps):
        row, column = divmod(number, columns)
        left = EDGE + column * (width + BETWEEN)
        bottom = whole[1] - (row + 1) * (height + HEAD)
        axes = figure.add_axes((left / whole[0], bottom / whole[1], width / whole[0], height / whole[1]))
        # One unit is one point, so that texts are measured in the map's own units.
        axes.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, color=LINE)
        _draw_map(axes, maps, label_map, width, height)
    _draw_key(figure, maps, whole)
    return figure


def _panel_size(labels: int, stages: int) -> tuple[float, float, int]:
    """Return width and height of a panel in points, and how many stand side by side."""
    if labels <= FEW:
        return (380.0, 300.0, 2) if stages > 1 else (540.0, 360.0, 1)
    return 760.0, 640.0 if labels > MANY else 500.0, 1


def _draw_map(axes: Axes, maps: LabelMaps, label_map: LabelMap, width: float, height: float) -> None:
    steps = _size_steps(maps.counts, len(maps.labels))
    radii = np.linspace(*RADII, SIZES)[steps] * (0.6 if len(maps.labels) > MOST_DRAWN else 1)
    # Of principal components distances mean something, and stay as far as can be.
    dots = fitted(label_map.places, width, height, 0.0 if maps.options.method == "pca" else EVENNESS)
    if len(dots) <= MOST_DRAWN:
        dots = pushed_apart(dots, width, height)
    order = _by_frequency(maps)[:MOST_NAMED]
    texts = [short_name(one_line(maps.labels[label]), LONGEST_NAME) for label in order]
    text_sizes = np.linspace(*TEXT_SIZES, SIZES).round(1)[steps[order]]
    boxes = _measured(texts, text_sizes)
    placed = place_texts(dots, radii, order, boxes[:, :2], (width, height))
    _draw_lines(axes, dots, maps.pairs, placed)
    _draw_dots(axes, dots, radii, maps.groups)
    for number, label in enumerate(order.tolist()):
        if label in placed:
            place = placed[label]
            baseline = place.bottom + boxes[number, 2]
            axes.text(place.left, baseline, texts[number], fontsize=text_sizes[number], zorder=5)
    labels = counted(len(maps.labels), "label")
    named = f"{labels}, all named" if len(placed) == len(maps.labels) else f"{len(placed):,} of {labels} named"
    about = f"{counted(label_map.width, 'number')} a label; {label_map.how}; {named}"
    _write_head(axes, label_map.stage, about, width, height)


def _write_head(axes: Axes, title: str, about: str, width: float, height: float) -> None:
    lines = wrapped(about, width / POINTS, text_measure(SMALL), 2)
    for number, line in enumerate(reversed(lines)):
        axes.text(0, height + 7 + LINE_HEIGHT * number, line, fontsize=SMALL, color=SOFT)
    axes.text(0, height + 10 + LINE_HEIGHT * len(lines), one_line(title), fontsize=10, fontweight="bold")


def _size_steps(counts: np.ndarray | None, labels: int) -> np.ndarray:
    """Return the step of size, 0 … SIZES-1, of each label, by the logarithm of its training pictures."""
    if counts is None or not counts.any():
        return np.full(labels, SIZES // 3)
    logarithms = np.log1p(counts)
    return np.asarray(np.rint(logarithms / logarithms.max() * (SIZES - 1)).astype(int))


def _by_frequency(maps: LabelMaps) -> np.ndarray:
    counts = np.zeros(len(maps.labels)) if maps.counts is None else maps.counts
    return np.argsort(-counts, kind="stable")


def _measured(texts: list[str], sizes: np.ndarray) -> np.ndarray:
    """Return width, height and depth below the line of texts in points, N×3.

    A text is as high as its line at least, whether or not a letter reaches up or down, so that all stand alike.
    """

    def measure(text: str, size: float) -> np.ndarray:
        return np.array(text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False))

    lines = {size: measure("lp", size) for size in set(sizes.tolist())}
    measured = [
        np.maximum(measure(text, size), lines[size] * (0, 1, 1)) for text, size in zip(texts, sizes, strict=True)
    ]
    # A file's pixels may make a text a little larger.
    return np.array(measured, float).reshape(-1, 3) / (SLACK, 1, 1) + (0, 2 * PIXEL, PIXEL)


def _draw_lines(axes: Axes, dots: np.ndarray, pairs: np.ndarray, placed: dict[int, Placed]) -> None:
    leaders = np.array([place.leader for place in placed.values() if place.leader]).reshape(-1, 2, 2)
    for ends, colour, thickness in ((dots[pairs], LINE, 0.8), (leaders, SOFT, 0.5)):
        if len(ends):
            # One path for all lines: a path for each would make an SVG several times as large.
            path = Path(ends.reshape(-1, 2).round(1), [Path.MOVETO, Path.LINETO] * len(ends))
            axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=thickness, zorder=1))


def _draw_dots(axes: Axes, dots: np.ndarray, radii: np.ndarray, groups: np.ndarray) -> None:
    rasterised = len(dots) > MOST_DRAWN
    for group in np.unique(groups):
        for radius in np.unique(radii)[::-1]:
            chosen = dots[(groups == group) & (radii == radius)]
            axes.plot(
                *chosen.T,
                linestyle="",
                marker="o",
                markersize=2 * radius,
                color=SERIES[group],
                markeredgecolor=SURFACE,
                markeredgewidth=0.4,
                rasterized=rasterised,
                zorder=3,
            )


def _draw_key(figure: Figure, maps: LabelMaps, whole: tuple[float, float]) -> None:
    alike = "alike in direction" if maps.options.distance == "cosine" else "near each other"
    parts = [f"Near on the map: vectors that are {alike}."]
    if maps.groups.any():
        parts.append(f"Colour: region of {'the last' if len(maps.maps) > 1 else 'this'} map.")
    if maps.counts is not None:
        parts.append("Size: pictures in training.")
    if len(maps.pairs):
        parts.append("Lines: labels that go together most.")
    lines = wrapped(" ".join(parts), (whole[0] - 2 * EDGE) / POINTS, text_measure(SMALL), 2)
    for number, line in enumerate(lines):
        height = FOOT - 14 - LINE_HEIGHT * number
        figure.text(EDGE / whole[0], height / whole[1], line, fontsize=SMALL, color=SOFT)
