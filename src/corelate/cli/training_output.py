"""What `corelate train` and `corelate resume` show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from corelate.cli.console import console, error_console
from corelate.cli.exit_codes import INTERRUPTED
from corelate.cli.figures_table import figures_table
from corelate.training.progress import ConsoleReporter, Reporter


def run_with_output(work: Callable[[Reporter], dict[str, Any]], folder: Path, *, as_json: bool) -> None:
    """Do the work with a progress bar, then print the figures."""
    reporter = ConsoleReporter(error_console)
    try:
        metrics = work(reporter)
    except KeyboardInterrupt:
        reporter.end()
        error_console.print(f"stopped; go on with: corelate resume {folder}", markup=False)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        reporter.end()
    if as_json:
        typer.echo(json.dumps(metrics, indent=2))
    else:
        print_metrics(metrics)
        console.print(f"results: {folder}", markup=False)
        from corelate.training.run_folder import RunFolder

        report = RunFolder(folder).report
        if report.exists():
            console.print(f"report: {report}", markup=False)
    if metrics["data_problems"]:
        raise typer.Exit(1)


def print_metrics(metrics: dict[str, Any]) -> None:
    """Print the figures of a run, one row for each decision rule."""
    rows = [
        (name + (" *" if name == metrics["default_rule"] else ""), report) for name, report in metrics["rules"].items()
    ]
    console.print(figures_table("rule", rows))
    measured, training = metrics["measured_on"], metrics["training"]
    text = f"{measured['split']} split, {measured['images']} images, weights of epoch {training['best_epoch']}; "
    console.print(f"{text}rules fitted on {metrics['chosen_on']}; * tags by default", markup=False)
    if metrics["note"]:
        console.print(metrics["note"], markup=False)
