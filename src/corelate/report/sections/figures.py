"""The figures of every decision rule, and intervals of those of the rule that the page shows."""

from __future__ import annotations

from typing import Any

from corelate.explain.measures.label_table import affordable_intervals
from corelate.metrics.report import evaluate_scores
from corelate.report.html import Column, element, escape, number, paragraph, table
from corelate.report.subject import Subject

TILES = (
    ("mAP", ("map",)),
    ("overall F1", ("overall", "f1")),
    ("per-class F1", ("per_class", "f1")),
    ("N+", ("n_plus",)),
)
FIGURES = {
    "overall P": ("overall", "precision"),
    "overall R": ("overall", "recall"),
    "overall F1": ("overall", "f1"),
    "per-class P": ("per_class", "precision"),
    "per-class R": ("per_class", "recall"),
    "per-class F1": ("per_class", "f1"),
    "N+": ("n_plus",),
    "macro F1": ("macro_f1",),
    "samples F1": ("samples_f1",),
    "mAP": ("map",),
    "mAP (11 points)": ("map_voc11",),
}
SIDE_BY_SIDE = [name for name in FIGURES if name not in ("macro F1", "samples F1", "mAP (11 points)")]
HINTS = {
    "overall P": "precision of all tags together: how many of them are true",
    "overall R": "recall of all labels together: how many of them were given",
    "overall F1": "harmonic mean of overall precision and recall",
    "per-class P": "mean precision of the labels",
    "per-class R": "mean recall of the labels",
    "per-class F1": "harmonic mean of the two means",
    "N+": "labels with at least one right tag",
    "macro F1": "mean over the labels of each label's F1",
    "samples F1": "mean over the pictures of each picture's F1",
    "mAP": "mean average precision: how far up each label ranks the pictures that have it; needs no thresholds",
    "mAP (11 points)": "the same by the rule of VOC2007",
}


def figures(subject: Subject) -> str:
    """Return the main figures as tiles, and all figures of all rules as a table."""
    report = with_intervals(subject)
    intervals = report["intervals"]
    tiles = "".join(_tile(title, report, intervals, path) for title, path in TILES)
    about = (
        f"Rule {subject.rule}. Below each figure: where it would lie in 95 of 100 sets of as many other pictures of "
        f"the same kind (bootstrap over the pictures, {intervals['resamples']:,} resamples)."
    )
    return "\n".join(
        [
            element("dl", tiles, class_="tiles"),
            paragraph(about, class_="soft"),
            element("h3", "Figures of each decision rule"),
            _rules(subject),
            _intervals(report),
        ]
    )


def with_intervals(subject: Subject) -> dict[str, Any]:
    """Return the figures of the shown rule with their intervals; fewer resamples where there is much to be drawn."""
    judged = subject.judged
    return evaluate_scores(judged.scores, judged.targets, judged.decision, intervals=affordable_intervals(judged))


def _tile(title: str, report: dict[str, Any], intervals: dict[str, Any], path: tuple[str, ...]) -> str:
    value, ends = _at(report, path), _at(intervals, path)
    whole = isinstance(value, int)
    bounds = "–" if ends is None else " to ".join(number(round(end) if whole else end) for end in ends)
    beside = f" of {report['labels']:,}" if whole else ""
    small = element("span", escape(beside), class_="beside") if beside else ""
    return element(
        "div",
        element("dt", escape(title), title=HINTS[title])
        + element("dd", escape(number(value)) + small)
        + element("dd", escape(bounds), class_="range"),
    )


def _rules(subject: Subject) -> str:
    metrics = subject.metrics
    columns = [Column("rule"), *(Column(name, True, hint=HINTS[name]) for name in SIDE_BY_SIDE)]
    rows, classes = [], []
    for name, report in metrics["rules"].items():
        title = f"{name} (default)" if name == metrics["default_rule"] else name
        rows.append([title, *(_at(report, FIGURES[figure]) for figure in SIDE_BY_SIDE)])
        classes.append("chosen" if name == subject.rule else "")
    caption = "P: precision, R: recall, N+: labels with at least one right tag; bold: the rule that this page shows."
    return table("rules", columns, rows, row_classes=classes, caption=caption)


def _intervals(report: dict[str, Any]) -> str:
    """Return a table of where each figure would lie on other pictures, folded away."""
    columns = [Column("figure"), Column("value", True), Column("from", True), Column("to", True)]
    rows = [
        [name, float(value), *map(float, _at(report["intervals"], path))]
        for name, path in FIGURES.items()
        if (value := _at(report, path)) is not None
    ]
    caption = f"Rule {report['rule']['name']}: 95 % intervals."
    summary = element("summary", "Intervals of all figures")
    return element("details", summary + table("intervals", columns, rows, caption=caption))


def _at(nested: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = nested
    for name in path:
        value = value[name]
    return value
