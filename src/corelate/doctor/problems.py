"""Check `problems`: what was noted while the data set was read."""

from __future__ import annotations

from collections.abc import Iterator

from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity

KIND = Kind(
    "problems",
    "problem",
    Severity.WARNING,
    "problems noted while the set was read",
    "Correct the file named there; until then what is wrong is dealt with as each line says.",
)


def find(case: Case) -> Iterator[Finding]:
    """Yield the problems that the format noted, one finding for each kind of problem."""
    problems = case.annotations.problems
    for kind, count in problems.counts().items():
        of_kind = [problem for problem in problems if problem.kind == kind]
        shown = ", ".join(str(problem) for problem in of_kind[:3]) + (", …" if count > 3 else "")
        yield Finding(
            KIND, f"{count:,} × {kind}: {shown}", [problem.subject for problem in of_kind], numbers={"cases": count}
        )
