"""Each label's counts and figures, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.errors import ScoresError
from corelate.explain.judged import Judged
from corelate.explain.lettering.short_names import short_name
from corelate.explain.table import Table
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.label_intervals import affordable_resamples, label_intervals
from corelate.metrics.report import evaluate_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = ("positives", "predicted", "true_positive")
FIGURES = ("precision", "recall", "f1", "average_precision")
BANDS = ((0, 9), (10, 99), (100, None))
"""How often labels are seen in training: rarely, sometimes, often."""
SUPPORTS = (10, 5, 1)
"""How many positives a label must have to be called best or worst; the first that leaves enough labels."""
ENOUGH_LABELS = 24
FEW = 5
"""Of fewer pictures a resample is nearly always one that lacks some, or all."""


@dataclass(frozen=True)
class LabelTable:
    """What was found of each label.

    Attributes:
        labels: The L labels.
        training: Training pictures that have each label, int64[L], or None where that is not known.
        unknown: Measured pictures of which it is not known whether they have the label, int64[L].
        figures: For each of `COUNTS`, `FIGURES` and ``threshold`` one value a label, float64[L]; NaN where undefined.
        intervals: For each of `FIGURES` float64[L, 2], low before high; empty where none were asked for.
        options: How the intervals were computed, or None.
        pictures: How many pictures were measured.
        source: What was measured, in words.
        rule: The decision rule's name, options and origin.
    """

    labels: Sequence[str]
    training: np.ndarray | None
    unknown: np.ndarray
    figures: Mapping[str, np.ndarray]
    intervals: Mapping[str, np.ndarray]
    options: IntervalOptions | None
    pictures: int
    source: str
    rule: Mapping[str, Any]

    @property
    def frequency(self) -> np.ndarray:
        """How often each label was seen: in training, or, where that is not known, in the measured pictures."""
        return self.figures["positives"] if self.training is None else self.training

    @cached_property
    def ranked(self) -> tuple[np.ndarray, int]:
        """The labels with enough positives to be ranked, best average precision first, and how many those are."""
        positives, average = self.figures["positives"], self.figures["average_precision"]
        defined = int(np.count_nonzero(positives))
        for support in SUPPORTS:
            chosen = np.flatnonzero(positives >= support)
            if len(chosen) >= min(ENOUGH_LABELS, defined):
                break
        # Of equals the one with more pictures first: it is the surer one.
        return chosen[np.lexsort((-positives[chosen], -average[chosen]))], support

    @property
    def never_predicted(self) -> np.ndarray:
        """Which labels were given to no picture although some have them, bool[L]."""
        return (self.figures["predicted"] == 0) & (self.figures["positives"] > 0)

    def table(self) -> Table:
        """Return one row for each label; what is undefined or not known is None."""
        columns: dict[str, np.ndarray | list[None]] = {
            "training": [None] * len(self.labels) if self.training is None else self.training,
            "unknown": self.unknown,
            **{name: self.figures[name].astype(np.int64) for name in COUNTS},
        }
        for name in FIGURES:
            columns[name] = self.figures[name]
            if name in self.intervals:
                columns[f"{name}_low"], columns[f"{name}_high"] = self.intervals[name].T
        columns["threshold"] = self.figures["threshold"]
        about = {
            "source": self.source,
            "pictures": self.pictures,
            "rule": self.rule,
            "intervals": None if self.options is None else asdict(self.options),
        }
        values = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns.values()]
        return Table(("label", *columns), list(zip(self.labels, *values, strict=True)), about)

    def draw(self) -> Figure:
        """Draw average precision by frequency, and the best and worst labels with their intervals."""
        from corelate.explain.measures.label_table_drawing import draw_labels

        return draw_labels(self)

    def summary(self) -> list[str]:
        """Return what is to be seen, in sentences."""
        absent = np.count_nonzero(self.figures["positives"] == 0)
        found = np.count_nonzero(self.figures["true_positive"])
        lines = [
            f"{self.source}: {self.pictures:,} pictures, {len(self.labels):,} labels, rule {self.rule['name']}",
            f"Labels found on at least one picture: {found:,}; that pictures have, but were given to none: "
            f"{np.count_nonzero(self.never_predicted):,}; that no picture has, without average precision: {absent:,}",
        ]
        lines += [line for line in (self._by_frequency(), self._best_and_worst(), self._trust()) if line]
        return lines

    def _by_frequency(self) -> str:
        average, parts = self.figures["average_precision"], []
        for low, high in BANDS:
            inside = (self.frequency >= low) & (self.frequency <= (np.inf if high is None else high))
            inside &= ~np.isnan(average)
            if inside.any():
                name = f"{low} or more" if high is None else f"{low} to {high}"
                parts.append(f"{average[inside].mean():.2f} for {name} ({np.count_nonzero(inside):,})")
        where = "measured" if self.training is None else "training"
        return f"Mean average precision of labels by {where} pictures: {', '.join(parts)}" if parts else ""

    def _best_and_worst(self) -> str:
        order, support = self.ranked
        if len(order) < 2:
            return ""
        number = min(5, len(order) // 2)
        best, worst = (", ".join(map(self._named, part)) for part in (order[:number], order[::-1][:number]))
        which = f"with {support} or more pictures" if support > 1 else "that pictures have"
        return f"Of labels {which}, best: {best}; worst: {worst}"

    def _named(self, row: int) -> str:
        return f"{short_name(self.labels[row], 40)} {self.figures['average_precision'][row]:.2f}"

    def _trust(self) -> str:
        if self.options is None:
            return ""
        positives = self.figures["positives"]
        few = np.count_nonzero((positives > 0) & (positives < FEW))
        return (
            f"Intervals of {100 * self.options.level:g} % from {self.options.resamples:,} resamples of the pictures; "
            f"those of labels with fewer than {FEW} pictures ({few:,}) are not to be trusted"
        )


def label_table(
    judged: Judged, training_counts: np.ndarray | None = None, intervals: IntervalOptions | None = None
) -> LabelTable:
    """Return each label's figures.

    Args:
        judged: What was measured; unknown targets are left out.
        training_counts: How many training pictures have each label, int64[L], if known.
        intervals: Also give bootstrap intervals; None for none.

    Raises:
        ScoresError: The counts are for another number of labels, or scores and targets are wrong.
    """
    if training_counts is not None and np.shape(training_counts) != (len(judged.labels),):
        raise ScoresError(
            f"{judged.source} has {len(judged.labels)} labels, but the training counts have shape "
            f"{np.shape(training_counts)}"
        )
    rows = evaluate_labels(judged.scores, judged.targets, judged.decision, judged.labels)
    names = (*COUNTS, *FIGURES, "threshold")
    figures = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names}
    bounds: dict[str, np.ndarray] = {}
    if intervals is not None:
        shares = {name: figures[name] for name in FIGURES}
        bounds = label_intervals(judged.scores, judged.targets, judged.decision, shares, intervals)
    return LabelTable(
        labels=judged.labels,
        training=None if training_counts is None else np.asarray(training_counts),
        unknown=np.count_nonzero(judged.targets == UNKNOWN, axis=0),
        figures=figures,
        intervals=bounds,
        options=intervals,
        pictures=len(judged.scores),
        source=judged.source,
        rule=judged.decision.describe(),
    )


def affordable_intervals(judged: Judged) -> IntervalOptions:
    """Return options of intervals that take seconds: the usual 1,000 resamples, or fewer for large data."""
    return IntervalOptions(resamples=affordable_resamples(judged.scores.size))
