"""Searching thresholds by the F-measure."""

from __future__ import annotations

import numpy as np

from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.decisions.cuts import ACCEPT_ALL, Cuts, label_cuts, next_lower, pooled_cuts, threshold_between
from corelate.errors import ScoresError
from corelate.scores import check_pair, known_columns

# Absences by which a threshold is fitted where labels are unknown; with fewer, nearly every tag looks right.
LEAST_ABSENT = 20


def f_measure(
    true_positive: np.ndarray, predicted: np.ndarray, actual: np.ndarray | int, beta: float = 1.0
) -> np.ndarray:
    """Return the F-measure of counts, ``(1 + β²) tp / (β² actual + predicted)``; 0 where the denominator is 0.

    Counts may be integers or floats and broadcast; the result is float64.
    """
    weighted = beta * beta * np.asarray(actual, dtype=np.float64) + predicted
    hits = (1 + beta * beta) * np.asarray(true_positive, dtype=np.float64)
    return np.divide(hits, weighted, out=np.zeros_like(weighted), where=weighted > 0)


def best_global_f(scores: np.ndarray, targets: np.ndarray, beta: float = 1.0) -> float:
    """Return the one threshold with the best overall F-measure of all; of equally good ones the lowest.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells take no part.
        beta: Weight of recall, above 0.

    Raises:
        ScoresError: Scores or targets are wrong, or no label is present anywhere.
    """
    scores, targets = check_pair(scores, targets)
    cuts = pooled_cuts(scores, targets)
    if not cuts.actual:
        raise ScoresError("the scores to fit on have no present label at all; give scores of images that have labels")
    upper = cuts.lowest_kept[_best_cut(cuts, beta)]
    return threshold_between(next_lower(scores, targets, upper), upper)


def usable_global_f(scores: np.ndarray, targets: np.ndarray, beta: float = 1.0) -> float:
    """Return what `best_global_f` does, for a rule that is to be used: of the labels that can be judged.

    Of a label that is unknown in some images and known to be absent from none, every tag is right as far as one can
    see: its best threshold would be 0, and it would draw that of all labels down.

    Raises:
        ScoresError: As there; or labels are unknown, and those that can be judged have fewer than `LEAST_ABSENT`
            absences together.
    """
    scores, targets = check_pair(scores, targets)
    unknown, absent = (targets == UNKNOWN).any(axis=0), (targets == ABSENT).sum(axis=0)
    judged = ~unknown | (absent > 0)
    if not (targets == PRESENT).any():
        return best_global_f(scores, targets, beta)  # raises
    if unknown.any() and absent[judged].sum() < LEAST_ABSENT:
        raise ScoresError(
            f"the scores to fit on have unknown labels, and {absent[judged].sum()} times a label that is known to be "
            f"absent: the best threshold would be near 0; {LEAST_ABSENT} are needed: give scores of images whose "
            "labels are known, or count unknown labels as absent"
        )
    # All at once where all are judged: a copy of a large matrix would be for nothing.
    return best_global_f(*((scores, targets) if judged.all() else (scores[:, judged], targets[:, judged])), beta)


def best_f_per_label(scores: np.ndarray, targets: np.ndarray, beta: float = 1.0) -> np.ndarray:
    """Return for each label the threshold with the best F-measure of all; of equally good ones the lowest.

    A label that is present nowhere has F-measure 0 everywhere and so gets 0.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells take no part.
        beta: Weight of recall, above 0.

    Returns:
        float64[L].

    Raises:
        ScoresError: Scores or targets are wrong.
    """
    scores, targets = check_pair(scores, targets)
    thresholds = np.full(scores.shape[1], ACCEPT_ALL)
    for label, (column, present) in enumerate(known_columns(scores, targets)):
        cuts, ascending = label_cuts(column, present)
        if cuts.actual:
            thresholds[label] = cuts.threshold(_best_cut(cuts, beta), ascending)
    return thresholds


def _best_cut(cuts: Cuts, beta: float) -> int:
    return int(np.argmax(f_measure(cuts.true_positive, cuts.predicted, cuts.actual, beta)))
