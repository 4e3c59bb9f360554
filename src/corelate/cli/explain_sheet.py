"""``corelate explain sheet``: pictures with their true, wrong and missed tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corelate.explain.judged import Judged
    from corelate.explain.sheet.prediction_sheet import PredictionSheet

USUAL_OUTPUTS = (Path("sheet.png"), Path("sheet.csv"))
NAMED_PROBLEMS = 5


def run(
    source: Annotated[Path | None, typer.Argument(help="Folder of a finished run.", metavar="RUN")] = None,
    *,
    scores: Annotated[
        Path | None,
        typer.Option(help="Look at this file of scores and targets instead; it has no pictures.", metavar="FILE.npz"),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="Which of the run's decision rules; default: its own.", metavar="NAME")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="For --scores: from which score a label is given; default 0.5.")
    ] = None,
    order: Annotated[
        str, typer.Option(help="Which pictures: errors (the most confident first), random or first.", metavar="NAME")
    ] = "errors",
    count: Annotated[int, typer.Option(help="How many pictures.", min=1)] = 24,
    label: Annotated[
        str | None, typer.Option(help="Only pictures that have this label or were given it.", metavar="LABEL")
    ] = None,
    seed: Annotated[int, typer.Option(help="For --order random.", min=0)] = 1,
    columns: Annotated[
        int, typer.Option(help="Pictures side by side; 0: a number that suits the count.", min=0, max=20)
    ] = 0,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: sheet.png and sheet.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw pictures with their true, wrong and missed tags.

    ✓ tags are right, ✗ are wrong, – were missed, ? were given and nobody knows. Without other options the sheet begins
    with the picture whose error is the most confident. Ends with code 1 when pictures could not be shown.
    """
    from corelate.cli.console import error_console, print_lines
    from corelate.cli.judged_source import read_judged
    from corelate.explain.outputs import PICTURES, check_outputs, write_outputs
    from corelate.explain.sheet.prediction_sheet import prediction_sheet

    paths = out or list(USUAL_OUTPUTS)
    check_outputs(paths)
    judged, material = read_judged(source, scores, rule, threshold)
    pictures = material.pictures if material else None
    sheet = prediction_sheet(judged, pictures, order=order, count=count, label=label, seed=seed, columns=columns)
    drawn = any(path.suffix.lower() in PICTURES for path in paths)
    if drawn:
        sheet.check_drawable()
    write_outputs(paths, sheet)
    print_lines([*_lines(sheet, judged), *(f"Written: {path}" for path in paths)])
    # Data alone need no pictures.
    problems = _problem_lines(sheet) if drawn else []
    print_lines(problems, error_console)
    if problems:
        raise typer.Exit(1)


def _lines(sheet: PredictionSheet, judged: Judged) -> list[str]:
    counts = sheet.counts
    unknown = f", {counts['unknown']:,} of unknown truth" if counts["unknown"] else ""
    lines = [
        f"{sheet.source}, rule {sheet.rule}",
        sheet.heading,
        f"Tags on them: {counts['right']:,} right, {counts['wrong']:,} wrong, {counts['missed']:,} missed{unknown}",
    ]
    if not judged.predicted.any():
        lines.append(f"The rule gave no picture of {sheet.source} any tag")
    elif sheet.label is not None and not judged.predicted[:, judged.columns_of([sheet.label])[0]].any():
        lines.append(f"The rule gave no picture the label {sheet.label!r}: wherever it is true it was missed")
    return lines + _first_error(sheet)


def _first_error(sheet: PredictionSheet) -> list[str]:
    if sheet.order != "errors":
        return []
    entry, error = sheet.entries[0], sheet.first_error
    if error is None:
        return ["None of them has an error; the first is the nearest to one"]
    what = "given although not true" if error.kind == "wrong" else "true, but missed"
    figures = f"score {error.score:.3f}, threshold {error.threshold:.3f}"
    return [f"The most confident error: {error.label!r} on {entry.name}, {what}: {figures}"]


def _problem_lines(sheet: PredictionSheet) -> list[str]:
    problems = sheet.problems
    if not problems:
        return []
    if sheet.pictures is not None and sheet.pictures.problem:
        return [f"Drawn without pictures: {problems[0]}"]
    more = [f"… and {len(problems) - NAMED_PROBLEMS:,} more"] if len(problems) > NAMED_PROBLEMS else []
    noun = "picture" if len(problems) == 1 else "pictures"
    return [
        f"{len(problems):,} {noun} could not be shown:",
        *(f"  {line}" for line in problems[:NAMED_PROBLEMS]),
        *more,
    ]
