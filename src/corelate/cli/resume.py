"""``corelate resume``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.")],
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False,
) -> None:
    """Go on with a run that was stopped.

    The run ends with the same weights as if it had never been stopped.
    """
    from corelate.cli.training_output import run_with_output
    from corelate.training.run import resume

    run_with_output(lambda reporter: resume(path, reporter), path, as_json=json)
