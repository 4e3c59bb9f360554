"""Where the labels of a neighbourhood are drawn, in inches; the same neighbourhood always gives the same places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from corelate.explain.graph.neighbourhood import LabelNeighbourhood

REACH = 1.55
"""From a chosen label to its neighbours."""
FLAT = 1.35
"""Rings are wider than high, as names are."""
CROWDED = 16
"""More labels than this stand alternately nearer and farther on a ring."""
FORCE_ROUNDS = 300
PUSH = 0.12
"""How strongly labels push each other away, against edges that pull."""


def place_labels(near: LabelNeighbourhood) -> np.ndarray:
    """Return places n×2: one chosen label with rings around it, or several with their neighbours about them."""
    return _rings(near) if len(near.chosen) == 1 else _forces(near)


def links_of(near: LabelNeighbourhood) -> np.ndarray:
    """Return how strong labels are tied, n×n, the stronger of both directions; 0 for none."""
    count = len(near.labels)
    links = np.zeros((count, count))
    edges = near.edges
    np.maximum.at(links, (edges.conditions, edges.implied), np.maximum(edges.strengths, 1e-6))
    return np.maximum(links, links.T)


def outward(near: LabelNeighbourhood, points: np.ndarray) -> np.ndarray:
    """Return for each label the direction, n×2, in which its name disturbs least: away from where its edges go to."""
    ties = links_of(near) * (near.steps[:, None] > near.steps[None, :])
    away = points[:, None] - points[None, :]
    lengths = np.linalg.norm(away, axis=2, keepdims=True)
    units = np.divide(away, lengths, out=np.zeros_like(away), where=lengths > 0)
    mean = (units * ties[..., None]).sum(1) / np.maximum(ties.sum(1), 1e-9)[:, None]
    # Between two labels both sides are taken; above or below is free.
    between = np.linalg.norm(mean, axis=1) < 0.45
    upward = np.where(points[:, 1] >= points[:, 1].mean(), 1.0, -1.0)
    mean[between] = np.stack([np.zeros(between.sum()), upward[between]], axis=1)
    return mean


def _rings(near: LabelNeighbourhood) -> np.ndarray:
    """Return places around one label: neighbours on a ring, each with its own neighbours behind it."""
    links, steps = links_of(near), near.steps
    points = np.zeros((len(steps), 2))
    first = _in_turn(np.flatnonzero(steps == 1), links)
    second = np.flatnonzero(steps == 2)
    parents = np.array([first[np.argmax(links[label, first])] for label in second], dtype=np.int64)
    behind = {label: second[parents == label] for label in first.tolist()}
    widths = np.array([1 + 0.8 * len(behind[label]) for label in first.tolist()])
    ends = np.cumsum(widths) / max(widths.sum(), 1)
    for number, label in enumerate(first.tolist()):
        share = widths[number] / widths.sum()
        angle = np.pi / 2 - 2 * np.pi * (ends[number] - share / 2)
        reach = REACH * (1.3 if len(first) > CROWDED and number % 2 else 1)
        points[label] = reach * _direction(angle)
        children = behind[label]
        spread = 2 * np.pi * share * (np.arange(len(children)) - (len(children) - 1) / 2) / max(len(children), 1)
        for child, turn in zip(children.tolist(), spread.tolist(), strict=True):
            points[child] = (reach + 0.8 * REACH) * _direction(angle - turn)
    return points


def _in_turn(labels: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Return labels so that those next to each other are tied: after each the one that is tied to it most."""
    left = labels.tolist()
    order = left[:1]
    while len(order) < len(labels):
        left = [label for label in labels.tolist() if label not in order]
        order.append(max(left, key=lambda label: (links[order[-1], label], -label)))
    return np.array(order, dtype=np.int64)


def _forces(near: LabelNeighbourhood) -> np.ndarray:
    """Return places about several labels, which stand still: edges pull, and labels push each other away."""
    links, steps = links_of(near), near.steps
    chosen = int((steps == 0).sum())
    points = _beginnings(links, steps, chosen)
    pulls = links * (steps[:, None] != steps[None, :])  # labels of one ring do not pull: their edges are drawn faintly
    pulls[pulls > 0] = 0.35 + 0.65 * pulls[pulls > 0]
    for round_number in range(FORCE_ROUNDS):
        away = points[:, None] - points[None, :]
        # Names are wide: at the same distance labels beside each other are nearer than those above each other.
        lengths = np.maximum(np.linalg.norm(away / [FLAT, 1.0], axis=2), 0.05)
        push = PUSH / lengths**2
        pull = pulls * (lengths - 0.8 * REACH)
        np.fill_diagonal(push, 0)
        force = ((push - pull) / lengths)[..., None] * away / [FLAT, 1.0]
        moves = force.sum(1)
        sizes = np.linalg.norm(moves, axis=1, keepdims=True)
        limit = 0.25 * (1 - round_number / FORCE_ROUNDS)
        moves *= np.minimum(1, limit / np.maximum(sizes, 1e-9))
        points[chosen:] += moves[chosen:]
    return points


def _beginnings(links: np.ndarray, steps: np.ndarray, chosen: int) -> np.ndarray:
    """Return places to begin with: chosen labels on a line or a circle, each other one between those it is tied to."""
    points = np.zeros((len(steps), 2))
    radius = 0.95 * REACH if chosen == 2 else 0.85 * REACH / np.sin(np.pi / chosen)
    start = np.pi if chosen == 2 else np.pi / 2
    for number in range(chosen):
        points[number] = radius * _direction(start - 2 * np.pi * number / chosen)
    for label in range(chosen, len(steps)):
        nearer = np.flatnonzero((steps == steps[label] - 1) & (links[label] > 0))
        weights = links[label, nearer] / links[label, nearer].sum()
        middle = weights @ points[nearer]
        # Turned a little further for each, by the golden angle, and outwards of the drawing.
        points[label] = 1.15 * middle + 0.5 * REACH * _direction(2.39996 * label)
    return points


def _direction(angle: float) -> np.ndarray:
    return np.array([FLAT * np.cos(angle), np.sin(angle)])
