"""The labels of several runs: the figures of each, and how much they differ from the baseline's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN
from corelate.explain.lettering.text_fitting import one_line, shortened
from corelate.explain.table import Table
from corelate.metrics.bootstrap import ROUNDED_TO, centred_interval
from corelate.metrics.resampling import draw_weights
from corelate.metrics.weighted_ranking import WeightedRanking
from corelate.report.comparison import ComparedRun, Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = ("average_precision", "f1")
DRAWN, FEWEST_DRAWN = 20, 4
"""Labels in the drawing, where one run is compared; of many runs fewer fit."""
MOST_DOTS = 80
LONGEST = 22
"""Letters of a label in the drawing."""
ENOUGH = 10
"""Pictures that must have a label for it to be drawn; with fewer, single pictures decide."""


@dataclass(frozen=True)
class LabelRow:
    """One label.

    Attributes:
        label: The label.
        pictures: How many of the baseline's pictures have it; of the first run's that knows it, where that does not.
        average_precision: Of each run; None where it is undefined or the run lacks the label.
        f1: Of each run, likewise.
        alike: For each run whether it can be compared with the baseline on this label.
    """

    label: str
    pictures: int
    average_precision: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    alike: tuple[bool, ...]

    def difference(self, figure: str, run: int, baseline: int) -> float | None:
        """Return how much greater a figure of a run is than the baseline's; None where that can't be said.

        Args:
            figure: ``average_precision`` or ``f1``.
            run: The run's number.
            baseline: The baseline's number.
        """
        values: tuple[float | None, ...] = getattr(self, figure)
        one, other = values[run], values[baseline]
        if one is None or other is None or not self.alike[run]:
            return None
        return float(np.round(one - other, ROUNDED_TO))


@dataclass(frozen=True)
class LabelInterval:
    """How much a label's average precision in a run is greater than in the baseline.

    Attributes:
        label: The label.
        pictures: How many pictures have it.
        run: The run.
        difference: The difference.
        interval: Its bootstrap interval on the resamples of the comparison.
    """

    label: str
    pictures: int
    run: ComparedRun
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class LabelDifferences:
    """The labels of a comparison, as a drawing of those that differ most and as data of all.

    Attributes:
        comparison: The runs.
    """

    comparison: Comparison

    @cached_property
    def rows(self) -> list[LabelRow]:
        """All labels."""
        return label_rows(self.comparison)

    @property
    def compared(self) -> list[ComparedRun]:
        """The runs that can be compared with the baseline on some label."""
        return [run for run in self.comparison.others if run.alignment.alike.any()]

    @cached_property
    def largest(self) -> list[LabelInterval]:
        """What is drawn; nothing where no label that enough pictures have differs."""
        count = max(FEWEST_DRAWN, min(DRAWN, MOST_DOTS // max(1, len(self.compared))))
        return largest_differences(self.comparison, self.rows, count)

    def table(self) -> Table:
        """Return one row for each label and run."""
        columns = ("label", "pictures", "run", *FIGURES, *(f"{figure}_difference" for figure in FIGURES))
        rows = [
            (row.label, row.pictures, run.name, *_of_run(row, run.number, self.comparison.baseline))
            for row in self.rows
            for run in self.comparison.runs
        ]
        return Table(columns, rows, {"baseline": self.comparison.base.name})

    def draw(self) -> Figure:
        """Return a dot with its interval for each run and each of the labels that differ most."""
        from corelate.report.comparison_drawings import Dot, draw_differences, drawn

        dots = [
            Dot(
                each.label,
                f"{shortened(one_line(each.label), LONGEST, len)} ({each.pictures:,})",
                each.run.number,
                each.difference,
                *each.interval,
            )
            for each in self.largest
        ]
        level = f"{100 * self.comparison.options.level:g} %"
        title = f"difference in AP to {drawn(self.comparison.base.title)}, with {level} interval"
        return draw_differences(dots, {run.number: run.title for run in self.compared}, title)


def _of_run(row: LabelRow, run: int, baseline: int) -> list[float | None]:
    own: list[float | None] = [getattr(row, figure)[run] for figure in FIGURES]
    return own + [None if run == baseline else row.difference(figure, run, baseline) for figure in FIGURES]


def label_rows(comparison: Comparison) -> list[LabelRow]:
    """Return the labels of all runs, those of the baseline first."""
    runs, base = comparison.runs, comparison.base
    ordered = [base, *comparison.others]
    labels = dict.fromkeys(label for run in ordered for label in run.judged.labels)
    columns = {label: number for number, label in enumerate(base.judged.labels)}
    rows = []
    for label in labels:
        figures = [run.label_figures.get(label) for run in runs]
        known = next(run.label_figures[label] for run in ordered if label in run.label_figures)
        column = columns.get(label)
        rows.append(
            LabelRow(
                label,
                known["positives"],
                tuple(each["average_precision"] if each else None for each in figures),
                tuple(each["f1"] if each else None for each in figures),
                tuple(column is not None and bool(run.alignment.alike[column]) for run in runs),
            )
        )
    return rows


def largest_differences(comparison: Comparison, rows: Sequence[LabelRow], count: int) -> list[LabelInterval]:
    """Return the labels whose average precision differs most from the baseline's in any run, each with intervals.

    Only labels that at least `ENOUGH` pictures have are taken; where no label has so many, none is.

    Returns:
        One value for each label and run that can be compared on it; labels with the largest difference first.
    """
    largest: dict[str, float] = {}
    for row in rows:
        gaps = [row.difference("average_precision", run, comparison.baseline) for run in range(len(comparison.runs))]
        known = [abs(gap) for gap in gaps if gap]
        if row.pictures >= ENOUGH and known:
            largest[row.label] = max(known)
    labels = sorted(largest, key=lambda label: -largest[label])[:count]
    return _intervals(comparison, [comparison.base.judged.labels.index(label) for label in labels])


def _intervals(comparison: Comparison, columns: Sequence[int]) -> list[LabelInterval]:
    """Return the intervals of some of the baseline's labels, in their order."""
    base, options = comparison.base, comparison.options
    pairs = [(column, run) for column in columns for run in comparison.others if run.alignment.alike[column]]
    if not pairs:
        return []
    baseline = {column: _ranking(base, column) for column in columns}
    rankings = [_ranking(run, column) for column, run in pairs]

    def gaps(weights: np.ndarray) -> np.ndarray:
        of_base = {column: ranking.average_precision(weights) for column, ranking in baseline.items()}
        own = [ranking.average_precision(weights) for ranking in rankings]
        return np.round([values - of_base[column] for values, (column, _) in zip(own, pairs, strict=True)], ROUNDED_TO)

    images = len(base.judged.targets)
    differences = gaps(np.ones((images, 1)))[:, 0]
    draws = np.hstack([gaps(weights) for weights in draw_weights(images, options.resamples, options.seed)])
    found = []
    for (column, run), difference, values in zip(pairs, differences.tolist(), draws, strict=True):
        ends = centred_interval(values, difference, options.level)
        if ends is not None:
            present = int(np.count_nonzero(base.judged.targets[:, column] == PRESENT))
            label = str(base.judged.labels[column])
            found.append(LabelInterval(label, present, run, difference, (ends[0], ends[1])))
    return found


def _ranking(run: ComparedRun, column: int) -> WeightedRanking:
    """Return the ranking of the baseline's pictures by a run's scores of one of the baseline's labels."""
    judged, own = run.judged, int(run.alignment.columns[column])
    scores, targets = judged.scores[run.alignment.rows, own], judged.targets[run.alignment.rows, own]
    known = np.flatnonzero(targets != UNKNOWN)
    return WeightedRanking.of(scores[known], targets[known] == PRESENT, known)
