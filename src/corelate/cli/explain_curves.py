"""``corelate explain curves``: precision against recall."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    source: Annotated[Path | None, typer.Argument(help="Folder of a finished run.", metavar="RUN")] = None,
    *,
    scores: Annotated[
        Path | None, typer.Option(help="Look at this file of scores and targets instead.", metavar="FILE.npz")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="Which of the run's decision rules to mark; default: its own.", metavar="NAME")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="For --scores: from which score a label is given; default 0.5.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Also draw this label's curve; can be repeated, up to 18 times.", metavar="LABEL"),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: curves.png and curves.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw precision against recall: of all cells together, of the mean over labels, and of chosen labels.

    The area under each curve is its average precision. Dots mark what the decision rule does.
    """
    from corelate.cli.console import print_lines
    from corelate.cli.judged_source import read_judged
    from corelate.explain.measures.precision_recall import precision_recall
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or [Path("curves.png"), Path("curves.csv")]
    check_outputs(paths)
    judged, _ = read_judged(source, scores, rule, threshold)
    curves = precision_recall(judged, label or ())
    write_outputs(paths, curves)
    print_lines([*curves.summary(), *(f"Written: {path}" for path in paths)])
