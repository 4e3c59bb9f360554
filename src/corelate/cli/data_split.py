"""``corelate data split``: divide a data set, and write which picture goes where."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.errors import DataError, OptionError

if TYPE_CHECKING:
    from corelate.data.dividing import DividedSet, DivisionOptions
    from corelate.data.division_quality import DivisionQuality

SHOWN_LABELS = 10


def run(
    spec: Annotated[str, typer.Argument(help="Data set, as format:path, e.g. csv:labels.csv.", metavar="SPEC")],
    *,
    out: Annotated[
        Path, typer.Option(help="Write the division there: FILE.csv, FILE.tsv or FILE.jsonl.", metavar="FILE")
    ],
    folds: Annotated[int, typer.Option(help="Divide the pictures to learn from into so many folds.")] = 0,
    test: Annotated[float, typer.Option(help="Share of all pictures that will measure.")] = 0.0,
    validation: Annotated[
        float, typer.Option(help="Share that will choose: of all pictures with --test, else of those to learn from.")
    ] = 0.0,
    method: Annotated[
        str, typer.Option(help="stratified: each label divided alike; random: left to chance.")
    ] = "stratified",
    seed: Annotated[int, typer.Option(help="Chooses the division.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Divide a data set into folds or into parts, and write which picture goes where.

    Groups stay whole. With --folds, or --validation alone, given test pictures stay test pictures.
    """
    from rich.text import Text

    from corelate.cli.console import console, error_console
    from corelate.data.dividing import DivisionOptions, divide_set, random_qualities
    from corelate.data.division_files import write_division
    from corelate.data.spec import DataSpec, load_annotations

    if DataSpec.parse(spec).split is not None:
        raise OptionError(
            "a division is of a whole data set: leave split= away; given test pictures stay outside folds"
        )
    options = DivisionOptions(folds, test, validation, method, seed)
    _check_target(out, spec, overwrite=overwrite)
    annotations = load_annotations(spec)
    divided = divide_set(annotations, options)
    chance = random_qualities(divided, seed)
    splits, folded = (None if column is None else column.tolist() for column in (divided.splits, divided.folds))
    write_division(out, divided.annotations.names, splits=splits, folds=folded)
    if as_json:
        values = _values(divided, options, chance) | {"out": str(out)}
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False))
    else:
        # As Text: names from the data set may look like rich's markup.
        used = _spec_with(spec, out)
        console.print(Text("\n".join([*_lines(divided, options, chance), f'Written to {out}; use it as "{used}"'])))
    if annotations.problems:
        error_console.print(Text(f"Problems\n{annotations.problems.report()}"))
        raise typer.Exit(1)


def _check_target(out: Path, spec: str, *, overwrite: bool) -> None:
    """Refuse early what can't be written, or what should not: the data set itself."""
    from corelate.data.division_files import check_division_suffix
    from corelate.data.shared_options import FILES
    from corelate.data.spec import DataSpec

    check_division_suffix(out)
    parsed = DataSpec.parse(spec)
    read = [parsed.path, *(parsed.shared[name] for name in FILES if name != "splits" and parsed.shared.get(name))]
    if out.resolve() in [Path(path).expanduser().resolve() for path in read]:
        raise OptionError(f"--out {out} is a file of the data set; give another")
    if out.exists() and not overwrite:
        raise DataError(f"{out} is there already; give another --out, or pass --overwrite")


def _spec_with(spec: str, out: Path) -> str:
    """Return the spec of the data set with the new division."""
    from dataclasses import replace

    from corelate.data.spec import DataSpec

    parsed = DataSpec.parse(spec)
    return replace(parsed, shared=parsed.shared | {"splits": str(out)}).to_text()


def _lines(divided: DividedSet, options: DivisionOptions, chance: list[DivisionQuality]) -> list[str]:
    count, quality = len(divided.rows), divided.quality
    kept = len(divided.annotations) - count
    lines = [
        divided.annotations.source,
        f"{count} pictures divided ({options.method}, seed {options.seed})"
        + (f"; {kept} test pictures stay as they are" if kept else ""),
        f"Sizes: {', '.join(f'{name} {len(rows)}' for name, rows in divided.parts.items())}",
    ]
    grouped = _groups(divided)
    if grouped is not None:
        alone = f"; {grouped['pictures_alone']} pictures are in none" if grouped["pictures_alone"] else ""
        lines.append(f"Groups kept whole: {grouped['groups']}{alone}")
    if grouped is not None and grouped["cut_by_given_splits"]:
        lines.append(f"  {grouped['cut_by_given_splits']} of them have further pictures in the given test split")
    by_chance = fmean(one.label_error for one in chance)
    lines.append(f"Label distribution error: {_errors(quality.label_error, by_chance, quality.least_label_error)}")
    if quality.rare_label_error is not None and quality.least_rare_label_error is not None:
        by_chance = fmean(one.rare_label_error or 0.0 for one in chance)
        errors = _errors(quality.rare_label_error, by_chance, quality.least_rare_label_error)
        lines.append(f"  of the {quality.rare_labels} labels with 20 pictures or fewer: {errors}")
    lines.append(
        f"Pairs of a part and a label without a picture: {quality.pairs_without} "
        f"(at random {fmean(one.pairs_without for one in chance):.1f}, at best {quality.least_pairs_without})"
    )
    for name, labels in divided.missing_labels().items():
        if labels:
            more = ", …" if len(labels) > SHOWN_LABELS else ""
            lines.append(f"  {name} lacks {len(labels)}: {', '.join(labels[:SHOWN_LABELS])}{more}")
    return lines


def _errors(value: float, by_chance: float, least: float) -> str:
    times = f", {by_chance / value:.1f} times as much" if value else ""
    return f"{value:.6f} (at random {by_chance:.6f}{times}; at best {least:.6f})"


def _values(divided: DividedSet, options: DivisionOptions, chance: list[DivisionQuality]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "source": divided.annotations.source,
        "pictures": len(divided.annotations),
        "divided": len(divided.rows),
        **asdict(options),
        "sizes": {name: len(rows) for name, rows in divided.parts.items()},
        "groups": _groups(divided),
        "quality": divided.quality.to_json(),
        "random": [quality.to_json() for quality in chance],
        "missing_labels": divided.missing_labels(),
        "problems": divided.annotations.problems.counts(),
    }


def _groups(divided: DividedSet) -> dict[str, int] | None:
    """Return how many groups there are among the divided pictures, and how many pictures are in none."""
    import numpy as np

    if divided.annotations.groups is None:
        return None
    groups = divided.annotations.groups[divided.rows].tolist()
    divided_groups = {*groups} - {""}
    outside = np.delete(divided.annotations.groups, divided.rows).tolist()
    cut = len(divided_groups & {*outside})
    return {"groups": len(divided_groups), "pictures_alone": groups.count(""), "cut_by_given_splits": cut}
