"""``corelate compare``."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.report.comparison import Comparison


def run(
    paths: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")],
    *,
    rule: Annotated[str | None, typer.Option(help="Decision rule; default: each run's own.")] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Add what differs from the baseline, with bootstrap intervals.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with figures, labels and pictures.", metavar="FILE")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Which run the others are held against; default: the first.", metavar="RUN")
    ] = None,
    resamples: Annotated[
        int | None, typer.Option(help="Resamples of the bootstrap; default 1000, fewer for very many pictures.")
    ] = None,
    level: Annotated[float | None, typer.Option(help="Share of resamples in an interval; default 0.95.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Put the figures of several runs side by side.

    Runs that were measured on different pictures are marked: their figures can't be compared.
    """
    import json as json_format

    from corelate.cli.console import console

    _check(html, paired, {"baseline": baseline, "resamples": resamples, "level": level})
    rows = _rows(paths, rule)
    comparison = _compare(paths, rule, baseline, resamples, level) if paired or html else None
    if html and comparison:
        from corelate.report.comparison_page import write_comparison

        write_comparison(html, comparison)
    if json:
        typer.echo(json_format.dumps(_with_pairs(rows, comparison if paired else None), indent=2))
        return
    _print(rows)
    if paired and comparison:
        from corelate.cli.comparison_output import print_differences

        print_differences(comparison)
    if html:
        console.print(f"Written: {html}", markup=False)


def _check(html: Path | None, paired: bool, options: dict[str, Any]) -> None:
    """Refuse before the work what can't be done after it."""
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given and not (paired or html):
        raise OptionError(f"{', '.join(given)} belongs to what differs: add --paired or --html FILE")
    if html:
        import matplotlib  # noqa: F401  (the drawings need it; the command line says how to install it)

        from corelate.report.comparison_page import USUAL_FILE
        from corelate.report.page_file import check_page_file

        check_page_file(html, "--html", USUAL_FILE)


def _compare(
    paths: list[Path], rule: str | None, baseline: Path | None, resamples: int | None, level: float | None
) -> Comparison:
    from corelate.report.comparison import LEVEL, Comparison

    return Comparison.of(
        paths, rule=rule, baseline=baseline, resamples=resamples, level=LEVEL if level is None else level
    )


def _with_pairs(rows: list[dict[str, Any]], comparison: Comparison | None) -> list[dict[str, Any]]:
    if comparison is None:
        return rows
    from corelate.report.comparison_json import paired_json
    from corelate.report.label_differences import label_rows

    labels = label_rows(comparison)
    return [
        row | {"paired": paired_json(comparison, each, labels)} for row, each in zip(rows, comparison.runs, strict=True)
    ]


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    from corelate.cli.console import console
    from corelate.cli.figures_table import figures_table
    from corelate.cli.tag_rows import printable

    names = [printable(row["name"], console) for row in rows]
    console.print(figures_table("run", [(escape(name), row["figures"]) for name, row in zip(names, rows, strict=True)]))
    for name, row in zip(names, rows, strict=True):
        about = f"{row['backbone']}, head {row['head']}, loss {row['loss']}, rule {row['rule']}"
        console.print(f"{name}: {about}", markup=False)
    notes = list(dict.fromkeys(f"{name}: {row['note']}" for name, row in zip(names, rows, strict=True) if row["note"]))
    if len({row["pictures"] for row in rows}) > 1:
        notes.append("the runs were measured on different pictures: their figures can't be compared")
    for note in notes:
        console.print(note, markup=False)


def _rows(paths: list[Path], rule: str | None) -> list[dict[str, Any]]:
    from corelate.report.comparison import distinct_names

    return [_row(path, name, rule) for path, name in zip(paths, distinct_names(paths), strict=True)]


def _row(path: Path, name: str, rule: str | None) -> dict[str, Any]:
    from corelate.training.finished import FinishedRun

    finished = FinishedRun.open(path)
    metrics, recipe = finished.metrics, finished.recipe
    chosen = rule or metrics["default_rule"]
    if chosen not in metrics["rules"]:
        raise OptionError(f"{path} was not measured with rule {chosen!r}: choose one of {', '.join(metrics['rules'])}")
    names = finished.scores().names or ()
    return {
        "name": name,
        "backbone": recipe.model.backbone + (" (frozen)" if recipe.model.frozen else ""),
        "head": recipe.head.name,
        "loss": recipe.loss.name,
        "rule": chosen,
        "note": metrics["note"],
        "pictures": zlib.crc32("\n".join(sorted(names)).encode("utf-8", "surrogatepass")),
        "figures": metrics["rules"][chosen],
    }
