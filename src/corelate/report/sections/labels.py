"""The table of all labels, and how well the frequent and the rare ones are found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from corelate.explain.measures.label_table import LabelTable, affordable_intervals, label_table
from corelate.report.drawn import drawn, sentences
from corelate.report.html import Column, Markup, element, escape, number, paragraph, table
from corelate.report.subject import Subject

MOST_ROWS = 6000
"""More rows than that make a page slow."""


def content(subject: Subject) -> str:
    """Return the sentences, the drawing and the table."""
    found = label_table(subject.judged, subject.material.training_counts, affordable_intervals(subject.judged))
    caption = (
        "Left: one dot a label, its average precision by how often training saw it; labels that are far below others "
        "as frequent are worth a look at their pictures. Right: the best and the worst labels with 95 % intervals."
    )
    return "\n".join(
        [
            sentences(found.summary()[1:]),
            drawn(found, "labels-drawing", caption, strict=subject.strict, wide=True),
            *_table(found),
        ]
    )


def _table(found: LabelTable) -> list[str]:
    rows = np.argsort(-found.frequency, kind="stable")[:MOST_ROWS]
    parts = []
    if len(rows) < len(found.labels):
        parts.append(
            paragraph(
                f"The table shows the {MOST_ROWS:,} most frequent of {len(found.labels):,} labels; "
                "corelate explain table RUN --out labels.csv writes all.",
                class_="note",
            )
        )
    caption = (
        "One row a label, the most frequent first; a click on a heading sorts, a click on a label shows its pictures. "
        "P: precision, R: recall, AP: average precision, with its 95 % interval."
    )
    parts.append(
        table(
            "label-table",
            _columns(found),
            [_row(found, row) for row in rows.tolist()],
            caption=caption,
            filter_label="Label",
        )
    )
    return parts


def _columns(found: LabelTable) -> list[Column]:
    training = (
        [] if found.training is None else [Column("training", True, hint="training pictures that have the label")]
    )
    return [
        Column("label"),
        *training,
        Column("measured", True, hint="measured pictures that have the label"),
        Column("predicted", True, hint="measured pictures that were given the label"),
        Column("P", True, hint="precision: how many of the predicted ones have it"),
        Column("R", True, hint="recall: how many that have it were given it"),
        Column("F1", True, hint="harmonic mean of precision and recall"),
        Column("AP", True, hint="average precision: how far up the label ranks the pictures that have it"),
        Column("AP 95 %", True, hint="where the average precision would lie on other pictures; sorted by its width"),
        Column("threshold", True, hint="the score that gives the label"),
    ]


def _row(found: LabelTable, row: int) -> list[Any]:
    name = element("button", escape(found.labels[row]), type="button", class_="plainly", data_pictures_of=True)
    figures = {key: float(values[row]) for key, values in found.figures.items()}
    # Precision without any prediction and recall without any picture are 0 by the project's definition; that would
    # look like a failure where there is nothing to be judged.
    precision = figures["precision"] if figures["predicted"] else None
    recall = figures["recall"] if figures["positives"] else None
    training = [] if found.training is None else [int(found.training[row])]
    return [
        Markup(name),
        *training,
        int(figures["positives"]),
        int(figures["predicted"]),
        precision,
        recall,
        figures["f1"] if figures["positives"] or figures["predicted"] else None,
        figures["average_precision"],
        _interval(found.intervals.get("average_precision"), row),
        figures["threshold"],
    ]


def _interval(intervals: np.ndarray | None, row: int) -> Markup:
    if intervals is None or not all(map(math.isfinite, intervals[row])):
        return Markup("–")
    low, high = map(float, intervals[row])
    return Markup(f"{number(low, 2)}–{number(high, 2)}", high - low)
