"""Average precision: how well a label's scores put the images that have it first.

Images with equal scores count as one step of the ranking, so the order of the images never matters. Only the ranks of
present cells are needed; they are looked up in the sorted scores, since sorting values is several times faster than
sorting indices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corelate.scores import check_pair, known_columns

RECALL_LEVELS = 11
"""VOC2007 measures precision at recall 0, 0.1 … 1."""


def average_precision(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return each label's average precision: the mean over its present images of the precision at their rank.

    Equals scikit-learn's ``average_precision_score``.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are not ranked.

    Returns:
        float64[L]; NaN for a label that no image has.

    Raises:
        ScoresError: Scores or targets are wrong.
    """
    return average_of(precisions_at_positives(scores, targets))


def voc11_average_precision(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return each label's 11-point average precision, as in VOC2007.

    It is the mean over the recall levels 0, 0.1 … 1 of the best precision at that recall or more.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are not ranked.

    Returns:
        float64[L]; NaN for a label that no image has.

    Raises:
        ScoresError: Scores or targets are wrong.

    Source:
        Everingham et al., The Pascal Visual Object Classes (VOC) Challenge, IJCV 2010, section 4.2.
    """
    return voc11_of(precisions_at_positives(scores, targets))


def precisions_at_positives(scores: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    """Return for each label the precision at the rank of each present image, best-scored image first.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are not ranked.

    Returns:
        L arrays of float64, each as long as the label has present images.

    Raises:
        ScoresError: Scores or targets are wrong.
    """
    return [_precisions(column, present) for column, present in known_columns(*check_pair(scores, targets))]


def average_of(precisions: Sequence[np.ndarray]) -> np.ndarray:
    """Return the average precision of each label from its `precisions_at_positives`."""
    return np.array([values.mean() if len(values) else np.nan for values in precisions])


def voc11_of(precisions: Sequence[np.ndarray]) -> np.ndarray:
    """Return the 11-point average precision of each label from its `precisions_at_positives`."""
    return np.array([_voc11(values) if len(values) else np.nan for values in precisions])


def _precisions(scores: np.ndarray, present: np.ndarray) -> np.ndarray:
    ascending, positives = np.sort(scores), np.sort(scores[present])
    # How many scores are at least as high as each present one: all of them, and the present ones.
    ranked = len(ascending) - np.searchsorted(ascending, positives)
    hits = len(positives) - np.searchsorted(positives, positives)
    return (hits / ranked)[::-1]


def _voc11(precisions: np.ndarray) -> float:
    best_from = np.maximum.accumulate(precisions[::-1])[::-1]
    # Recall hits/positives reaches k/10 when 10·hits >= k·positives: in whole numbers, without rounding.
    hits_needed = -(-np.arange(RECALL_LEVELS) * len(precisions) // (RECALL_LEVELS - 1))
    return float(best_from[np.maximum(hits_needed, 1) - 1].mean())
