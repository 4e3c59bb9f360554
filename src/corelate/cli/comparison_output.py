"""How `corelate compare` prints paired differences on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from corelate.cli.console import console
from corelate.cli.tag_rows import printable

if TYPE_CHECKING:
    from corelate.report.comparison import ComparedRun, Comparison


def print_differences(comparison: Comparison) -> None:
    """Print each run's differences to the baseline, or why there are none."""
    base = printable(comparison.base.name, console)
    for run in comparison.others:
        name = printable(run.name, console)
        if run.alignment.problem:
            problem = printable(run.alignment.problem, console)
            console.print(f"{name} can't be paired with {base}: {problem}", markup=False)
            continue
        console.print(f"{name} against {base}:", markup=False)
        console.print(_table(comparison, run))
    if comparison.interval_count:
        options, count = comparison.options, comparison.interval_count
        console.print(
            f"{count:,} intervals of {100 * options.level:g} % from {options.resamples:,} resamples: if no run "
            f"differed, about {100 * (1 - options.level):g} % of them would still exclude 0",
            markup=False,
        )


def _table(comparison: Comparison, run: ComparedRun) -> Table:
    from corelate.report.comparison_sections.words import interval_text, percent, signed
    from corelate.report.sections.figures import FIGURES

    table = Table("figure", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("difference", f"{100 * comparison.options.level:g} % interval", "greater in"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    differences = comparison.differences(run)
    for name, path in FIGURES.items():
        each, whole = differences[path], path == ("n_plus",)
        cells = (signed(each.value, whole), interval_text(each.interval, whole), percent(each.share_greater))
        table.add_row(name, *(printable(cell, console) for cell in cells), each.verdict)
    return table
