"""``corelate explain training``: the loss and the figures of each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    source: Annotated[Path, typer.Argument(help="Folder of a finished run.", metavar="RUN")],
    *,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: training.png and "
            "training.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw the loss and the validation figures of each epoch, and which epoch was kept.

    Folds are drawn faintly, with their mean.
    """
    from corelate.cli.console import print_lines
    from corelate.explain.measures.training_curves import curves_of_run
    from corelate.explain.outputs import check_outputs, write_outputs
    from corelate.explain.run_material import RunMaterial

    paths = out or [Path("training.png"), Path("training.csv")]
    check_outputs(paths)
    curves = curves_of_run(RunMaterial.open(source))
    write_outputs(paths, curves)
    print_lines([*curves.summary(), *(f"Written: {path}" for path in paths)])
