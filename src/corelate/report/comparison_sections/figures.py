"""The figures side by side, and how far they differ from the baseline's on the same pictures."""

from __future__ import annotations

from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.comparison_sections.words import (
    heading,
    interval_text,
    percent,
    signed_cell,
    verdict_cell,
)
from corelate.report.difference import Difference
from corelate.report.drawn import drawn
from corelate.report.figure_differences import COUNTS, FigureDifferences
from corelate.report.html import Column, Markup, element, escape, number, paragraph, table
from corelate.report.sections.figures import FIGURES, HINTS


def content(comparison: Comparison, strict: bool) -> str:
    """Return the table of figures, and for each run its differences to the baseline."""
    parts = [_side_by_side(comparison)]
    compared = [run for run in comparison.others if run.alignment.paired]
    if compared:
        parts += [element("h3", f"Differences to {heading(comparison.base)}"), *_explained(comparison)]
        parts += [_drawing(comparison, strict), *(_differences(comparison, run) for run in compared)]
    elif comparison.others:
        parts.append(paragraph("No run can be paired with the baseline, so that nothing is said of differences."))
    return "\n".join(parts)


def _side_by_side(comparison: Comparison) -> str:
    columns = [Column("figure"), *(Column(run.letter, True, hint=run.name) for run in comparison.runs)]
    rows = [
        [_title(name), *(_value(comparison, run, path) for run in comparison.runs)] for name, path in FIGURES.items()
    ]
    paired = len(comparison.paired)
    bold = ""
    if paired > 1:
        who = "every other run" if paired == len(comparison.runs) else f"every other of the {paired} paired runs"
        bold = f" Bold: better than {who}, as said of differences below: their intervals exclude 0."
    legend = " ".join(element("span", heading(run), class_="key") for run in comparison.runs)
    return table(
        "figures-table",
        columns,
        rows,
        caption="P: precision, R: recall, N+: labels with at least one right tag." + bold,
    ) + element("p", legend, class_="soft")


def _title(name: str) -> Markup:
    return Markup(element("span", escape(name), title=HINTS[name]), name)


def _value(comparison: Comparison, run: ComparedRun, path: tuple[str, ...]) -> object:
    value = run.figure(path)
    if comparison.ahead.get(path) is run:
        return Markup(element("strong", escape(number(value))), value)
    return value


def _explained(comparison: Comparison) -> list[str]:
    options, count = comparison.options, comparison.interval_count
    level, pictures = f"{100 * options.level:g} %", len(comparison.base.judged.names)
    return [
        paragraph(
            f"Of the {pictures:,} pictures, as many are drawn with replacement, {options.resamples:,} times, the same "
            f"for all runs. The interval holds {level} of the differences on these draws, moved so that it lies "
            "around the difference itself; “better” and “worse” are said where it excludes 0. “Greater in” is the "
            "share of the draws in which the run's figure is the greater one. Where this does not fit the interval, "
            "the difference rests on labels that few pictures have and many draws lack: “with care”."
        ),
        paragraph(
            f"{count:,} intervals are shown. If no run differed from another, about {100 * (1 - options.level):g} % of "
            "them would still exclude 0: rely on a figure that you chose before you looked, or ask for a higher level. "
            "They say what other pictures would change, and not what another seed of the same training would.",
            class_="note",
        ),
    ]


def _drawing(comparison: Comparison, strict: bool) -> str:
    if not comparison.interval_count:
        return ""
    caption = "To the right of the line a run is better than the baseline. N+ is a count, and only in the tables."
    return drawn(FigureDifferences(comparison), "figure-differences", caption, strict=strict)


def _differences(comparison: Comparison, run: ComparedRun) -> str:
    level = f"{100 * comparison.options.level:g} %"
    columns = [
        Column("figure"),
        Column("difference", True, hint=f"{run.letter} less {comparison.base.letter}"),
        Column(f"{level} interval", True),
        Column("greater in", True, hint=f"share of the draws in which {run.letter} has the greater figure"),
        Column("in words"),
    ]
    differences = comparison.differences(run)
    rows = [[_title(name), *_cells(differences[path], path in COUNTS)] for name, path in FIGURES.items()]
    title = f"{heading(run)} against {heading(comparison.base)}"
    return element("h4", title) + table(f"differences-{run.number}", columns, rows)


def _cells(difference: Difference, whole: bool) -> list[Markup]:
    low = None if difference.interval is None else difference.interval[0]
    return [
        signed_cell(difference.value, whole),
        Markup(escape(interval_text(difference.interval, whole)), low),
        Markup(escape(percent(difference.share_greater)), difference.share_greater),
        verdict_cell(difference),
    ]
