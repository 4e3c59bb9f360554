"""Which labels are nearest to each label, and how much of that is found again elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corelate.explain.label_maps.projection import are_equal

if TYPE_CHECKING:
    from corelate.labels.cooccurrence import CooccurrenceCounts

NEAREST = 10
_ROWS_AT_ONCE = 1024


def nearest(points: np.ndarray, most: int = NEAREST) -> np.ndarray:
    """Return the nearest other labels by Euclidean distance, nearest first, L×K.

    K is a quarter of the others, but not more than `most`: that many of the others are nearest to anything, so that a
    share of them found again would say nothing if K were all. It is 0 where there is one other label, or none, and
    where all points are the same: none is nearer than another then.
    """
    others = len(points) - 1
    count = 0 if others < 2 or are_equal(points) else min(most, -(-others // 4))
    found = np.empty((len(points), count), np.int64)
    squares = np.square(points).sum(axis=1)
    for first in range(0, len(points), _ROWS_AT_ONCE):
        rows = np.arange(first, min(first + _ROWS_AT_ONCE, len(points)))
        distances = squares[rows, None] + squares - 2 * points[rows] @ points.T
        distances[np.arange(len(rows)), rows] = np.inf
        chosen = np.argpartition(distances, count - 1, axis=1)[:, :count] if count else found[rows]
        order = np.argsort(np.take_along_axis(distances, chosen, 1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(chosen, order, 1)
    return found


def shared(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each row the share of the labels in `some` that are in `others` too, both L×K; NaN where a K is 0."""
    if not some.shape[1] or not others.shape[1]:
        return np.full(len(some), np.nan)
    return np.asarray((some[:, :, None] == others[:, None, :]).any(axis=2).mean(axis=1))


def co_occurring(neighbours: np.ndarray, counts: CooccurrenceCounts) -> np.ndarray:
    """Return for each label the share of its neighbours L×K that stand with it in at least one picture.

    NaN for labels that no picture has, and where K is 0.
    """
    labels = len(neighbours)
    if not neighbours.shape[1]:
        return np.full(labels, np.nan)
    pairs = counts.pairs.tocoo()
    together = pairs.row.astype(np.int64) * labels + pairs.col
    asked = np.arange(labels)[:, None] * labels + neighbours
    shares = np.isin(asked, together[pairs.data > 0]).mean(axis=1)
    return np.where(counts.occurrences > 0, shares, np.nan)


def chance_to_co_occur(counts: CooccurrenceCounts) -> float:
    """Return the share of pairs of labels that stand together in at least one picture, of those that any has."""
    labels = int((counts.occurrences > 0).sum())
    return int((counts.pairs.data > 0).sum()) / (labels * (labels - 1)) if labels > 1 else float("nan")


def strongest_pairs(counts: CooccurrenceCounts, each: int, most: int) -> np.ndarray:
    """Return the pairs of labels that go together most, E×2, strongest first, each once.

    A pair is as strong as the share of pictures with both among those with either (the Jaccard index). Each label
    keeps its `each` strongest pairs, and a pair stays when one of the two keeps it.

    Args:
        counts: Of L labels.
        each: Pairs that a label keeps.
        most: Pairs that are returned.
    """
    pairs = counts.pairs.tocoo()
    either = counts.occurrences[pairs.row] + counts.occurrences[pairs.col] - pairs.data
    strength = pairs.data / np.maximum(either, 1)
    order = np.lexsort((pairs.col, -strength, pairs.row))
    rows = pairs.row[order]
    # Place of each cell in its row: those of a row stand together, the strongest first.
    starts = np.searchsorted(rows, rows, side="left")
    kept = order[(np.arange(len(rows)) - starts < each) & (strength[order] > 0)]
    ends = np.sort(np.column_stack([pairs.row[kept], pairs.col[kept]]), axis=1).astype(np.int64).reshape(-1, 2)
    once, first = np.unique(ends, axis=0, return_index=True)
    return np.asarray(once[np.argsort(-strength[kept][first], kind="stable")][:most])
