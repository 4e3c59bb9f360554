"""Where the dots of a map go in a panel, such that there is room for texts between them."""

from __future__ import annotations

import numpy as np

MARGIN = np.array([32.0, 18.0])
"""Points that dots keep from the edges, to the side and above, where their texts may stand."""
ROOM = np.array([30.0, 11.0])
"""Points between two dots, side by side and one above the other, up to which they are pushed apart."""
ROUNDS, PUSH = 40, 0.35


def fitted(places: np.ndarray, width: float, height: float, evenness: float) -> np.ndarray:
    """Return places L×2 stretched to a panel, in points: the units of a map mean nothing.

    Args:
        places: Of a map.
        width: Of the panel, in points.
        height: Of the panel, in points.
        evenness: How far each coordinate moves towards its rank among all, from 0 to 1. Order is kept from left to
            right and from below to above; crowds get more room, empty regions less.
    """
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    # What is a line, or one place, stays in the middle.
    flat = span <= 1e-6 * max(float(span.max()), 1e-300)
    shares = np.where(flat, 0.5, (places - low) / np.where(flat, 1, span))
    ranks = np.argsort(np.argsort(places, axis=0, kind="stable"), axis=0) / max(len(places) - 1, 1)
    shares = np.where(flat, shares, (1 - evenness) * shares + evenness * ranks)
    return np.asarray(MARGIN + shares * (np.array([width, height]) - 2 * MARGIN))


def pushed_apart(dots: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return dots L×2 of a panel, of which those too near each other have given way a little; others stay."""
    from scipy.spatial import cKDTree

    edge = np.array([width, height]) - MARGIN
    # Of dots in one place each goes its own way: the angle between two in a row is the golden one.
    turns = 2.4 * np.arange(len(dots))
    dots = dots + 1e-3 * np.column_stack([np.cos(turns), np.sin(turns)])
    for _ in range(ROUNDS):
        scaled = dots / ROOM
        pairs = cKDTree(scaled).query_pairs(0.95, output_type="ndarray")
        if not len(pairs):
            break
        away = scaled[pairs[:, 0]] - scaled[pairs[:, 1]]
        distances = np.linalg.norm(away, axis=1, keepdims=True)
        push = PUSH * (1 - distances) * away / np.maximum(distances, 1e-9)
        moves = np.zeros_like(dots)
        np.add.at(moves, pairs[:, 0], push)
        np.add.at(moves, pairs[:, 1], -push)
        dots = (dots + moves * ROOM).clip(MARGIN, edge)
    return dots
