"""``corelate explain reliability``: whether scores are the chances they look like."""

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
    label: Annotated[str | None, typer.Option(help="Look at one label alone.", metavar="LABEL")] = None,
    bins: Annotated[int, typer.Option(help="Bins of similar score, from 1 to 1000.")] = 15,
    equal_mass: Annotated[
        bool, typer.Option("--equal-mass", help="Bins with as many cells each, in place of equally wide ones.")
    ] = False,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: reliability.png and "
            "reliability.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw whether of the cells with score p a share p is present.

    A cell is a picture with a label. Thresholds play no part.
    """
    from corelate.cli.console import print_lines
    from corelate.cli.judged_source import read_judged
    from corelate.explain.measures.reliability import about_scores, reliability
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or [Path("reliability.png"), Path("reliability.csv")]
    check_outputs(paths)
    judged, material = read_judged(source, scores, None, None)
    diagram = reliability(judged, bins, equal_mass=equal_mass, label=label)
    write_outputs(paths, diagram)
    notes = about_scores(material.recipe) if material else []
    print_lines([*diagram.summary(), *notes, *(f"Written: {path}" for path in paths)])
