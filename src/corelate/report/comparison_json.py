"""The paired differences of a comparison as JSON values."""

from __future__ import annotations

from typing import Any

from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.label_differences import LabelRow


def paired_json(comparison: Comparison, run: ComparedRun, labels: list[LabelRow]) -> dict[str, Any] | None:
    """Return how a run differs from the baseline; None for the baseline itself.

    Args:
        comparison: The runs.
        run: One of them.
        labels: What `label_rows` returns for the comparison.

    Returns:
        ``baseline`` (its name), ``problem`` (why the two can't be paired, or nothing), ``resamples``, ``level``,
        ``seed``, ``figures`` (nested as in a report; each leaf holds ``difference``, ``interval``, ``share_greater``
        and ``verdict``; empty where there is a problem) and ``labels`` (differences of the labels that can be
        compared one by one).
    """
    if run is comparison.base:
        return None
    figures: dict[str, Any] = {}
    for path, difference in comparison.differences(run).items():
        place = figures
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = difference.to_json()
    return {
        "baseline": comparison.base.name,
        "problem": run.alignment.problem,
        "resamples": comparison.options.resamples,
        "level": comparison.options.level,
        "seed": comparison.options.seed,
        "figures": figures,
        "labels": [
            {
                "label": row.label,
                "average_precision": row.difference("average_precision", run.number, comparison.baseline),
                "f1": row.difference("f1", run.number, comparison.baseline),
            }
            for row in labels
            if row.alike[run.number]
        ],
    }
