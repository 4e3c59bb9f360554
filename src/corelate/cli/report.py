"""``corelate report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    *,
    rule: Annotated[
        str | None, typer.Option(help="Decision rule whose tags are shown; default: the run's own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the page there; default: RUN/report.html.", metavar="FILE")
    ] = None,
    pictures: Annotated[int, typer.Option(help="How many pictures are shown at most; of more, a sample.", min=0)] = 600,
) -> None:
    """Write the page that shows what a run found: figures, labels, pictures, and where the network looked.

    One HTML file without anything outside it. Training writes it, too; this writes it again, or for another rule.
    """
    from corelate.cli.console import console
    from corelate.report.run_page import write_report

    written = write_report(path, out, rule=rule, most_pictures=pictures)
    console.print(f"report: {written}", markup=False)
