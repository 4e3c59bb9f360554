"""``corelate explain gradients``: how hard losses push, by how sure the network is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    losses: Annotated[
        list[str] | None,
        typer.Argument(
            help="Losses, each as NAME or NAME:OPTION=VALUE,OPTION=VALUE, e.g. focal:gamma=2; one may come several "
            "times. Default: every loss, with its defaults.",
            metavar="LOSS",
        ),
    ] = None,
    *,
    other_logit: Annotated[
        float, typer.Option(help="Logit of the picture's other label, for losses that compare labels.")
    ] = 0.0,
    progress: Annotated[
        float, typer.Option(help="Share of the training that is done, from 0 to 1, for losses that look at it.")
    ] = 1.0,
    axis: Annotated[
        str, typer.Option(help="Draw along probability, or along logit with more room near 0 and 1.", metavar="NAME")
    ] = "probability",
    points: Annotated[int, typer.Option(help="Steps from probability 0 to 1.")] = 400,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Write there: .png, .svg, .pdf, or .csv, .json for the numbers; may be repeated. "
            "Default: gradients.png and gradients.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw the gradient of losses by one logit, against the probability that the logit stands for.

    There is one curve for a label that is present and one for a label that is absent, as the losses themselves compute
    them: e.g. corelate explain gradients bce focal:gamma=1 focal:gamma=3 asymmetric
    """
    from corelate.cli.console import print_lines
    from corelate.cli.named_values import name_with_values
    from corelate.explain.gradients.loss_gradients import loss_gradients
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or [Path("gradients.png"), Path("gradients.csv")]
    check_outputs(paths)
    choices = [name_with_values(text) for text in losses] if losses else None
    gradients = loss_gradients(choices, other_logit=other_logit, progress=progress, points=points, axis=axis)
    write_outputs(paths, gradients)
    print_lines([*gradients.describe(), *(f"Written: {path}" for path in paths)])
