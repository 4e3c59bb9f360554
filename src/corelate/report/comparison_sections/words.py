"""How differences, shares and runs are written on the page."""

from __future__ import annotations

from corelate.report.comparison import ComparedRun
from corelate.report.difference import Difference
from corelate.report.html import PLACES, Markup, element, escape, number

CLASSES = {"better": "tag right", "worse": "tag wrong", "better, with care": "", "worse, with care": ""}
MINUS = "\u2212"


def signed(value: float | None, whole: bool = False, places: int = PLACES) -> str:
    """Return a difference with its sign; – for none."""
    if value is None:
        return number(None)
    # What is rounded to nothing keeps its sign: an interval up to -0.0004 excludes 0.
    sign = MINUS if value < 0 else "+" if value > 0 else ""
    return sign + (f"{abs(value):.0f}" if whole else f"{abs(value):.{places}f}")


def signed_cell(value: float | None, whole: bool = False) -> Markup:
    """Return a difference as a cell that sorts by its value."""
    return Markup(escape(signed(value, whole)), value)


def interval_text(interval: tuple[float, float] | None, whole: bool = False) -> str:
    """Return an interval in words; – for none."""
    return number(None) if interval is None else f"{signed(interval[0], whole)} to {signed(interval[1], whole)}"


def verdict_cell(difference: Difference) -> Markup:
    """Return what may be said of a difference, in its colour."""
    verdict = difference.verdict
    return Markup(
        element("span", escape(verdict), class_=CLASSES.get(verdict, "soft") or None, style="white-space: nowrap"),
        verdict,
    )


def percent(share: float | None) -> str:
    """Return a share in per cent; – for none."""
    return number(None) if share is None else f"{100 * share:.1f} %"


def swatch(run: ComparedRun) -> str:
    """Return a dot in the colour that a run has in every drawing; it says nothing that the letter does not."""
    from corelate.explain.drawing import SERIES, VARIABLES

    variable = VARIABLES[SERIES[run.number % len(SERIES)]]
    return element("span", "●", style=f"color: var({variable})", aria_hidden="true")


def heading(run: ComparedRun) -> str:
    """Return a run's colour, letter and name as HTML."""
    return f"{swatch(run)} {escape(run.letter)} {element('span', escape(run.name), dir='auto')}"


def listed(names: list[str]) -> str:
    """Return names as they stand in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
