"""Average precision of images that count several times, for many such countings at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.metrics.counts import ratio
from corelate.metrics.ranking import RECALL_LEVELS


@dataclass(frozen=True)
class WeightedRanking:
    """One label's images in order of score, ready to be counted with any weights.

    A step is one distinct score of a present image; precision need only be known there.

    Attributes:
        ranked: Rows of the images from the best score to the lowest of a present image.
        ranked_starts: Where in `ranked` each step begins.
        positives: Rows of the present images, best score first.
        positive_starts: Where in `positives` each step begins.
    """

    ranked: np.ndarray
    ranked_starts: np.ndarray
    positives: np.ndarray
    positive_starts: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, present: np.ndarray, rows: np.ndarray) -> WeightedRanking:
        """Rank one label.

        Args:
            scores: The label's scores where its target is known.
            present: Whether the label is present there.
            rows: Which images those are.
        """
        order = np.argsort(-scores)
        ranked, hits = scores[order], present[order]
        positive_scores = ranked[hits]
        positive_starts = np.flatnonzero(np.diff(positive_scores, prepend=np.inf) != 0)
        step_scores = positive_scores[positive_starts]
        # Negated, the scores ascend, as searchsorted wants; a step ends after the last image with its score.
        ends = np.searchsorted(-ranked, -step_scores, side="right")
        length = int(ends[-1]) if len(ends) else 0
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: len(ends)]
        rows = rows.astype(np.int32)
        return cls(rows[order[:length]], starts, rows[order[hits]], positive_starts)

    def average_precisions(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the average precision and the 11-point one under each weighting.

        Args:
            weights: How often each image counts: N×R matrix of whole numbers, one column for each weighting.

        Returns:
            Two arrays float64[R]; NaN where no present image counts.
        """
        if not len(self.positives):
            return np.full((2, weights.shape[1]), np.nan)[0], np.full(weights.shape[1], np.nan)
        new_hits, hits, precision = self._steps(weights)
        return _average(new_hits, hits, precision), np.where(hits[-1] > 0, _voc11(hits, precision), np.nan)

    def average_precision(self, weights: np.ndarray) -> np.ndarray:
        """Return the average precision alone, float64[R]; see `average_precisions`."""
        if not len(self.positives):
            return np.full(weights.shape[1], np.nan)
        return _average(*self._steps(weights))

    def _steps(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return steps × R: the hits that each step adds, all hits down to there, and the precision."""
        new_hits = np.add.reduceat(weights[self.positives], self.positive_starts, axis=0).astype(np.float64)
        ranked = np.add.reduceat(weights[self.ranked], self.ranked_starts, axis=0).astype(np.float64).cumsum(axis=0)
        hits = new_hits.cumsum(axis=0)
        return new_hits, hits, ratio(hits, ranked)


def _average(new_hits: np.ndarray, hits: np.ndarray, precision: np.ndarray) -> np.ndarray:
    return np.where(hits[-1] > 0, ratio((new_hits * precision).sum(axis=0), hits[-1]), np.nan)


def _voc11(hits: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return the 11-point average precision; `hits` and `precision` are steps × R."""
    best_from = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    columns = np.arange(hits.shape[1])
    total = np.zeros(hits.shape[1])
    for level in range(RECALL_LEVELS):
        # The first step with recall hits/all >= level/10, in whole numbers.
        first = np.count_nonzero((RECALL_LEVELS - 1) * hits < level * hits[-1], axis=0)
        total += best_from[first, columns]
    return total / RECALL_LEVELS
