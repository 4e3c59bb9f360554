"""Moving things apart until none of their boxes overlap."""

from __future__ import annotations

import numpy as np

ROUNDS = 200
GROWTH = 1.06
PUSH = 0.52
"""Share of an overlap that each of two things gives way; a little over a half, so that it ends."""


def spread_apart(
    points: np.ndarray, boxes: np.ndarray, fixed: np.ndarray, gap: float = 0.0, rounds: int = ROUNDS
) -> np.ndarray:
    """Return places of n things that are as near the given ones as simple pushing keeps them, without overlap.

    Where pushing alone does not end, all places are drawn apart from each other a little and pushed again; that ends
    whenever no two things begin at the same place.

    Args:
        points: n×2, where the things are.
        boxes: n×m×4; each thing has m boxes of left, bottom, right and top, relative to its place.
        fixed: bool[n]; things that are not pushed.
        gap: What must stay free between boxes.
        rounds: Of pushing, before places are drawn apart.

    Returns:
        float64 n×2.
    """
    points = _distinct(np.array(points, np.float64))
    boxes = np.asarray(boxes, np.float64) + gap / 2 * np.array([-1, -1, 1, 1])
    while True:
        for _ in range(rounds):
            pushes = _pushes(points, boxes)
            if not pushes.any():
                return points
            pushes[fixed] = 0
            points = points + pushes
        points = points * GROWTH


def overlaps(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return for each two things the largest overlap of their boxes, n×n×2 of width and height, 0 where none."""
    placed = boxes + np.concatenate([points, points], axis=1)[:, None, :]
    low, high = placed[..., :2].min(1), placed[..., 2:].max(1)
    # Few things are near each other: only of these each box is compared with each.
    near = ((low[:, None] < high) & (low < high[:, None])).all(2) & ~np.eye(len(points), dtype=bool)
    one, other = np.nonzero(near)
    low = np.maximum(placed[one, :, None, :2], placed[other, None, :, :2])
    high = np.minimum(placed[one, :, None, 2:], placed[other, None, :, 2:])
    sizes = np.maximum(high - low, 0).reshape(len(one), boxes.shape[1] ** 2, 2)
    areas = sizes.prod(2)
    largest = areas.argmax(1)[:, None]
    sizes = np.take_along_axis(sizes, largest[..., None], 1)[:, 0]
    found = np.zeros((len(points), len(points), 2))
    found[one, other] = np.where(np.take_along_axis(areas, largest, 1) > 1e-12, sizes, 0)
    return found


def _pushes(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return how far each thing is pushed, n×2: away from each that it overlaps, the shorter way."""
    found = overlaps(points, boxes)
    away = points[:, None] - points[None, :]
    sideways = found[..., 0] < found[..., 1]
    size = np.where(sideways, found[..., 0], found[..., 1])
    direction = np.where(sideways, _sign(away[..., 0]), _sign(away[..., 1]))
    push = PUSH * size * direction
    return np.stack([np.where(sideways, push, 0).sum(1), np.where(sideways, 0, push).sum(1)], axis=1)


def _sign(values: np.ndarray) -> np.ndarray:
    """Return 1 or -1; of two things on one line the later one is moved up or to the right."""
    order = np.arange(len(values))
    tie = np.where(order[:, None] > order[None, :], 1.0, -1.0)
    return np.where(values == 0, tie, np.sign(values))


def _distinct(points: np.ndarray) -> np.ndarray:
    """Move things that begin at one place apart by next to nothing, each in a direction of its own."""
    _, first = np.unique(points, axis=0, return_index=True)
    again = np.setdiff1d(np.arange(len(points)), first)
    turns = 2.4 * again  # about the golden angle, so that no two directions are alike
    points[again] += 1e-3 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return points
