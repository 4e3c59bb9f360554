"""Precision against recall: what every threshold would find, and how much of it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.errors import OptionError, ScoresError
from corelate.explain.judged import Judged
from corelate.explain.lettering.short_names import short_name
from corelate.explain.table import Table
from corelate.metrics.counts import ratio
from corelate.metrics.precision_recall import mean_precision, precision_recall_points
from corelate.metrics.ranking import average_precision

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LABELS = 18
"""More curves can't be told apart in one drawing."""
MOST_POINTS = 500
OVERALL, MEAN, LABEL = "overall", "mean", "label"


@dataclass(frozen=True)
class Curve:
    """One curve, from the highest threshold to the lowest.

    Attributes:
        kind: ``overall`` for all cells together, ``mean`` for the mean over labels, ``label`` for one.
        name: The label, or what the curve is.
        recall: float64[P], rising; some of the points, where there are many.
        precision: float64[P]; a point's precision holds from the recall before it to its own.
        thresholds: float64[P], falling, or None for the mean, whose labels differ in it.
        average_precision: Area under the whole curve.
        positives: How many present cells it is about.
        working_point: Recall and precision of the decision rule, or None for the mean.
        best: The highest F1 that a point of the whole curve has, and the threshold there, or None for the mean.
    """

    kind: str
    name: str
    recall: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray | None
    average_precision: float
    positives: int
    working_point: tuple[float, float] | None
    best: tuple[float, float] | None


@dataclass(frozen=True)
class PrecisionRecall:
    """Curves of one set of scores.

    Attributes:
        curves: All cells together, the mean over labels, and the chosen labels.
        averaged: How many labels the mean is over.
        labels: How many labels there are.
        source: What was measured, in words.
        rule: The decision rule's name.
    """

    curves: Sequence[Curve]
    averaged: int
    labels: int
    source: str
    rule: str

    def table(self) -> Table:
        """Return the points of all curves; long curves are thinned to 500 points, their ends and extremes kept."""
        rows: list[tuple[Any, ...]] = []
        for curve in self.curves:
            thresholds = [None] * len(curve.recall) if curve.thresholds is None else curve.thresholds.tolist()
            points = zip(curve.recall.tolist(), curve.precision.tolist(), thresholds, strict=True)
            rows += [(curve.kind, curve.name, *point) for point in points]
        about = {
            "source": self.source,
            "rule": self.rule,
            "most_points": MOST_POINTS,
            "labels": self.labels,
            "labels_in_mean": self.averaged,
            "curves": [
                {
                    "kind": curve.kind,
                    "name": curve.name,
                    "average_precision": curve.average_precision,
                    "positives": curve.positives,
                    "recall_of_rule": None if curve.working_point is None else curve.working_point[0],
                    "precision_of_rule": None if curve.working_point is None else curve.working_point[1],
                }
                for curve in self.curves
            ],
        }
        return Table(("kind", "name", "recall", "precision", "threshold"), rows, about)

    def draw(self) -> Figure:
        """Draw all curves, the rule's working points, and lines of equal F1."""
        from corelate.explain.measures.precision_recall_drawing import draw_curves

        return draw_curves(self)

    def summary(self) -> list[str]:
        """Return what is to be seen, in sentences."""
        overall, mean, *chosen = self.curves
        lines = [
            f"{self.source}: average precision of all {overall.positives:,} present cells together "
            f"{overall.average_precision:.3f}; mean over {self.averaged:,} of {self.labels:,} labels "
            f"{mean.average_precision:.3f} (map)",
            _rule_point(f"Rule {self.rule} over all cells", overall),
            _best_threshold(overall),
        ]
        for curve in chosen:
            pictures = "picture" if curve.positives == 1 else "pictures"
            title = f"{short_name(curve.name, 60)} ({curve.positives:,} {pictures}): average precision"
            lines.append(_rule_point(f"{title} {curve.average_precision:.3f}; the rule", curve))
        return lines


