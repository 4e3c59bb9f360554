"""``corelate data convert``: a data set in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from corelate.data.writers import DATA_WRITERS

if TYPE_CHECKING:
    from corelate.data.writers.conversion import Conversion


def run(
    source: Annotated[str, typer.Argument(help="Data set, as format:path, e.g. coco:~/coco.", metavar="SPEC")],
    out: Annotated[
        str,
        typer.Argument(
            help=f"Where it goes: writer:path ({', '.join(DATA_WRITERS.names)}), or a path that ends in .csv, .tsv, "
            ".jsonl or .parquet.",
            metavar="OUT",
        ),
    ],
    *,
    pictures: Annotated[
        str, typer.Option(help="leave: name them where they are; copy: copy them to the output.", metavar="leave|copy")
    ] = "leave",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when there is any problem.")] = False,
) -> None:
    """Write a data set in another form; prints the data spec that reads it.

    The exit code is 1 when something was wrong with the data set, which is listed.
    """
    from rich.text import Text

    from corelate.cli.console import console, error_console
    from corelate.cli.picture_progress import PictureProgress
    from corelate.data.writers.conversion import convert

    with PictureProgress(error_console, "copied") as progress:
        conversion = convert(
            source, out, pictures=pictures, overwrite=overwrite, strict=strict, on_copied=progress.advance
        )
    # As Text: names from the data set may look like rich's markup.
    error_console.print(Text("\n".join(_lines(conversion))))
    console.print(Text(conversion.spec))
    if conversion.problems:
        error_console.print(Text(f"\nProblems\n{conversion.problems.report()}"))
        raise typer.Exit(1)


def _lines(conversion: Conversion) -> list[str]:
    files = ", ".join(map(str, conversion.files))
    summary = f"{conversion.pictures} pictures with {conversion.labels} labels written to {files}"
    return [summary, *(f"Note: {note}" for note in conversion.notes)]
