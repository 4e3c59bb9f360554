"""``corelate explain table``: each label's figures, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from corelate.errors import OptionError


def run(
    source: Annotated[Path | None, typer.Argument(help="Folder of a finished run.", metavar="RUN")] = None,
    *,
    scores: Annotated[
        Path | None, typer.Option(help="Look at this file of scores and targets instead.", metavar="FILE.npz")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="Which of the run's decision rules; default: its own.", metavar="NAME")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="For --scores: from which score a label is given; default 0.5.")
    ] = None,
    intervals: Annotated[bool, typer.Option("--intervals", help="Add bootstrap intervals over pictures.")] = False,
    resamples: Annotated[
        int | None,
        typer.Option(help="With --intervals: resamples; default: 1000, or fewer for large data, and at least 100."),
    ] = None,
    level: Annotated[
        float | None, typer.Option(help="With --intervals: share of the resamples that each holds; default 0.95.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="With --intervals: seed of the draws; default 0.")] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: table.png and table.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Write each label's counts, precision, recall, F1, average precision and threshold.

    The drawing shows average precision by how often a label was seen in training, and the best and worst labels.
    """
    from dataclasses import replace

    from corelate.cli.console import print_lines
    from corelate.cli.judged_source import read_judged
    from corelate.explain.measures.label_table import affordable_intervals, label_table
    from corelate.explain.outputs import check_outputs, write_outputs
    from corelate.metrics.bootstrap import IntervalOptions

    paths = out or [Path("table.png"), Path("table.csv")]
    given: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes and not intervals:
        raise OptionError(f"--{next(iter(changes))} belongs to --intervals: give both or neither")
    IntervalOptions(**changes)
    check_outputs(paths)
    judged, material = read_judged(source, scores, rule, threshold)
    options = replace(affordable_intervals(judged), **changes) if intervals else None
    labels = label_table(judged, material.training_counts if material else None, options)
    write_outputs(paths, labels)
    print_lines([*labels.summary(), *(f"Written: {path}" for path in paths)])
