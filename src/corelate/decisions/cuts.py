"""What happens at every place where scores can be cut, counted exactly.

For the measures used here a cut just below a present label's score is always better than one a little lower that
only adds false tags. So the distinct scores of present cells are the only candidates, besides giving the label to
every image, and few compared with all scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.scores import row_blocks

ACCEPT_ALL = 0.0
"""The threshold that every score reaches."""


@dataclass(frozen=True)
class Cuts:
    """The candidate cuts of one set of cells, from the lowest to the highest.

    Attributes:
        lowest_kept: The lowest score that a cut lets through, ascending, in the type of the scores.
        true_positive: Present cells at or above it, int64.
        predicted: Known cells at or above it, int64.
        actual: Present cells.
        total: Known cells.
    """

    lowest_kept: np.ndarray
    true_positive: np.ndarray
    predicted: np.ndarray
    actual: int
    total: int

    def threshold(self, cut: int, ascending: np.ndarray) -> float:
        """Return the threshold of one cut, given all known scores in ascending order."""
        below = len(ascending) - int(self.predicted[cut])
        return threshold_between(ascending[below - 1] if below else None, self.lowest_kept[cut])


def label_cuts(scores: np.ndarray, present: np.ndarray) -> tuple[Cuts, np.ndarray]:
    """Return the cuts of one label, and its scores in ascending order.

    Args:
        scores: The label's scores where its target is known.
        present: Whether the label is present there.
    """
    ascending = np.sort(scores)
    positives = np.sort(scores[present])
    candidates = _distinct(positives)
    cuts = Cuts(
        lowest_kept=candidates,
        true_positive=len(positives) - np.searchsorted(positives, candidates),
        predicted=len(ascending) - np.searchsorted(ascending, candidates),
        actual=len(positives),
        total=len(ascending),
    )
    return cuts, ascending


def pooled_cuts(scores: np.ndarray, targets: np.ndarray) -> Cuts:
    """Return the cuts that all labels share.

    Args:
        scores: N×L matrix.
        targets: N×L matrix of 1, 0, and -1 for unknown.
    """
    positives = np.sort(scores[targets == PRESENT])
    candidates = _distinct(positives)
    predicted = np.zeros(len(candidates), dtype=np.int64)
    total = 0
    for rows in row_blocks(scores.shape):
        known = np.sort(scores[rows][targets[rows] != UNKNOWN])
        predicted += len(known) - np.searchsorted(known, candidates)
        total += len(known)
    true_positive = len(positives) - np.searchsorted(positives, candidates)
    return Cuts(candidates, true_positive, predicted, len(positives), total)


def next_lower(scores: np.ndarray, targets: np.ndarray, score: np.floating) -> np.floating | None:
    """Return the highest score of a known cell that is below `score`, or None."""
    highest = None
    for rows in row_blocks(scores.shape):
        lower = scores[rows][(targets[rows] != UNKNOWN) & (scores[rows] < score)]
        if len(lower) and (highest is None or lower.max() > highest):
            highest = lower.max()
    return highest


def threshold_between(lower: np.floating | None, upper: np.floating) -> float:
    """Return a threshold that `upper` reaches and `lower` does not: midway, or `upper` where nothing lies between.

    Args:
        lower: The next lower score, of the same type as `upper`; None if there is none, so that all scores pass.
        upper: The lowest score that passes.
    """
    if lower is None:
        return ACCEPT_ALL
    midway = lower + (upper - lower) / 2
    return float(midway if lower < midway <= upper else upper)


def _distinct(ascending: np.ndarray) -> np.ndarray:
    if not len(ascending):
        return ascending
    return ascending[np.concatenate([[True], ascending[1:] != ascending[:-1]])]
