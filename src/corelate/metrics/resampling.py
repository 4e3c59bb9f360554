"""The figures of the same images counted with other weights, as the bootstrap needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.decisions.base import Decision
from corelate.metrics.counts import LabelCounts, Outcomes
from corelate.metrics.figures import Figures, all_figures
from corelate.metrics.weighted_ranking import WeightedRanking
from corelate.scores import known_columns, row_blocks

# Weights are drawn in groups of resamples of about this many cells, images × resamples: 32 MB in float32.
CELLS_PER_GROUP = 8_000_000


def draw_weights(images: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Draw images with replacement and yield how often each was drawn, in groups of resamples.

    Args:
        images: How many images there are, and are drawn for a resample.
        resamples: How many resamples to draw.
        seed: The same seed gives the same resamples.

    Yields:
        Matrices images × resamples of whole numbers as floats; single precision is exact for up to 2^24 images.
    """
    generator = np.random.default_rng(seed)
    single = images < 2**24
    group = max(1, CELLS_PER_GROUP // images)
    for start in range(0, resamples, group):
        size = min(group, resamples - start)
        drawn = np.stack([np.bincount(generator.integers(images, size=images), minlength=images) for _ in range(size)])
        yield np.ascontiguousarray(drawn.T, dtype=np.float32 if single else np.float64)


class ResampledImages:
    """Images with their scores and targets, of which the figures can be had under many weightings at once.

    Args:
        scores: N×L matrix, checked.
        targets: N×L matrix, checked.
        decision: What turns scores into tags.
        forced: Further decisions whose tag figures are reported under ``top_k``, by their name there.
    """

    def __init__(
        self, scores: np.ndarray, targets: np.ndarray, decision: Decision, forced: Mapping[str, Decision]
    ) -> None:
        self.images, self.labels = scores.shape
        self._outcomes = Outcomes.of(decision.decide(scores), targets)
        self._forced = {name: Outcomes.of(rule.decide(scores), targets) for name, rule in forced.items()}
        every_row = np.arange(len(scores), dtype=np.int32)
        self._rankings = [
            WeightedRanking.of(column, present, every_row[targets[:, label] != UNKNOWN])
            for label, (column, present) in enumerate(known_columns(scores, targets))
        ]

    def figures(self, weights: np.ndarray) -> Figures:
        """Return each figure under each weighting.

        Args:
            weights: N×R matrix of whole numbers.

        Returns:
            The nested figures; each leaf has length R.
        """
        ranked = [ranking.average_precisions(weights) for ranking in self._rankings]
        average, voc11 = np.array(ranked).transpose(1, 2, 0)
        forced = {name: _weighted_counts(outcomes, weights) for name, outcomes in self._forced.items()}
        return all_figures(_weighted_counts(self._outcomes, weights), average, voc11, forced)

    def label_figures(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Return each label's precision, recall, F1 and average precision under each weighting.

        Args:
            weights: N×R matrix of whole numbers.

        Returns:
            For each figure R×L; NaN where its denominator is 0, since such a draw says nothing about the label.
        """
        counts = _weighted_counts(self._outcomes, weights)
        hits, marks = counts.true_positive, counts.predicted + counts.actual
        ranked = np.array([ranking.average_precision(weights) for ranking in self._rankings]).T
        return {
            "precision": _defined_ratio(hits, counts.predicted),
            "recall": _defined_ratio(hits, counts.actual),
            "f1": _defined_ratio(2 * hits, marks),
            "average_precision": ranked,
        }


def _defined_ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator != 0)


def _weighted_counts(outcomes: Outcomes, weights: np.ndarray) -> LabelCounts:
    image_f1 = outcomes.image_f1() @ weights
    return LabelCounts(
        true_positive=_weighted_sums(outcomes.hit, weights),
        predicted=_weighted_sums(outcomes.predicted, weights),
        actual=_weighted_sums(outcomes.actual, weights),
        sample_f1_sum=image_f1,
        images=len(weights),
    )


def _weighted_sums(cells: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return R×L: for each weighting and label, how often its true cells count."""
    sums = np.zeros((weights.shape[1], cells.shape[1]))
    for rows in row_blocks(cells.shape):
        sums += weights[rows].T @ cells[rows].astype(weights.dtype)
    return sums
