"""How the runs were trained: the figure that chooses the epoch, of all runs in one drawing."""

from __future__ import annotations

from corelate.explain.measures.training_curves import figure_name, monitor_of
from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.comparison_sections.words import heading, listed
from corelate.report.drawn import drawn
from corelate.report.html import Column, Markup, paragraph, table
from corelate.report.validation_curves import Curve, ValidationCurves

CAPTION = (
    "Each run's mAP by epoch on the pictures that chose its epoch, of runs with folds the mean over them; a dot marks "
    "the epoch that was kept. Runs that hold out other pictures can't be compared by these curves."
)
COLUMNS = (
    Column("run"),
    Column("epochs", True),
    Column("kept epoch", True),
    Column("its mAP", True, hint="on the pictures that chose it"),
    Column("monitored", hint="the figure that chose the epoch"),
    Column("seconds", True, places=0, hint="of the training alone"),
)


def content(comparison: Comparison, strict: bool) -> str:
    """Return the curves, and what was kept of each run."""
    curves = ValidationCurves.of(comparison)
    by_run = {curve.run.number: curve for curve in curves.curves}
    parts = [drawn(curves, "training-curves", CAPTION, strict=strict)] if by_run else []
    without = [run.name for run in comparison.runs if run.number not in by_run]
    if without:
        parts.append(paragraph(f"No epoch was judged, or no log is left, of {listed(without)}.", class_="soft"))
    rows = [_row(run, by_run.get(run.number)) for run in comparison.runs]
    return "\n".join([*parts, table("training-table", COLUMNS, rows)])


def _row(run: ComparedRun, curve: Curve | None) -> list[object]:
    metrics = run.material.metrics
    training, seconds = metrics.get("training", {}), metrics.get("seconds", {}).get("training")
    return [
        Markup(heading(run), run.letter),
        training.get("epochs"),
        training.get("best_epoch"),
        curve.kept_value if curve else None,
        figure_name(monitor_of(run.material)),
        None if seconds is None else float(seconds),
    ]
