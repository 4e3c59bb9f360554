"""The page that puts runs side by side, as one HTML file that needs no network."""

from __future__ import annotations

import importlib
from pathlib import Path

from corelate.files import write_text
from corelate.report.comparison import Comparison
from corelate.report.html import escape, paragraph
from corelate.report.isolation import isolated
from corelate.report.page import Section, render_page
from corelate.report.page_file import check_page_file

USUAL_FILE = "comparison.html"
PARTS = {
    "runs": "Runs",
    "figures": "Figures",
    "labels": "Labels",
    "training": "Training",
    "pictures": "Pictures",
    "recipes": "Recipes",
}
"""The parts, each with its heading; the name is that of a module in `corelate.report.comparison_sections`."""


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write the page of a comparison.

    Raises:
        OptionError: As `corelate.report.page_file.check_page_file`.
    """
    check_page_file(path, "--html", USUAL_FILE)
    write_text(path, comparison_page(comparison))


def comparison_page(comparison: Comparison, *, strict: bool = False) -> str:
    """Return the page of a comparison as HTML; `strict` raises what no part of the page expects."""
    count = len(comparison.runs)
    title = f"{count:,} runs side by side" if count > 1 else f"The run {comparison.base.name} alone"
    sections = [Section(name, heading, _content(name, comparison, strict)) for name, heading in PARTS.items()]
    return render_page(title, _introduction(comparison), sections)


def _introduction(comparison: Comparison) -> str:
    if not comparison.others:
        return paragraph("With one run, there is nothing to compare; give more of them.", class_="soft")
    paired = len(comparison.paired) - 1
    whose = "all others" if paired == len(comparison.others) else f"{paired:,} of the {len(comparison.others):,} others"
    text = (
        f"{comparison.base.name} is the baseline. It was measured on {len(comparison.base.judged.names):,} pictures "
        f"with {len(comparison.base.judged.labels):,} labels, as were {whose}."
    )
    if not paired:
        text = (
            f"{comparison.base.name} is the baseline. No other run was measured on the same pictures and labels: the "
            "figures stand side by side, and can't be compared."
        )
    return f'<p class="soft">{escape(text)}</p>'


def _content(name: str, comparison: Comparison, strict: bool) -> str:
    part = importlib.import_module(f"corelate.report.comparison_sections.{name}")
    return isolated(lambda: part.content(comparison, strict), strict)
