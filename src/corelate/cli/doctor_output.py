"""What `corelate data doctor` prints: kinds of faults, the worst first, with a few cases each and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from corelate.cli.tag_rows import printable
from corelate.doctor.findings import counted

if TYPE_CHECKING:
    from corelate.doctor.checks import Diagnosis

LONGEST_LINE = 500


def print_report(console: Console, diagnosis: Diagnosis, top: int) -> None:
    """Print what was found.

    Args:
        console: Where to.
        diagnosis: What was found.
        top: Cases of each kind to print.
    """
    for line in _lines(diagnosis, top):
        # As Text: names from the data set may look like rich's markup.
        console.print(Text(printable(line, console)))


def _lines(diagnosis: Diagnosis, top: int) -> Iterator[str]:
    yield diagnosis.source
    made = ", ".join(diagnosis.checks) or "none"
    yield f"{counted(diagnosis.pictures, 'picture')}, {counted(diagnosis.labels, 'label')}; checks: {made}"
    for check, reason in diagnosis.left_out.items():
        yield f"not made: {check} ({reason})"
    for kind, count in diagnosis.counts.items():
        yield ""
        yield f"{str(kind.severity).upper()} {kind.check}: {kind.heading} ({count:,})"
        yield from (f"  {_shortened(finding.sentence)}" for finding in diagnosis.findings[kind][:top])
        if count > top:
            yield f"  … and {count - top:,} more"
        yield f"  → {kind.advice}"
    totals = diagnosis.totals()
    yield ""
    yield ", ".join(counted(count, str(severity)) for severity, count in totals.items())


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
