"""The labels: the figures of each run, and where they differ most."""

from __future__ import annotations

from collections.abc import Sequence

from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.comparison_sections.words import signed_cell
from corelate.report.drawn import drawn
from corelate.report.html import Column, paragraph, table
from corelate.report.label_differences import ENOUGH, LabelDifferences, LabelRow

# About 4 MB of HTML.
MOST_CELLS = 60_000
FIGURES = {"AP": "average_precision", "F1": "f1"}


def content(comparison: Comparison, strict: bool) -> str:
    """Return the drawing of the largest differences, and the table of all labels."""
    differences = LabelDifferences(comparison)
    return "\n".join([*_drawing(differences, strict), *_table(comparison, differences)])


def _drawing(differences: LabelDifferences, strict: bool) -> list[str]:
    if not differences.compared:
        return []
    labels = list(dict.fromkeys(each.label for each in differences.largest))
    if not labels:
        text = f"No label that at least {ENOUGH} pictures have differs in average precision: nothing to draw."
        return [paragraph(text, class_="soft")]
    caption = (
        f"The {len(labels):,} labels with the largest differences, of those that at least {ENOUGH} pictures have; in "
        "brackets, how many. They were chosen for their differences: on other pictures, expect smaller ones."
    )
    return [drawn(differences, "label-differences", caption, strict=strict)]


def _table(comparison: Comparison, differences: LabelDifferences) -> list[str]:
    columns = [Column("label"), Column("pictures", True, hint="pictures that have it")]
    rows, compared = differences.rows, differences.compared
    for short, name in FIGURES.items():
        words = name.replace("_", " ")
        columns += [Column(f"{short} {run.letter}", True, hint=f"{words} of {run.name}") for run in comparison.runs]
        columns += [
            Column(f"Δ{short} {run.letter}", True, hint=f"how much greater than that of {comparison.base.name}")
            for run in compared
        ]
    shown = sorted(rows, key=lambda row: -row.pictures)[: MOST_CELLS // len(columns)]
    parts = [paragraph(_about(comparison, len(shown), len(rows)))]
    cells = [_cells(comparison, row, compared) for row in shown]
    return [*parts, table("labels-table", columns, cells, filter_label="Label")]


def _cells(comparison: Comparison, row: LabelRow, compared: Sequence[ComparedRun]) -> list[object]:
    cells: list[object] = [row.label, row.pictures]
    for name in FIGURES.values():
        cells += getattr(row, name)
        cells += [signed_cell(row.difference(name, run.number, comparison.baseline)) for run in compared]
    return cells


def _about(comparison: Comparison, shown: int, labels: int) -> str:
    text = "AP: average precision. "
    if any(run.alignment.alike.any() for run in comparison.others):
        text += f"Δ: how much greater than that of {comparison.base.name}. "
    if shown < labels:
        text += f"Of {labels:,} labels, the {shown:,} that most pictures have. "
    return text + "Of a label that few pictures have, a single picture can decide which run is ahead."
