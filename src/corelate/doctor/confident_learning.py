"""Confident learning: which given labels a network contradicts with confidence.

Each label is a question of its own, answered by yes or no. A picture counts as confidently *yes* when its score reaches
the mean score of the pictures that have the label, and as confidently *no* when the score's complement reaches the mean
complement of those that have it not; when it is both, the greater of the two decides. A given answer that is
confidently the other one is an issue. Means of the scores themselves are the thresholds, so that a label that the
network is hardly ever sure of is judged by its own measure. Only what is more likely than not is kept: of a rare label,
a score of 0.1 may well be above the mean, and says no all the same.

Source:
    C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    Journal of Artificial Intelligence Research 70, 2021: equations 1 and 2 (confident joint and thresholds), and
    section 3.2, method 2 (its off-diagonal).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# As far as a score of single precision, averaged over pictures, can be trusted.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class LabelIssues:
    """What was found for one label.

    Attributes:
        missing: Places of pictures without the label that confidently have it, the surest first.
        wrong: Places of pictures with the label that confidently have it not, the surest first.
        present_threshold: Mean score of the pictures that have the label.
        absent_threshold: Mean of one minus the score of those that have it not.
    """

    missing: np.ndarray
    wrong: np.ndarray
    present_threshold: float
    absent_threshold: float


def label_issues(scores: np.ndarray, present: np.ndarray) -> LabelIssues:
    """Find the issues of one label.

    Args:
        scores: N scores in [0, 1] of pictures that the network was not trained on.
        present: Whether each picture was given the label; at least one was and one was not.
    """
    yes = scores.astype(np.float64)
    no = 1 - yes
    present_threshold, absent_threshold = float(yes[present].mean()), float(no[~present].mean())
    # Where both thresholds are reached the greater decides, which is what is more likely than not.
    surely_yes = (yes >= present_threshold - TOLERANCE) & (yes > no + TOLERANCE)
    surely_no = (no >= absent_threshold - TOLERANCE) & (no > yes + TOLERANCE)
    return LabelIssues(
        _surest_first(~present & surely_yes, yes),
        _surest_first(present & surely_no, no),
        present_threshold,
        absent_threshold,
    )


def _surest_first(chosen: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    places = np.flatnonzero(chosen)
    ordered: np.ndarray = places[np.argsort(-certainty[places], kind="stable")]
    return ordered
