"""``corelate data scenes``: drawn pictures with labels, to try things out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    out: Annotated[Path, typer.Argument(help="Folder to write into; made if it is not there.", metavar="OUT")],
    *,
    count: Annotated[int, typer.Option(help="How many pictures.")] = 60,
    seed: Annotated[int, typer.Option(help="Chooses the series of scenes.")] = 1,
    size: Annotated[int, typer.Option(help="Side of the square pictures, pixels.")] = 160,
    test: Annotated[float, typer.Option(help="Share of the pictures in the split test.")] = 0.25,
    keywords: Annotated[
        bool, typer.Option("--keywords", help="Write labels as XMP files beside the pictures, and no table.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Draw scenes from a seed and write them with a table of their labels, or with keywords as photos have them."""
    from rich.text import Text

    from corelate.cli.console import console
    from corelate.data.scenes.writing import write_scene_photos, write_scenes

    if keywords:
        write_scene_photos(out, count, seed=seed, size=size, overwrite=overwrite)
        spec = f"photos:{out}"
    else:
        spec = f"table:{write_scenes(out, count, seed=seed, size=size, test_fraction=test, overwrite=overwrite)}"
    console.print(Text(f"{count} scenes in {out}; look at them with: corelate data show {spec}"))
