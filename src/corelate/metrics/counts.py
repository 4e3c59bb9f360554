"""Counts of hits, predictions and present labels, from which the F-measures are derived."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.errors import ScoresError
from corelate.scores import check_targets


@dataclass(frozen=True)
class LabelCounts:
    """What was right for each label; the sum of two is the counts of both sets of images together.

    The arrays may have further axes in front, one set of counts each; the bootstrap uses that.

    Attributes:
        true_positive: Images that have the label and were given it, int64[L].
        predicted: Images that were given the label, int64[L].
        actual: Images that have the label, int64[L].
        sample_f1_sum: Sum of the images' own F1.
        images: Number of images.
    """

    true_positive: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray
    sample_f1_sum: float | np.ndarray
    images: int

    def __add__(self, other: LabelCounts) -> LabelCounts:
        return LabelCounts(
            self.true_positive + other.true_positive,
            self.predicted + other.predicted,
            self.actual + other.actual,
            self.sample_f1_sum + other.sample_f1_sum,
            self.images + other.images,
        )


@dataclass(frozen=True)
class Outcomes:
    """Which cells are right: boolean N×L matrices in which unknown cells are false.

    Attributes:
        hit: Predicted and present.
        predicted: Predicted, and known to be present or absent.
        actual: Present.
    """

    hit: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray

    @classmethod
    def of(cls, predictions: np.ndarray, targets: np.ndarray) -> Outcomes:
        """Compare predictions with targets.

        Args:
            predictions: Boolean N×L matrix.
            targets: N×L matrix of 1, 0, and -1 for unknown.

        Raises:
            ScoresError: The predictions are not boolean, the targets are wrong, or the shapes differ.
        """
        predictions, targets = np.asarray(predictions), check_targets(targets)
        if predictions.dtype != np.bool_:
            raise ScoresError(f"predictions are of type {predictions.dtype}; expected booleans, made by a decision")
        if predictions.shape != targets.shape:
            raise ScoresError(f"predictions have shape {predictions.shape} but targets {targets.shape}")
        actual = targets == PRESENT
        return cls(predictions & actual, predictions & (targets != UNKNOWN), actual)

    def image_f1(self) -> np.ndarray:
        """Return the F1 of each image, float64[N]; 0 where it has no label and is given none."""
        hits = np.count_nonzero(self.hit, axis=1)
        marks = np.count_nonzero(self.predicted, axis=1) + np.count_nonzero(self.actual, axis=1)
        return ratio(2 * hits, marks)


def count(predictions: np.ndarray, targets: np.ndarray) -> LabelCounts:
    """Count what was right for each label; unknown cells are left out.

    Args:
        predictions: Boolean N×L matrix.
        targets: N×L matrix of 1, 0, and -1 for unknown.

    Raises:
        ScoresError: The predictions are not boolean, the targets are wrong, or the shapes differ.
    """
    outcomes = Outcomes.of(predictions, targets)
    return LabelCounts(
        true_positive=np.count_nonzero(outcomes.hit, axis=0),
        predicted=np.count_nonzero(outcomes.predicted, axis=0),
        actual=np.count_nonzero(outcomes.actual, axis=0),
        # fsum is rounded once, so that the sum does not depend on the order of the images.
        sample_f1_sum=math.fsum(outcomes.image_f1().tolist()),
        images=len(predictions),
    )


def ratio(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
    """Return the quotient in float64, and 0 where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    return np.divide(numerator, denominator, out=np.zeros(shape), where=denominator != 0)
