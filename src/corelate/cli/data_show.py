"""``corelate data show``: what is in a data set, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corelate.data.summary import Summary

SHOWN_LABELS = 10


def run(
    spec: Annotated[str, typer.Argument(help="Data set, as format:path, e.g. csv:labels.csv.", metavar="SPEC")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when the data set has any problem.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show what is in a data set, and what is wrong with it; the exit code is 1 when anything is."""
    from rich.text import Text

    from corelate.cli.console import console
    from corelate.data.spec import load_annotations
    from corelate.data.summary import summarise

    annotations = load_annotations(spec, strict=strict)
    summary = summarise(annotations)
    if as_json:
        cases = [asdict(problem) for problem in annotations.problems]
        typer.echo(json.dumps(summary.to_json() | {"problem_cases": cases}, indent=2, ensure_ascii=False))
    else:
        # As Text: names from the data set may look like rich's markup.
        console.print(Text("\n".join(_lines(summary))))
        if annotations.problems:
            console.print(Text(f"\nProblems\n{annotations.problems.report()}"))
    if annotations.problems:
        raise typer.Exit(1)


def _lines(summary: Summary) -> list[str]:
    from corelate.data.originals import how_often

    lines = [
        summary.source,
        f"{summary.pictures} pictures, {summary.labels} labels, "
        f"{summary.label_marks} label marks ({summary.labels_a_picture:.3f} a picture)",
    ]
    if summary.unknown_cells:
        lines.append(f"Unknown: {summary.unknown_cells} of {summary.pictures * summary.labels} picture-label pairs")
    if summary.splits:
        lines.append(f"Splits: {_counted({name or '(none)': count for name, count in summary.splits.items()})}")
    if summary.groups is not None:
        cut = f", {summary.cut_groups} of them with pictures in more than one split" if summary.cut_groups else ""
        lines.append(f"Groups: {summary.groups}{cut}")
    if summary.folds is not None:
        folds = {f"{fold}:" if fold else "none:": summary.folds[fold] for fold in sorted(summary.folds, key=_none_last)}
        lines.append(f"Folds: {_counted(folds)}")
    if summary.generated is not None:
        weight = summary.generated_weight
        often = "" if weight is None else f", each learned from {how_often(weight)} an epoch"
        lines.append(
            f"Generated: {summary.generated} more pictures, of {summary.generated_from} of these{often}; "
            "nothing here counts them"
        )
    if summary.curation is not None:
        lines.append(summary.curation.describe().capitalize())
    numbers = {f"{number}:": count for number, count in summary.labels_per_picture.items()}
    lines.append(f"Pictures by number of labels: {_counted(numbers)}")
    return lines + _label_lines(summary)


def _label_lines(summary: Summary) -> list[str]:
    used = {label: count for label, count in summary.label_counts.items() if count}
    labels = list(used.items())
    lines = [f"Most frequent labels: {_counted(dict(labels[:SHOWN_LABELS]))}"]
    if len(labels) > SHOWN_LABELS:
        lines.append(f"Rarest labels: {_counted(dict(labels[: SHOWN_LABELS - 1 : -1][:SHOWN_LABELS]))}")
    unused = [label for label in summary.label_counts if label not in used]
    if unused:
        lines.append(f"Labels of no picture: {len(unused)} ({_listed(unused, len(unused))})")
    unlabelled = summary.labels_per_picture.get(0, 0)
    if unlabelled:
        lines.append(f"Pictures without labels: {unlabelled} ({_listed(summary.unlabelled_pictures, unlabelled)})")
    return lines


def _none_last(fold: int) -> tuple[bool, int]:
    return fold == 0, fold


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _listed(names: list[str], total: int) -> str:
    shown = names[:SHOWN_LABELS]
    return ", ".join(shown) + (", …" if total > len(shown) else "")
