"""``corelate explain attention``: where a run looks for each tag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corelate.explain.attention.picture_maps import PictureMaps, TagMap


def run(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", metavar="RUN")],
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(help="Picture files; default: some of the pictures the run was measured on.", metavar="PICTURE"),
    ] = None,
    *,
    name: Annotated[
        list[str] | None, typer.Option(help="A picture of the run's data set; may be repeated.", metavar="NAME")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Show this label, not the tags; may be repeated.", metavar="LABEL")
    ] = None,
    count: Annotated[
        int, typer.Option(help="Without PICTURE and --name: how many of the measured pictures, evenly spread.", min=1)
    ] = 4,
    most_tags: Annotated[int, typer.Option(help="Labels shown of each picture at most.", min=1)] = 6,
    rule: Annotated[
        str | None, typer.Option(help="Decision rule that gives the tags; default: the run's own.", metavar="NAME")
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="attention (of heads that have it), grad-cam, hires-cam, or auto: attention, else hires-cam.",
            metavar="NAME",
        ),
    ] = "auto",
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; may be repeated "
            "(default: attention.png and attention.csv).",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw where a run looks for each tag: a row of heat maps for each picture."""
    from rich.text import Text

    from corelate.cli.console import console
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or [Path("attention.png"), Path("attention.csv")]
    check_outputs(paths)
    from corelate.explain.attention.attention_maps import attention_maps
    from corelate.explain.run_material import RunMaterial

    maps = attention_maps(
        RunMaterial.open(run),
        name or (),
        files=pictures or (),
        rule=rule,
        count=count,
        most_tags=most_tags,
        method=method,
        labels=label or (),
    )
    write_outputs(paths, maps)
    lines = [
        f"{maps.source}: {maps.choice}; tags by rule {maps.rule}",
        f"Head {maps.head}, {maps.method}: {maps.meaning}",
        *(line for picture in maps.pictures for line in _lines(picture)),
        "spread: among which share of the places the weight is shared",
        *(f"Written: {path}" for path in paths),
    ]
    console.print(Text("\n".join(lines)))


def _lines(picture: PictureMaps) -> list[str]:
    from corelate.explain.lettering.text_fitting import one_line

    more = [f"  and {picture.more:,} more tags"] if picture.more else []
    return [one_line(picture.name), *(_line(tag) for tag in picture.tags), *more]


def _line(tag: TagMap) -> str:
    from corelate.explain.attention.picture_maps import KINDS, MEANINGS
    from corelate.explain.lettering.text_fitting import one_line

    score = "" if tag.score is None else f" {tag.score:.2f}"
    step = "" if tag.step is None else f", step {tag.step}"
    spread = "nothing speaks for it" if tag.spread is None else f"spread {100 * tag.spread:.0f} %"
    return f"  {KINDS[tag.kind]} {one_line(tag.label)}{score} ({MEANINGS[tag.kind]}){step}, {spread}"
