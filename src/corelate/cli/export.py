"""``corelate export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes: a folder, or a file that ends in .zip.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that is there.")] = False,
) -> None:
    """Turn a run into a bundle that tags without PyTorch.

    The exported network is run beside PyTorch's and must give the same scores.
    """
    from corelate.cli.console import console, error_console
    from corelate.training.export import export_run
    from corelate.training.progress import ConsoleReporter

    export_run(path, out, overwrite=overwrite, reporter=ConsoleReporter(error_console))
    console.print(f"bundle: {out}", markup=False)
