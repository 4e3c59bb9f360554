"""How far the figures of runs lie from the baseline's, as a drawing and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corelate.explain.table import Table
from corelate.report.comparison import Comparison
from corelate.report.sections.figures import FIGURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = {("n_plus",)}
"""Figures that are no shares: they can't be drawn on one axis with the others."""
COLUMNS = ("run", "figure", "value", "baseline", "difference", "low", "high", "share_greater", "verdict")


@dataclass(frozen=True)
class FigureDifferences:
    """The paired differences of a comparison.

    Attributes:
        comparison: The runs.
    """

    comparison: Comparison

    def table(self) -> Table:
        """Return one row for each paired run and figure."""
        base, options = self.comparison.base, self.comparison.options
        rows = []
        for run in self.comparison.others:
            differences = self.comparison.differences(run)
            for name, path in FIGURES.items() if differences else ():
                each = differences[path]
                ends = each.interval or (None, None)
                values = (run.figure(path), base.figure(path), each.value, *ends, each.share_greater, each.verdict)
                rows.append((run.name, name, *values))
        about = {"baseline": base.name, "resamples": options.resamples, "level": options.level, "seed": options.seed}
        return Table(COLUMNS, rows, about)

    def draw(self) -> Figure:
        """Return a dot with its interval for each run and share."""
        from corelate.report.comparison_drawings import Dot, draw_differences, drawn

        dots = [
            Dot(name, name, run.number, each.value, *each.interval)
            for name, path in FIGURES.items()
            if path not in COUNTS
            for run in self.comparison.others
            if (each := self.comparison.differences(run).get(path)) and each.value is not None and each.interval
        ]
        level = f"{100 * self.comparison.options.level:g} %"
        title = f"difference to {drawn(self.comparison.base.title)}, with {level} interval"
        names = {run.number: run.title for run in self.comparison.others if run.alignment.paired}
        return draw_differences(dots, names, title)
