"""Calibration: whether of the cells with score p a share p is present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.errors import OptionError, ScoresError
from corelate.metrics.counts import ratio
from corelate.metrics.wilson import wilson_interval
from corelate.scores import check_pair, row_blocks

MOST_BINS = 1000


@dataclass(frozen=True)
class CalibrationBins:
    """Known cells in bins of similar score.

    Bin b holds the scores above ``edges[b]`` up to and with ``edges[b + 1]``; the first also its lower edge.

    Attributes:
        edges: float64[B + 1].
        count: Known cells in each bin, int64[B].
        present: How many of them are present, int64[B].
        score_sum: Sum of their scores, float64[B].
        design_effect: By how much the variance of the share of present cells is larger than if all cells were
            independent, float64[B], at least 1: the cells of one picture are alike.
        brier: Mean over all known cells of the squared difference between score and target.
    """

    edges: np.ndarray
    count: np.ndarray
    present: np.ndarray
    score_sum: np.ndarray
    design_effect: np.ndarray
    brier: float

    @property
    def mean_score(self) -> np.ndarray:
        """The mean score in each bin, float64[B]; NaN in an empty one."""
        return self._mean(self.score_sum)

    @property
    def share(self) -> np.ndarray:
        """The share of present cells in each bin, float64[B]; NaN in an empty one."""
        return self._mean(self.present)

    @property
    def gaps(self) -> np.ndarray:
        """Mean score less share in each bin, float64[B], above 0 where scores are too high; NaN in an empty one."""
        return self.mean_score - self.share

    @property
    def ece(self) -> float:
        """The expected calibration error: the mean over all known cells of their bin's absolute gap.

        Source:
            Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3, here with the score of a
            cell as the confidence and its being present as the accuracy.
        """
        return float(np.abs(self.score_sum - self.present).sum() / self.count.sum())

    @property
    def largest_gap(self) -> float:
        """The largest absolute gap of a bin (the maximum calibration error)."""
        return float(np.nanmax(np.abs(self.gaps)))

    def intervals(self, level: float = 0.95) -> np.ndarray:
        """Return the interval of each bin's share: Wilson's, for as many cells as independent ones would say as much.

        Args:
            level: How often such intervals hold the true share.

        Returns:
            float64[B, 2], low before high; NaN for an empty bin.

        Source:
            Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927; the effective
            number of cells as in Kish, Survey Sampling, 1965.
        """
        effective = self.count / self.design_effect
        return wilson_interval(np.nan_to_num(self.share) * effective, effective, level)

    def _mean(self, sums: np.ndarray) -> np.ndarray:
        return np.where(self.count > 0, ratio(sums, self.count), np.nan)


def calibration_bins(
    scores: np.ndarray, targets: np.ndarray, bins: int = 15, *, equal_mass: bool = False
) -> CalibrationBins:
    """Count how many cells of similar score are present.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are left out.
        bins: How many bins.
        equal_mass: Bins with as many cells each, as far as equal scores allow, in place of bins of equal width.

    Raises:
        ScoresError: Scores or targets are wrong, or no target is known.
        OptionError: `bins` is below 1 or above 1,000.
    """
    scores, targets = check_pair(scores, targets)
    if not 1 <= bins <= MOST_BINS:
        raise OptionError(f"{bins} bins: choose from 1 to {MOST_BINS:,}")
    if not (targets != UNKNOWN).any():
        raise ScoresError("no target is known: there is nothing to compare the scores with")
    edges = _edges_of_equal_mass(scores[targets != UNKNOWN], bins) if equal_mass else np.linspace(0, 1, bins + 1)
    # Each picture is counted bin by bin, which can be more numbers than it has labels.
    blocks = row_blocks((len(scores), max(scores.shape[1], len(edges) - 1)))
    sums = sum(_sums(scores[rows], targets[rows], edges) for rows in blocks)
    count, present, score_sum, squares, count_squared, product, present_squared = np.asarray(sums)
    whole = count.astype(np.int64), present.astype(np.int64)
    # Σ over pictures of (present − share · count)², multiplied out so that no picture's own counts need be kept.
    share = ratio(present, count)
    residual = np.maximum(present_squared - 2 * share * product + share**2 * count_squared, 0)
    effect = np.maximum(1.0, _design_effect(residual, count, share, len(scores)))
    return CalibrationBins(edges, *whole, score_sum, effect, float(squares.sum() / count.sum()))


def _design_effect(residual: np.ndarray, count: np.ndarray, share: np.ndarray, pictures: int) -> np.ndarray:
    """Return the variance of a ratio over pictures, divided by that of a share of independent cells."""
    correction = pictures / (pictures - 1) if pictures > 1 else 1.0
    return ratio(correction * residual, count * share * (1 - share))


def _edges_of_equal_mass(scores: np.ndarray, bins: int) -> np.ndarray:
    quantiles = np.quantile(scores, np.linspace(0, 1, bins + 1)).astype(np.float64)
    inner = np.unique(quantiles[1:-1])
    # A score that many cells share may be several quantiles, and the highest one may be an inner quantile already.
    ends = quantiles[-1:] if not len(inner) or inner[-1] < quantiles[-1] else quantiles[:0]
    return np.concatenate([quantiles[:1], inner, ends])


def _sums(scores: np.ndarray, targets: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return 7×B: of each bin the sums over cells, and over pictures the squares of what each has in the bin."""
    bins, pictures = len(edges) - 1, len(scores)
    rows, columns = np.nonzero(targets != UNKNOWN)
    values = scores[rows, columns].astype(np.float64)
    present = (targets[rows, columns] == PRESENT).astype(np.float64)
    inside = np.searchsorted(edges[1:-1], values)
    place = rows * bins + inside
    counted = np.bincount(place, minlength=pictures * bins).reshape(pictures, bins).astype(np.float64)
    marked = np.bincount(place, present, minlength=pictures * bins).reshape(pictures, bins)
    score_sum = np.bincount(inside, values, minlength=bins)
    squares = np.bincount(inside, (values - present) ** 2, minlength=bins)
    products = (counted**2).sum(axis=0), (counted * marked).sum(axis=0), (marked**2).sum(axis=0)
    return np.stack([counted.sum(axis=0), marked.sum(axis=0), score_sum, squares, *products])
