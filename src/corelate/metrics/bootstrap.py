"""Bootstrap intervals: how much figures would vary between samples of as many images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corelate.decisions.base import Decision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import ScoresError
from corelate.metrics.figures import Figures, map_leaves, to_json
from corelate.metrics.resampling import ResampledImages, draw_weights
from corelate.options import check_options, option
from corelate.scores import check_pair

ROUNDED_TO = 12
"""Digits after the point of differences."""


@dataclass(frozen=True)
class IntervalOptions:
    """How intervals are computed.

    Raises:
        OptionError: An option is of the wrong type or beyond its limits.
    """

    resamples: int = option(1000, "how many times images are drawn anew", minimum=1, maximum=1_000_000)
    level: float = option(0.95, "share of the resamples that an interval holds", above=0.0, below=1.0)
    seed: int = option(0, "seed of the draws", minimum=0)

    def __post_init__(self) -> None:
        check_options(self, "intervals")


def bootstrap_intervals(images: ResampledImages, figures: Figures, options: IntervalOptions) -> Figures:
    """Return the interval of each figure.

    Args:
        images: The images to draw from.
        figures: Their figures.
        options: How many resamples, and what share of them an interval holds.

    Returns:
        The nested figures with ``[low, high]`` as leaves; None for a figure that is undefined.
    """

    def bounded(values: np.ndarray, figure: np.ndarray) -> list[float] | None:
        # All figures are shares but N+, the one whole number, which can reach the number of labels.
        highest = float(images.labels) if figure.dtype.kind == "i" else 1.0
        ends = centred_interval(values, float(figure), options.level)
        return None if ends is None else [min(max(end, 0.0), highest) for end in ends]

    draws = draw_weights(images.images, options.resamples, options.seed)
    resampled = _concatenate([images.figures(weights) for weights in draws])
    intervals: Figures = map_leaves(bounded, resampled, figures)
    return intervals


@dataclass(frozen=True)
class PairedFigures:
    """Figures of several sets of scores of the same images, and what they are on the same resamples.

    Attributes:
        figures: The nested figures of each set; the leaves have length 1.
        resampled: The nested figures of each set; the leaves have one value for each resample.
        options: How many resamples, and what share of them an interval holds.
    """

    figures: tuple[Figures, ...]
    resampled: tuple[Figures, ...]
    options: IntervalOptions

    @classmethod
    def of(cls, sets: Sequence[ResampledImages], options: IntervalOptions) -> PairedFigures:
        """Draw images for all sets at once.

        Args:
            sets: The same N images in the same order, each time with other scores or another decision.
            options: How many resamples, and what share of them an interval holds.

        Raises:
            ScoresError: The sets hold different numbers of images.
        """
        counts = sorted({images.images for images in sets})
        if len(counts) != 1:
            raise ScoresError(f"pairs need the same images, but the sets hold {' and '.join(map(str, counts))} of them")
        groups: list[list[Figures]] = [[] for _ in sets]
        for weights in draw_weights(counts[0], options.resamples, options.seed):
            for collected, images in zip(groups, sets, strict=True):
                collected.append(images.figures(weights))
        once = np.ones((counts[0], 1))
        return cls(tuple(images.figures(once) for images in sets), tuple(map(_concatenate, groups)), options)

    def difference(self, a: int, b: int) -> Figures:
        """Return the differences between two of the sets, as `paired_difference` does."""

        def compare(values_a: np.ndarray, values_b: np.ndarray, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
            # Sums over images or labels in another order differ in their last bits; that is no difference.
            gaps = np.round(values_a - values_b, ROUNDED_TO)
            difference = float(np.round(float(a[0]) - float(b[0]), ROUNDED_TO))
            ends = centred_interval(gaps, difference, self.options.level)
            share = None if ends is None else float(np.mean(gaps[~np.isnan(gaps)] > 0))
            return {"difference": to_json(difference), "interval": ends, "share_a_greater": share}

        pairs: Figures = map_leaves(compare, self.resampled[a], self.resampled[b], self.figures[a], self.figures[b])
        return pairs


def paired_difference(
    scores_a: np.ndarray,
    scores_b: np.ndarray,
    targets: np.ndarray,
    decision_a: Decision,
    decision_b: Decision,
    *,
    top_k: Iterable[int] = (),
    options: IntervalOptions | None = None,
) -> Figures:
    """Compare two sets of scores of the same images, figure by figure, on the same resamples.

    Drawing the same images for both cancels what makes an image hard for either, so that a difference can be plain
    although the intervals of the two figures overlap.

    Args:
        scores_a: N×L matrix in [0, 1].
        scores_b: N×L matrix in [0, 1] for the same images and labels.
        targets: N×L matrix of 1, 0, and -1 for unknown.
        decision_a: What turns the first scores into tags.
        decision_b: What turns the second scores into tags.
        top_k: Also compare the figures for exactly so many tags an image.
        options: How many resamples, and what share of them an interval holds; None for the defaults.

    Returns:
        The nested figures; each leaf is a dictionary of ``difference`` (a - b), ``interval`` of the difference, and
        ``share_a_greater``, the share of the resamples in which a is greater. All are None for an undefined figure.

    Raises:
        ScoresError: Scores or targets are wrong, or their shapes differ.
        OptionError: `top_k` holds a number below 1 or above the number of labels.
    """
    options = options or IntervalOptions()
    checked_a, targets = check_pair(scores_a, targets)
    checked_b, _ = check_pair(scores_b, targets)
    forced = {str(k): TopKDecision(k=k) for k in sorted(set(top_k))}
    images_a = ResampledImages(checked_a, targets, decision_a, forced)
    images_b = ResampledImages(checked_b, targets, decision_b, forced)
    return PairedFigures.of((images_a, images_b), options).difference(0, 1)


def centred_interval(values: np.ndarray, figure: float, level: float) -> list[float] | None:
    """Return the percentile interval of resampled values, moved so that their median lies on the figure.

    A resample leaves out more than a third of the images, and with them labels that few images have. Figures that
    average over labels, or count them, are therefore lower on nearly every resample than on the images themselves, and
    the plain percentiles can lie altogether below the figure. The spread is right, its place is not.

    Args:
        values: The figure on each resample; NaN where it is undefined.
        figure: The figure itself.
        level: The share of the values between the ends.

    Returns:
        The ends, low first; None when the figure, or its value on every resample, is NaN.
    """
    values = values[~np.isnan(values)]
    if np.isnan(figure) or not len(values):
        return None
    low, median, high = np.quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return [float(figure - (median - low)), float(figure + (high - median))]


def _concatenate(groups: Sequence[Figures]) -> Figures:
    together: Figures = map_leaves(lambda *values: np.concatenate(values), *groups)
    return together
