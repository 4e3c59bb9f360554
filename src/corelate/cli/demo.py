"""``corelate demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    out: Annotated[Path, typer.Option(help="Folder for all that is made; an earlier demo there is replaced.")] = Path(
        "corelate-demo"
    ),
    scenes: Annotated[int, typer.Option(help="Scenes drawn to learn from and to measure on.", min=40)] = 2000,
    epochs: Annotated[int, typer.Option(help="Passes over the scenes.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Seed of scenes and training.", min=0)] = 1,
) -> None:
    """Draw scenes, train on them, tag new ones: the whole path in minutes.

    Trains a small annotator from scratch with two losses, prints their figures side by side, fits thresholds, exports
    the better one, tags new scenes with it, and ends in pages to look at: the report of the better run, both runs side
    by side, and the new scenes.
    """
    from corelate.cli.console import console, error_console
    from corelate.cli.figures_table import figures_table
    from corelate.demo.demo import DemoOptions, run_demo
    from corelate.training.progress import ConsoleReporter

    result = run_demo(
        out, DemoOptions(scenes=scenes, epochs=epochs, seed=seed), ConsoleReporter(error_console, brief=True)
    )
    for rule in ("fixed", "per_label_f"):
        rows = [(loss, metrics["rules"][rule]) for loss, metrics in result.metrics.items()]
        console.print(figures_table(f"rule {rule}", rows))
    measured = result.metrics[result.chosen]["measured_on"]["images"]
    console.print(f"measured on {measured} test scenes; thresholds fitted on validation scenes", markup=False)
    console.print(f"annotator:  {result.bundle} (trained with {result.chosen})", markup=False)
    tag = f"corelate tag {result.bundle} {out / 'new-scenes'}"
    console.print(f"tag again:  {tag}", markup=False)
    console.print(f"new scenes: {result.page.resolve()}", markup=False)
    console.print(f"comparison: {result.comparison.resolve()}", markup=False)
    console.print(f"look at:    {result.report.resolve()}  ({result.seconds:.0f} s)", markup=False)
