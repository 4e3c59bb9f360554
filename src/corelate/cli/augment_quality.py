"""``corelate augment quality``: how near generated pictures are to their originals and to each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.augment.quality.generated_quality import GeneratedQuality

USUAL_OUTPUTS = (Path("quality.png"), Path("quality.csv"))
NAMED_PROBLEMS = 5


def run(
    generated: Annotated[
        Path | None, typer.Argument(help="Folder of generated pictures, as corelate augment writes it.", metavar="DIR")
    ] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Their originals; default: what DIR says it was made from.", metavar="SPEC"),
    ] = None,
    border: Annotated[
        int | None,
        typer.Option(
            help="Pixels cut off each side of an original before it is compared; default: what DIR says was cut off "
            "before it was learned from, else 0.",
            min=0,
        ),
    ] = None,
    pictures: Annotated[int, typer.Option(help="Originals to measure, drawn by the seed; 0: all.", min=0)] = 1000,
    backbone: Annotated[
        str, typer.Option(help="Also measure distances between features of this timm network.", metavar="NAME")
    ] = "",
    weights: Annotated[
        str | None,
        typer.Option(
            help="Its weights: safetensors FILE, 'pretrained' (the default; timm's, downloaded) or 'none' (random).",
            metavar="FILE",
        ),
    ] = None,
    image_size: Annotated[
        str | None, typer.Option(help="Its input size, e.g. 224 or 224x299; default: the weights'.", metavar="SIZE")
    ] = None,
    accelerator: Annotated[
        str | None, typer.Option(help="Where it runs: auto, cpu, cuda or mps; default: auto.", metavar="NAME")
    ] = None,
    rows: Annotated[int, typer.Option(help="Originals on the sheet, spread from the nearest to the farthest.")] = 8,
    seed: Annotated[int, typer.Option(help="Draws the originals, and who is compared with whom.", min=0)] = 1,
    any_suffix: Annotated[
        bool, typer.Option("--any-suffix", help="Read pictures whose content does not fit their suffix.")
    ] = False,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: quality.png, quality.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Measure how near generated pictures are to their originals, and how much they differ among themselves.

    Distances stand beside those of things well known: a recompressed copy, a blurred one, another picture. The sheet
    shows originals beside what was made from them. Ends with code 1 when pictures could not be read.
    """
    from corelate.augment.quality.folder import border_of, spec_of
    from corelate.augment.quality.measuring import measure
    from corelate.augment.quality.options import QualityOptions
    from corelate.augment.quality.words import summary_lines
    from corelate.cli.console import error_console, print_lines
    from corelate.cli.picture_progress import PictureProgress
    from corelate.data.spec import load_annotations
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or list(USUAL_OUTPUTS)
    check_outputs(paths)
    of_network: dict[str, Any] = {
        "weights": weights,
        "image_size": image_size and _size(image_size),
        "accelerator": accelerator,
    }
    given = {name: value for name, value in of_network.items() if value is not None}
    if given and not backbone:
        raise OptionError(f"--{next(iter(given)).replace('_', '-')} is about a network: name one by --backbone")
    cut = border_of(generated) if border is None else border
    options = QualityOptions(
        border=cut, pictures=pictures, rows=rows, seed=seed, backbone=backbone, any_suffix=any_suffix, **given
    )
    annotations = load_annotations(spec_of(generated, data))
    if annotations.problems:
        print_lines(annotations.problems.report().splitlines(), error_console)
    with PictureProgress(error_console, "measured") as progress:
        progress.begin("measuring")
        quality = measure(annotations, options, progress=progress.advance)
    write_outputs(paths, quality)
    print_lines([*summary_lines(quality), *(f"Written: {path}" for path in paths)])
    print_lines(_problem_lines(quality), error_console)
    if quality.failures:
        raise typer.Exit(1)


def _size(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in re.split(r"[,x×]", text))
    except ValueError:
        raise OptionError(f"--image-size {text!r}: expected numbers such as 224 or 224x299") from None


def _problem_lines(quality: GeneratedQuality) -> list[str]:
    failures = quality.failures
    if not failures:
        return []
    noun = "picture" if len(failures) == 1 else "pictures"
    more = [f"  … and {len(failures) - NAMED_PROBLEMS:,} more"] if len(failures) > NAMED_PROBLEMS else []
    named = (f"  {line}" for line in failures[:NAMED_PROBLEMS])
    return [f"{len(failures):,} {noun} could not be read:", *named, *more]
