"""Precision and recall at every threshold, as curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.errors import ScoresError
from corelate.metrics.ranking import precisions_at_positives


@dataclass(frozen=True)
class PrecisionRecallPoints:
    """A curve from the highest threshold to the lowest.

    Recall goes up in steps. Between the recall of the point before and its own, a point's precision holds, so that the
    area under the curve is average precision.

    Attributes:
        thresholds: float64[P], falling; cells with this score or more are predicted.
        precision: float64[P].
        recall: float64[P], rising.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    @property
    def area(self) -> float:
        """Average precision: the sum of the precisions, each times the recall that it adds."""
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())


def precision_recall_points(scores: np.ndarray, present: np.ndarray) -> PrecisionRecallPoints:
    """Return the points at which recall grows, and the one at which all cells are predicted.

    Args:
        scores: Scores of known cells, one-dimensional.
        present: Whether each is present.

    Raises:
        ScoresError: None is present.
    """
    if not present.any():
        raise ScoresError("no cell is present: recall has nothing to count")
    ascending, positives = np.sort(scores), np.sort(scores[present])
    steps = np.unique(np.concatenate([ascending[:1], positives]))[::-1]
    hits = len(positives) - np.searchsorted(positives, steps)
    predicted = len(ascending) - np.searchsorted(ascending, steps)
    return PrecisionRecallPoints(steps.astype(np.float64), hits / predicted, hits / len(positives))


def mean_precision(scores: np.ndarray, targets: np.ndarray, levels: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision at given recalls, as a mean over the labels that have a positive.

    For a recall above 0 a label's threshold is the highest that reaches it. The area under the whole curve is ``map``.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are left out.
        levels: How many recalls: 1/levels, 2/levels … 1.

    Returns:
        The recalls and the mean precisions, both float64[levels].

    Raises:
        ScoresError: Scores or targets are wrong, or no label has a positive.
    """
    total, labels = np.zeros(levels), 0
    for precisions in precisions_at_positives(scores, targets):
        if len(precisions):
            # In whole numbers: recall reaches k/levels with the first hit h for which levels · h >= k · positives.
            hits_needed = -(-np.arange(1, levels + 1) * len(precisions) // levels)
            total += precisions[hits_needed - 1]
            labels += 1
    if not labels:
        raise ScoresError("no label has a picture: recall has nothing to count")
    return np.arange(1, levels + 1) / levels, total / labels
