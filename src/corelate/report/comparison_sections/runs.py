"""What the runs are, what must be known of each, and which can be compared picture by picture."""

from __future__ import annotations

from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.comparison_sections.words import heading, listed
from corelate.report.html import Column, Markup, element, escape, paragraph, table
from corelate.report.sections.cautions import cautions
from corelate.report.subject import Subject

COLUMNS = (
    Column("run"),
    Column("backbone"),
    Column("head"),
    Column("loss"),
    Column("rule", hint="what turns scores into tags"),
    Column("seed", True),
    Column("trained on", True, hint="pictures"),
    Column("chosen on", hint="what chose the epoch and the thresholds"),
    Column("measured on"),
)


def content(comparison: Comparison, strict: bool) -> str:
    """Return the table of runs, and notes."""
    notes = [paragraph(line, class_="note") for line in (*_pairing_notes(comparison), *_cautions(comparison))]
    rows = [_row(comparison, run) for run in comparison.runs]
    return "\n".join([*notes, table("runs-table", COLUMNS, rows), *_rule_note(comparison)])


def _row(comparison: Comparison, run: ComparedRun) -> list[object]:
    recipe, metrics = run.material.recipe, run.material.metrics
    baseline = element("span", " baseline", class_="soft") if run is comparison.base and comparison.others else ""
    measured = metrics["measured_on"]
    return [
        Markup(heading(run) + baseline, run.letter),
        recipe.model.backbone + (" (frozen)" if recipe.model.frozen else ""),
        _unbroken(recipe.head.name),
        _unbroken(recipe.loss.name),
        _unbroken(run.rule),
        recipe.run.seed,
        metrics.get("trained_on", {}).get("images"),
        metrics["chosen_on"],
        f"{measured['images']:,} pictures, {measured['split']} split",
    ]


def _unbroken(name: str) -> Markup:
    return Markup(element("span", escape(name), style="white-space: nowrap"), name)


def _pairing_notes(comparison: Comparison) -> list[str]:
    lines = []
    for run in comparison.others:
        if run.alignment.problem:
            few = "only single labels" if run.alignment.alike.any() else "no figure"
            lines.append(
                f"{run.name} can't be paired with {comparison.base.name}: {run.alignment.problem}. Its figures stand "
                f"beside the others, but {few} can be compared."
            )
    return lines


def _cautions(comparison: Comparison) -> list[str]:
    """Return the cautions about the runs, those that hold for several said once."""
    held: dict[str, list[ComparedRun]] = {}
    for run in comparison.runs:
        for line in cautions(Subject(run.material, run.judged)):
            held.setdefault(line, []).append(run)
    return [f"{_whose(comparison, runs)}: {line[0].lower()}{line[1:]}" for line, runs in held.items()]


def _whose(comparison: Comparison, runs: list[ComparedRun]) -> str:
    if len(runs) == len(comparison.runs) > 1:
        return "All runs"
    return listed([run.name for run in runs])


def _rule_note(comparison: Comparison) -> list[str]:
    if len({run.rule for run in comparison.runs}) < 2:
        return []
    text = (
        "The runs use different decision rules. What differs in precision, recall, F1 and N+ is then owed to rules and "
        "networks together; average precision needs no rule. "
    )
    return [element("p", escape(text) + element("code", "--rule") + " gives all runs the same one.")]
