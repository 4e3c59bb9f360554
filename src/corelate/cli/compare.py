"""``corelate compare``."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Annotated, Any

import typer

from corelate.errors import OptionError


def run(
    paths: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")],
    rule: Annotated[str | None, typer.Option(help="Decision rule; default: each run's own.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Put the figures of several runs side by side.

    Runs that were measured on different pictures are marked: their figures can't be compared.
    """
    import json as json_format

    from corelate.cli.console import console
    from corelate.cli.figures_table import figures_table

    rows = [_row(path, rule) for path in paths]
    if json:
        typer.echo(json_format.dumps(rows, indent=2))
        return
    console.print(figures_table("run", [(row["name"], row["figures"]) for row in rows]))
    for row in rows:
        about = f"{row['backbone']}, head {row['head']}, loss {row['loss']}, rule {row['rule']}"
        console.print(f"{row['name']}: {about}", markup=False)
    notes = list(dict.fromkeys(f"{row['name']}: {row['note']}" for row in rows if row["note"]))
    if len({row["pictures"] for row in rows}) > 1:
        notes.append("the runs were measured on different pictures: their figures can't be compared")
    for note in notes:
        console.print(note, markup=False)


def _row(path: Path, rule: str | None) -> dict[str, Any]:
    from corelate.training.finished import FinishedRun

    finished = FinishedRun.open(path)
    metrics, recipe = finished.metrics, finished.recipe
    chosen = rule or metrics["default_rule"]
    if chosen not in metrics["rules"]:
        raise OptionError(f"{path} was not measured with rule {chosen!r}: choose one of {', '.join(metrics['rules'])}")
    names = finished.scores().names or ()
    return {
        "name": path.name,
        "backbone": recipe.model.backbone + (" (frozen)" if recipe.model.frozen else ""),
        "head": recipe.head.name,
        "loss": recipe.loss.name,
        "rule": chosen,
        "note": metrics["note"],
        "pictures": zlib.crc32("\n".join(names).encode("utf-8", "surrogatepass")),
        "figures": metrics["rules"][chosen],
    }
