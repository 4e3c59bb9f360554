"""Searching thresholds by the Matthews correlation coefficient (MCC)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.decisions.cuts import ACCEPT_ALL, label_cuts
from corelate.errors import OptionError
from corelate.scores import check_pair, known_columns, row_blocks

MCC_GRID = tuple(round(0.05 * step, 2) for step in range(1, 15))
"""0.05, 0.10 … 0.70."""


def matthews(
    true_positive: np.ndarray, predicted: np.ndarray, actual: np.ndarray | int, total: np.ndarray | int
) -> np.ndarray:
    """Return the MCC of tables of counts; 0 where the prediction or the truth is constant.

    Args:
        true_positive: Cells that are predicted and present.
        predicted: Cells that are predicted.
        actual: Cells that are present.
        total: All cells. All four are integers up to 3e9 and broadcast.

    Returns:
        float64 in [-1, 1]. Tables with the same counts have exactly the same value.
    """
    true_positive, predicted = np.asarray(true_positive, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    actual, total = np.asarray(actual, dtype=np.int64), np.asarray(total, dtype=np.int64)
    # Products of two counts fit int64, so the difference is exact; the product of the two variances needs float64.
    covariance = (true_positive * total - predicted * actual).astype(np.float64)
    predicted_variance = (predicted * (total - predicted)).astype(np.float64)
    actual_variance = (actual * (total - actual)).astype(np.float64)
    scale = np.sqrt(predicted_variance * actual_variance)
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)


def mcc_grid(scores: np.ndarray, targets: np.ndarray, grid: Sequence[float] = MCC_GRID) -> np.ndarray:
    """Return for each label the grid value with the best MCC; of equally good ones the lowest.

    A label whose truth is constant, or whose scores are all on one side of the grid, has MCC 0 everywhere and so gets
    the lowest value.

    Args:
        scores: N×L matrix in [0, 1]. The grid is rounded to its type, and a score equal to a grid value reaches it.
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells take no part.
        grid: Thresholds in ascending order.

    Returns:
        float64[L], values of the grid.

    Raises:
        ScoresError: Scores or targets are wrong.
        OptionError: The grid is empty or not ascending.
    """
    scores, targets = check_pair(scores, targets)
    thresholds = np.asarray(grid, dtype=np.float64)
    if thresholds.ndim != 1 or not len(thresholds) or not (np.diff(thresholds) > 0).all():
        raise OptionError(f"the grid is {list(grid)}; expected one or more thresholds in ascending order")
    reached, reached_present = _grid_counts(scores, targets, thresholds.astype(scores.dtype))
    # Row 0 counts the cells that reach nothing or more: all of them.
    coefficients = matthews(reached_present[1:], reached[1:], reached_present[0], reached[0])
    return thresholds[np.argmax(coefficients, axis=0)]


def mcc_exact(scores: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each label the threshold with the best MCC of all thresholds; of equally good ones the lowest.

    The threshold lies midway between the two neighbouring scores. Giving a label to every image has MCC 0; where
    nothing is better, the threshold is 0.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells take no part.

    Returns:
        Thresholds and their MCC, float64[L] each.

    Raises:
        ScoresError: Scores or targets are wrong.
    """
    scores, targets = check_pair(scores, targets)
    thresholds = np.full(scores.shape[1], ACCEPT_ALL)
    best = np.zeros(scores.shape[1])
    for label, (column, present) in enumerate(known_columns(scores, targets)):
        cuts, ascending = label_cuts(column, present)
        coefficients = matthews(cuts.true_positive, cuts.predicted, cuts.actual, cuts.total)
        if len(coefficients) and coefficients.max() > 0:
            chosen = int(np.argmax(coefficients))
            thresholds[label] = cuts.threshold(chosen, ascending)
            best[label] = coefficients[chosen]
    return thresholds, best


def _grid_counts(scores: np.ndarray, targets: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many known, and how many present, cells of each label reach at least so many grid values.

    Both are int64 of shape (grid + 1)×L; row t counts the cells that reach t values or more.
    """
    labels = scores.shape[1]
    exactly = np.zeros((2, (len(grid) + 1) * labels), dtype=np.int64)
    for rows in row_blocks(scores.shape):
        cell = np.searchsorted(grid, scores[rows], side="right") * labels + np.arange(labels)
        for kind, chosen in enumerate((targets[rows] != UNKNOWN, targets[rows] == PRESENT)):
            exactly[kind] += np.bincount(cell[chosen], minlength=exactly.shape[1])
    at_least = exactly.reshape(2, len(grid) + 1, labels)[:, ::-1].cumsum(axis=1)[:, ::-1]
    return at_least[0], at_least[1]
