"""The figure that chooses the epoch, of several runs, as a drawing and as data."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corelate.explain.table import Table
from corelate.report.comparison import ComparedRun, Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE = "validation.map"


@dataclass(frozen=True)
class Curve:
    """A run's mAP by epoch.

    Attributes:
        run: The run.
        values: Epochs with the mAP on the pictures that choose; of a run with folds the mean over them.
        kept: The epoch whose weights were kept, if one was chosen.
    """

    run: ComparedRun
    values: tuple[tuple[float, float], ...]
    kept: float | None

    @property
    def kept_value(self) -> float | None:
        """The mAP of the kept epoch, if it is known."""
        return None if self.kept is None else dict(self.values).get(self.kept)


@dataclass(frozen=True)
class ValidationCurves:
    """The curves of the runs that noted one.

    Attributes:
        curves: At most one for each run.
    """

    curves: tuple[Curve, ...]

    @classmethod
    def of(cls, comparison: Comparison) -> ValidationCurves:
        """Return the curves of a comparison's runs.

        Raises:
            RunError: A log can't be read.
        """
        curves = (validation_curve(run) for run in comparison.runs)
        return cls(tuple(curve for curve in curves if curve is not None))

    def table(self) -> Table:
        """Return one row for each run and epoch."""
        rows = [
            (curve.run.name, epoch, value, epoch == curve.kept)
            for curve in self.curves
            for epoch, value in curve.values
        ]
        return Table(("run", "epoch", "map", "kept"), rows)

    def draw(self) -> Figure:
        """Return a line for each run, and a dot at the epoch that was kept."""
        from corelate.report.comparison_drawings import draw_curves

        return draw_curves(self.curves)


def validation_curve(run: ComparedRun) -> Curve | None:
    """Return a run's curve, or None where no epoch was judged or no log is left."""
    judged: dict[float, list[float]] = defaultdict(list)
    for rows in run.material.history().values():
        for row in rows:
            if "epoch" in row and FIGURE in row:
                judged[row["epoch"]].append(row[FIGURE])
    if not judged:
        return None
    values = tuple((epoch, sum(figures) / len(figures)) for epoch, figures in sorted(judged.items()))
    return Curve(run, values, run.material.metrics.get("training", {}).get("best_epoch"))
