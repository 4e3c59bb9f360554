"""Names beside some points of a drawing, each where it covers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from corelate.explain.drawing import INK, settle

# Where a name may stand as seen from its point: offset in points of type, and how the text is aligned.
_PLACES = [
    ((5, 0), "left", "center"),
    ((-5, 0), "right", "center"),
    ((0, 5), "center", "bottom"),
    ((0, -5), "center", "top"),
    ((4, 4), "left", "bottom"),
    ((4, -4), "left", "top"),
    ((-4, 4), "right", "bottom"),
    ((-4, -4), "right", "top"),
]
POINT_RADIUS = 3.0
"""How far around a point no name should stand, in pixels."""


def name_points(axes: Axes, points: np.ndarray, names: Sequence[tuple[int, str]], size: float = 8) -> int:
    """Write names beside their points; a name for which there is no free place is left out.

    Args:
        axes: Where the points are drawn already, with their final limits; its figure is settled.
        points: All points in the axes' own coordinates, P×2; names keep off them.
        names: Rows of points with their names, most important first.
        size: Of the letters.

    Returns:
        How many names were written.
    """
    figure: Any = axes.figure
    # Where in pixels everything is.
    settle(figure)
    renderer = figure.canvas.get_renderer()
    pixels = axes.transData.transform(points)
    taken: list[Bbox] = []
    for row, name in names:
        others = np.delete(pixels, row, axis=0)
        for offset, horizontal, vertical in _PLACES:
            text = axes.annotate(
                name,
                points[row],
                xytext=offset,
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                fontsize=size,
                color=INK,
            )
            box = text.get_window_extent(renderer)
            if _is_free(box, axes.bbox, taken, others):
                taken.append(box)
                break
            text.remove()
    return len(taken)


def _is_free(box: Bbox, frame: Bbox, taken: Sequence[Bbox], points: np.ndarray) -> bool:
    inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    near = Bbox.from_extents(box.x0 - POINT_RADIUS, box.y0 - POINT_RADIUS, box.x1 + POINT_RADIUS, box.y1 + POINT_RADIUS)
    covers = ((points > (near.x0, near.y0)) & (points < (near.x1, near.y1))).all(axis=1).any()
    return inside and not covers and not any(box.overlaps(other) for other in taken)
