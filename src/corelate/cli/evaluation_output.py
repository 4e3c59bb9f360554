"""How `corelate evaluate` shows a report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from corelate.cli.console import console
from corelate.cli.figures_table import short
from corelate.cli.tag_rows import printable

ABOUT = ("images", "labels", "labels_with_positives", "unknown_targets", "rule", "intervals", "per_label")
"""Parts of a report that are not figures."""

LABEL_COLUMNS = {
    "positives": "images",
    "predicted": "tagged",
    "true_positive": "hits",
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "average_precision": "AP",
    "threshold": "threshold",
}


def print_report(report: dict[str, Any]) -> None:
    """Print a report of `evaluate_scores`, with its ``per_label`` part if it has one."""
    unknown = f", unknown targets left out: {report['unknown_targets']}" if report["unknown_targets"] else ""
    console.print(f"images: {report['images']}, labels: {report['labels']}{unknown}", markup=False)
    console.print(printable(_describe_rule(report["rule"]), console), markup=False)
    console.print(_figures_table(report))
    if "per_label" in report:
        console.print(_label_table(report["per_label"]))


def _describe_rule(rule: dict[str, Any]) -> str:
    options = ", ".join(f"{name} {value}" for name, value in rule["options"].items())
    fitted = f", fitted on {rule['fitted_on']}" if rule["fitted_on"] else ""
    return f"rule: {rule['name']}{f' ({options})' if options else ''}{fitted}"


def _figures_table(report: dict[str, Any]) -> Table:
    intervals = report.get("intervals")
    table = Table("figure", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("value", justify="right", no_wrap=True)
    if intervals:
        table.add_column(f"{100 * intervals['level']:g} % interval", justify="right", no_wrap=True)
    for path, value in _leaves({name: value for name, value in report.items() if name not in ABOUT}):
        cells = [".".join(path), _shown(value)]
        if intervals:
            ends = _at(intervals, path)
            cells.append("–" if ends is None else " to ".join(_shown(end, isinstance(value, int)) for end in ends))
        table.add_row(*cells)
    return table


def _label_table(labels: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("label", overflow="fold")
    for heading in LABEL_COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for label in labels:
        values = [label[key] for key in LABEL_COLUMNS]
        cells = [str(value) if isinstance(value, int) else short(value) for value in values]
        table.add_row(Text(printable(label["label"], console)), *cells)
    return table


def _leaves(figures: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _at(nested: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = nested
    for name in path:
        value = value[name]
    return value


def _shown(value: float | None, whole: bool = False) -> str:
    """Return a share with the four decimals that published tables need at most, and a count without any."""
    if value is None:
        return "–"
    return f"{value:.0f}" if whole or isinstance(value, int) else f"{value:.4f}"
