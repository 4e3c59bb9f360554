"""The options in which the recipes differ."""

from __future__ import annotations

import json
from typing import Any

from corelate.report.comparison import ComparedRun, Comparison
from corelate.report.html import Column, Markup, element, escape, paragraph, table


def content(comparison: Comparison, strict: bool) -> str:
    """Return the table of options, one column a run."""
    differing = differing_options(comparison)
    total = len({option for run in comparison.runs for option in options_of(run)})
    if len(comparison.runs) < 2:
        return paragraph(f"One run, with {total:,} options; its own page lists them.", class_="soft")
    if not differing:
        return paragraph(f"All {total:,} options are the same.", class_="soft")
    columns = [Column("option"), *(Column(run.letter, hint=run.name) for run in comparison.runs)]
    rows = [[option, *(_cell(value) for value in values)] for option, values in differing.items()]
    return paragraph(
        f"{len(differing):,} of {total:,} options differ; – stands where a run has no such option."
    ) + table("recipes-table", columns, rows, filter_label="Option")


def differing_options(comparison: Comparison) -> dict[str, list[Any]]:
    """Return the options that are not the same in all runs, with the value of each; None for runs without it."""
    every = [options_of(run) for run in comparison.runs]
    names = dict.fromkeys(name for options in every for name in options)
    values = {name: [options.get(name) for options in every] for name in names}
    return {name: each for name, each in values.items() if any(value != each[0] for value in each)}


def options_of(run: ComparedRun) -> dict[str, Any]:
    """Return a run's options as ``section.option`` and their values; those that are None are left out."""
    values = run.material.recipe.to_values()
    return {
        f"{section}.{name}": value
        for section, content in values.items()
        for name, value in content.items()
        if value is not None
    }


def _cell(value: Any) -> Markup | None:
    if value is None:
        return None
    text = value if value and isinstance(value, str) else json.dumps(value)
    return Markup(element("code", escape(text)), text)
