"""The table of figures that several commands print; fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.table import Table


def figures_table(heading: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> Table:
    """Return a table with one row for each report.

    Args:
        heading: What the rows are, e.g. ``"rule"``.
        rows: A title and the report of `corelate.metrics.report.evaluate_scores` for each row.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(heading, overflow="fold")
    for column in ("overall\nP", "\nR", "\nF1", "class\nP", "\nR", "\nF1", "\nN+", "\nmAP"):
        table.add_column(column, justify="right", no_wrap=True)
    for title, report in rows:
        figures = [report[kind][key] for kind in ("overall", "per_class") for key in ("precision", "recall", "f1")]
        table.add_row(title, *map(short, figures), str(report["n_plus"]), short(report["map"]))
    return table


def short(figure: float | None) -> str:
    """Return a share with three decimals as the field's tables print it: ``.593``, ``1.000``, ``–`` for none."""
    return "–" if figure is None else f"{figure:.3f}".removeprefix("0")