def precision_recall(judged: Judged, labels: Sequence[str] = ()) -> PrecisionRecall:
    """Return the curves of all cells together, of the mean over labels, and of some labels.

    Args:
        judged: What was measured; unknown targets are left out.
        labels: Labels that get a curve of their own, at most 18.

    Raises:
        ScoresError: No label is present on any picture.
        OptionError: A label is not there, is on no picture or given twice, or there are too many.
    """
    columns = _columns(judged, labels)
    present = judged.targets == PRESENT
    if not present.any():
        raise ScoresError(f"{judged.source}: no label is present on any picture, so that recall has nothing to count")
    recall, precision = mean_precision(judged.scores, judged.targets)
    averages = average_precision(judged.scores, judged.targets)
    averaged = int(np.count_nonzero(present.any(axis=0)))
    area, positives = float(np.nanmean(averages)), int(present.sum())
    mean = Curve(MEAN, "mean over labels", recall, precision, None, area, positives, None, None)
    overall = _curve(judged, OVERALL, "all cells", slice(None))
    chosen = [_curve(judged, LABEL, judged.labels[column], slice(column, column + 1)) for column in columns]
    return PrecisionRecall((overall, mean, *chosen), averaged, len(judged.labels), judged.source, judged.decision.rule)


def _columns(judged: Judged, labels: Sequence[str]) -> list[int]:
    if len(labels) > MOST_LABELS:
        raise OptionError(f"{len(labels)} labels: at most {MOST_LABELS} curves can be told apart")
    columns = judged.columns_of(labels)
    twice = [label for number, label in enumerate(labels) if label in labels[:number]]
    if twice:
        raise OptionError(f"label {twice[0]!r} is given twice")
    empty = [
        label for label, column in zip(labels, columns, strict=True) if not (judged.targets[:, column] == PRESENT).any()
    ]
    if empty:
        names = ", ".join(repr(short_name(label, 60)) for label in empty)
        raise OptionError(
            f"no measured picture has {names}: recall has nothing to count; choose labels that pictures have"
        )
    return columns


def _curve(judged: Judged, kind: str, name: str, columns: slice) -> Curve:
    known = judged.targets[:, columns] != UNKNOWN
    present = judged.targets[:, columns][known] == PRESENT
    points = precision_recall_points(judged.scores[:, columns][known], present)
    outcomes = judged.outcomes
    hits, predicted = outcomes.hit[:, columns].sum(), outcomes.predicted[:, columns].sum()
    working_point = (float(hits / present.sum()), float(ratio(hits, predicted)))
    f1 = _f1(points.recall, points.precision)
    best = int(np.argmax(f1))
    kept = thinned(points.recall, points.precision, MOST_POINTS)
    return Curve(
        kind,
        name,
        points.recall[kept],
        points.precision[kept],
        points.thresholds[kept],
        points.area,
        int(present.sum()),
        working_point,
        (float(f1[best]), float(points.thresholds[best])),
    )


def thinned(recall: np.ndarray, precision: np.ndarray, most: int) -> np.ndarray:
    """Return which points of a curve keep its shape: its ends, and of each stretch of recall the extremes.

    Args:
        recall: float64[P], rising.
        precision: float64[P].
        most: How many points may be kept.

    Returns:
        Their places, rising; all where there are no more than `most`.
    """
    if len(recall) <= most:
        return np.arange(len(recall))
    stretches = (most - 2) // 3
    stretch = np.minimum((recall * stretches).astype(int), stretches - 1)
    by_precision = np.lexsort((precision, stretch))
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    ends = np.append(starts[1:], len(recall)) - 1
    return np.unique(np.concatenate([[0, len(recall) - 1], ends, by_precision[starts], by_precision[ends]]))


def _f1(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    return ratio(2 * precision * recall, precision + recall)


def _rule_point(title: str, curve: Curve) -> str:
    recall, precision = curve.working_point or (0.0, 0.0)
    if not recall and not precision:
        return f"{title} finds nothing"
    f1 = _f1(np.array(recall), np.array(precision))
    return f"{title}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def _best_threshold(overall: Curve) -> str:
    f1, threshold = overall.best or (0.0, 0.0)
    return f"One threshold for all labels could at best have F1 {f1:.3f} here, at {threshold:.3f}"
