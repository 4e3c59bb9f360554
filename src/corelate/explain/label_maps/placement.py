"""Where texts go beside their dots, so that none lies on another text, a dot or a line that leads to a dot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Squares a point (1/72 inch) is divided into, each way.
FINENESS = 2
# Points between a dot and its text, from beside it to far off; from LED on a line leads from one to the other.
GAPS = (1.5, 3.0, 6.0, 10.0, 15.0, 21.0, 28.0, 36.0, 46.0, 58.0)
LED = 5.0
# Beside the dot first, then above and below, then between.
ANGLES = np.deg2rad([0, 180, 90, 270, 45, 135, 315, 225, *(22.5 + 45 * np.arange(8))])
# Free room that a text keeps to its left and right.
MARGIN = 1.0


@dataclass(frozen=True)
class Placed:
    """A text that has found its place; all in points.

    Attributes:
        left: Its left edge.
        bottom: Its lower edge.
        leader: Ends of the line from the dot to the text, (x, y, x, y), or None where it stands beside its dot.
    """

    left: float
    bottom: float
    leader: tuple[float, float, float, float] | None


class Room:
    """An area in which boxes are taken, remembered in small squares.

    Args:
        width: In points.
        height: In points.
    """

    def __init__(self, width: float, height: float) -> None:
        self.taken = np.zeros((int(height * FINENESS), int(width * FINENESS)), bool)

    def is_free(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Tell whether a box lies inside and nothing is in it."""
        rows, columns = self._squares(left, bottom, right, top)
        inside = left >= 0 and bottom >= 0 and rows.stop <= self.taken.shape[0] and columns.stop <= self.taken.shape[1]
        return inside and not self.taken[rows, columns].any()

    def take(self, left: float, bottom: float, right: float, top: float) -> None:
        """Take every square that a box touches."""
        rows, columns = self._squares(max(left, 0), max(bottom, 0), right, top)
        self.taken[rows, columns] = True

    def is_free_along(self, line: tuple[float, float, float, float]) -> bool:
        """Tell whether nothing is on a line."""
        rows, columns = self._line(line)
        return not self.taken[rows, columns].any()

    def take_along(self, line: tuple[float, float, float, float]) -> None:
        """Take the squares on a line."""
        rows, columns = self._line(line)
        self.taken[rows, columns] = True

    @staticmethod
    def _squares(left: float, bottom: float, right: float, top: float) -> tuple[slice, slice]:
        rows = slice(int(bottom * FINENESS), int(np.ceil(top * FINENESS)))
        return rows, slice(int(left * FINENESS), int(np.ceil(right * FINENESS)))

    def _line(self, line: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
        steps = max(2, int(2 * FINENESS * np.hypot(line[2] - line[0], line[3] - line[1])))
        along = np.linspace(0, 1, steps)
        columns = ((line[0] + along * (line[2] - line[0])) * FINENESS).astype(int)
        rows = ((line[1] + along * (line[3] - line[1])) * FINENESS).astype(int)
        return rows.clip(0, self.taken.shape[0] - 1), columns.clip(0, self.taken.shape[1] - 1)


def place_texts(
    dots: np.ndarray, radii: np.ndarray, order: np.ndarray, sizes: np.ndarray, area: tuple[float, float]
) -> dict[int, Placed]:
    """Find places for texts, one after another; one that finds none is left out.

    Args:
        dots: N×2, middles of all dots, in points from the lower left corner.
        radii: Of the N dots, in points.
        order: The dots that get a text, the most important first.
        sizes: Width and height of these texts, in points, one row for each of `order`.
        area: Width and height of the area, in points.

    Returns:
        The places by the number of the dot.
    """
    everything, texts = Room(*area), Room(*area)
    for (x, y), radius in zip(dots, radii, strict=True):
        everything.take(x - radius, y - radius, x + radius, y + radius)
    placed = {}
    for dot, size in zip(order.tolist(), sizes, strict=True):
        place = _place(dots[dot], float(radii[dot]), size, everything, texts)
        if place is None:
            continue
        placed[dot] = place
        for room in (everything, texts):
            right = place.left + size[0] + MARGIN
            room.take(place.left - MARGIN, place.bottom, right, place.bottom + size[1])
            if place.leader:
                room.take_along(place.leader)
    return placed


def _place(dot: np.ndarray, radius: float, size: np.ndarray, everything: Room, texts: Room) -> Placed | None:
    for gap, left, bottom in _candidates(dot, radius, size):
        if not everything.is_free(left - MARGIN, bottom, left + size[0] + MARGIN, bottom + size[1]):
            continue
        if gap < LED:
            return Placed(left, bottom, None)
        leader = _leader(dot, radius, left, bottom, size)
        # A line may pass a dot, as it is seen on both sides of it, but no text and no other line.
        if texts.is_free_along(leader):
            return Placed(left, bottom, leader)
    return None


def _candidates(dot: np.ndarray, radius: float, size: np.ndarray) -> Iterator[tuple[float, float, float]]:
    """Give gaps and lower left corners of places for a text around a dot, the best first."""
    for gap in GAPS:
        for angle in ANGLES:
            # On an ellipse around the dot, so that the text's edge, not its middle, is `gap` from the dot.
            x = dot[0] + np.cos(angle) * (size[0] / 2 + MARGIN + radius + gap)
            y = dot[1] + np.sin(angle) * (size[1] / 2 + radius + gap)
            yield gap, float(x - size[0] / 2), float(y - size[1] / 2)


def _leader(
    dot: np.ndarray, radius: float, left: float, bottom: float, size: np.ndarray
) -> tuple[float, float, float, float]:
    """Return the line from a dot's edge to the nearest point of a text."""
    end = np.clip(dot, [left, bottom], [left + size[0], bottom + size[1]])
    way = end - dot
    start = dot + way * (radius / max(float(np.hypot(*way)), radius))
    return float(start[0]), float(start[1]), float(end[0]), float(end[1])
