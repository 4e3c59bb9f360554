"""All figures of one set of scores, as the JSON report of ``corelate evaluate``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.decisions.base import Decision
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.decisions.with_parents import plain, with_parents_as
from corelate.errors import ScoresError
from corelate.metrics.bootstrap import IntervalOptions, bootstrap_intervals
from corelate.metrics.counts import count, ratio
from corelate.metrics.figures import Figures, all_figures, to_json
from corelate.metrics.ranking import average_of, average_precision, precisions_at_positives, voc11_of
from corelate.metrics.resampling import ResampledImages
from corelate.scores import check_pair


def evaluate_scores(
    scores: np.ndarray,
    targets: np.ndarray,
    decision: Decision,
    top_k: Iterable[int] = (),
    intervals: IntervalOptions | None = None,
) -> dict[str, Any]:
    """Return every figure of a set of scores; docs/metrics.md defines each.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are ignored in every figure.
        decision: What turns the scores into tags.
        top_k: Also report the figures for exactly so many tags an image; their parents come on top where the decision
            brings parents.
        intervals: Also give each figure a bootstrap interval; None for none.

    Returns:
        Nested dictionaries of plain values, ready for JSON.

    Raises:
        ScoresError: Scores or targets are wrong, or don't fit the decision.
        OptionError: `top_k` holds a number below 1 or above the number of labels.
    """
    scores, targets = check_pair(scores, targets)
    forced = {str(k): with_parents_as(TopKDecision(k=k), decision) for k in sorted(set(top_k))}
    figures = compute_figures(scores, targets, decision, forced)
    report = {
        "images": scores.shape[0],
        "labels": scores.shape[1],
        "labels_with_positives": int(np.count_nonzero((targets == PRESENT).any(axis=0))),
        "unknown_targets": int(np.count_nonzero(targets == UNKNOWN)),
        "rule": decision.describe(),
        **to_json(figures),
    }
    if intervals is not None:
        resampled = ResampledImages(scores, targets, decision, forced)
        report["intervals"] = asdict(intervals) | bootstrap_intervals(resampled, figures, intervals)
    return report


def evaluate_labels(
    scores: np.ndarray, targets: np.ndarray, decision: Decision, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the figures of each label, in the order of the labels.

    Args:
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells are ignored.
        decision: What turns the scores into tags.
        labels: The L labels' names.

    Returns:
        For each label a dictionary of plain values; what is undefined (a threshold under top-k, the average precision
        of a label that no image has) is None.

    Raises:
        ScoresError: Scores or targets are wrong, or don't fit the decision or the names.
    """
    scores, targets = check_pair(scores, targets)
    if len(labels) != scores.shape[1]:
        raise ScoresError(f"scores have {scores.shape[1]} labels, but {len(labels)} names were given")
    counts = count(decision.decide(scores), targets)
    cut = plain(decision)
    thresholds = cut.thresholds if isinstance(cut, ThresholdDecision) else np.full(len(labels), np.nan)
    columns = {
        "positives": counts.actual,
        "predicted": counts.predicted,
        "true_positive": counts.true_positive,
        "precision": ratio(counts.true_positive, counts.predicted),
        "recall": ratio(counts.true_positive, counts.actual),
        "f1": ratio(2 * counts.true_positive, counts.predicted + counts.actual),
        "average_precision": average_precision(scores, targets),
        "threshold": thresholds,
    }
    values = to_json(columns)
    return [
        {"label": str(label), **{name: column[row] for name, column in values.items()}}
        for row, label in enumerate(labels)
    ]


def compute_figures(
    scores: np.ndarray, targets: np.ndarray, decision: Decision, forced: dict[str, Decision]
) -> Figures:
    """Return the figures as arrays; arguments as for `evaluate_scores`, already checked."""
    precisions = precisions_at_positives(scores, targets)
    return all_figures(
        count(decision.decide(scores), targets),
        average_of(precisions),
        voc11_of(precisions),
        {k: count(rule.decide(scores), targets) for k, rule in forced.items()},
    )
