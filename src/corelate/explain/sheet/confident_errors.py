"""How sure a decision was where it was wrong: the measure that puts errors in order.

A score says how sure the network is, but not how sure the decision is: with a threshold of 0.1 a score of 0.3 is far
on the side of the tag. So each score is moved to where it lies between what could have been decided, by two straight
lines that meet at the threshold: a score of 0 goes to 0, the threshold to 1/2 and a score of 1 to 1. The error of a
cell is the distance of that from its target, 0 or 1. It is at least 1/2 where the tag is wrong or missed, and at most
1/2 elsewhere.
"""

from __future__ import annotations

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.with_parents import plain
from corelate.explain.judged import Judged
from corelate.metrics.counts import ratio
from corelate.scores import row_blocks


def thresholds_of(judged: Judged, rows: np.ndarray) -> np.ndarray:
    """Return what each score of some pictures is compared with.

    Those are the labels' thresholds. A decision without thresholds, as of the k best labels, compares the labels of a
    picture with each other; its threshold is then the picture's own: halfway between the lowest score that was given
    and the highest that was not, 0 where all labels were given and 1 where none was.

    Args:
        judged: Scores and decision.
        rows: n pictures.

    Returns:
        float64, 1×L for thresholds of labels, n×1 for those of pictures.
    """
    decision = plain(judged.decision)
    if isinstance(decision, ThresholdDecision):
        return decision.thresholds[None, :]
    scores, given = judged.scores[rows], judged.predicted[rows]
    lowest_given = scores.min(axis=1, where=given, initial=2).astype(np.float64)
    highest_left = scores.max(axis=1, where=~given, initial=-1).astype(np.float64)
    halfway = (lowest_given + highest_left) / 2
    halfway[given.all(axis=1)] = 0
    halfway[~given.any(axis=1)] = 1
    return halfway[:, None]


def cell_errors(judged: Judged, rows: np.ndarray) -> np.ndarray:
    """Return the error of each label of some pictures, float64 n×L in [0, 1]; 0 where the truth is unknown.

    A tag that was given although its score is below the threshold, for another that implies it, counts as being on it.
    """
    thresholds = thresholds_of(judged, rows)
    scores, given, targets = judged.scores[rows].astype(np.float64), judged.predicted[rows], judged.targets[rows]
    above = np.maximum(1 - ratio(1 - scores, 2 * (1 - thresholds)), 0.5)
    below = np.minimum(ratio(scores, 2 * thresholds), 0.5)
    sureness = np.where(given, above, below)
    errors: np.ndarray = np.where(targets == PRESENT, 1 - sureness, sureness)
    errors[targets == UNKNOWN] = 0
    return errors


def largest_errors(judged: Judged, rows: np.ndarray, column: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest error of each of some pictures, and whether the picture has a wrong or missed tag at all.

    Args:
        judged: Scores, truth and decision.
        rows: n pictures.
        column: Look at this label alone.

    Returns:
        float64[n] in [0, 1], and bool[n].
    """
    largest, is_wrong = np.empty(len(rows)), np.empty(len(rows), dtype=bool)
    columns = slice(None) if column is None else slice(column, column + 1)
    for block in row_blocks((len(rows), judged.scores.shape[1])):
        chosen = rows[block]
        largest[block] = cell_errors(judged, chosen)[:, columns].max(axis=1)
        targets = judged.targets[chosen][:, columns]
        differs = judged.predicted[chosen][:, columns] != (targets == PRESENT)
        is_wrong[block] = (differs & (targets != UNKNOWN)).any(axis=1)
    return largest, is_wrong
