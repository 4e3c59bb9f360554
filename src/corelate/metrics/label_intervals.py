"""Bootstrap intervals of each label's figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from corelate.decisions.base import Decision
from corelate.metrics.bootstrap import IntervalOptions, centred_interval
from corelate.metrics.resampling import ResampledImages, draw_weights
from corelate.scores import check_pair

# A cell takes about 5 ns for each resample: this many take some seconds.
AFFORDABLE_WORK = 1_000_000_000
FEWEST_RESAMPLES = 100


def affordable_resamples(cells: int) -> int:
    """Return how many resamples of so many cells are had in seconds: 1,000, or fewer for large data, at least 100."""
    return min(IntervalOptions().resamples, max(FEWEST_RESAMPLES, AFFORDABLE_WORK // max(1, cells)))


def label_intervals(
    scores: np.ndarray,
    targets: np.ndarray,
    decision: Decision,
    figures: Mapping[str, np.ndarray],
    options: IntervalOptions,
) -> dict[str, np.ndarray]:
    """Return the interval of some figures of each label.

    All labels are measured on the same draws of images. A draw in which a figure's denominator is 0, such as the recall
    of a label that no drawn image has, is left out for this label and figure.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are left out.
        decision: What turns the scores into tags.
        figures: Any of ``precision``, ``recall``, ``f1`` and ``average_precision`` of each label, float64[L].
        options: How many resamples, and what share of them an interval holds.

    Returns:
        For each of the figures float64[L, 2], low before high; NaN where it is undefined, here or in every draw.

    Raises:
        ScoresError: Scores or targets are wrong, or don't fit the decision.
    """
    scores, targets = check_pair(scores, targets)
    images = ResampledImages(scores, targets, decision, {})
    draws = [images.label_figures(weights) for weights in draw_weights(len(scores), options.resamples, options.seed)]
    return {
        name: _intervals(np.concatenate([draw[name] for draw in draws]), values, options.level)
        for name, values in figures.items()
    }


def _intervals(resampled: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    ends = [
        centred_interval(column, float(value), level) for column, value in zip(resampled.T.copy(), values, strict=True)
    ]
    return np.array([[np.nan, np.nan] if pair is None else np.clip(pair, 0.0, 1.0) for pair in ends])
