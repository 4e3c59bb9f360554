"""What was wrong with a data set: collected while it is read, reported together with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from corelate.errors import DataError

SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class Problem:
    """One thing that was wrong, where, and so what was done."""

    kind: str
    subject: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.subject} ({self.where})" if self.where else self.subject


@dataclass
class Problems:
    """All problems of one data set, by kind.

    A kind is a short sentence that says what is wrong and what is done about it, e.g. ``"missing image: picture left
    out"``; it is the heading in the report.
    """

    source: str
    found: list[Problem] = field(default_factory=list)

    def add(self, kind: str, subject: str, where: str = "") -> None:
        """Note one problem."""
        self.found.append(Problem(kind, subject, where))

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def counts(self) -> dict[str, int]:
        """Return the number of problems of each kind, in order of first appearance."""
        return dict(Counter(problem.kind for problem in self.found))

    def report(self) -> str:
        """Return a text with a line for each kind: its count and the first few cases."""
        lines = []
        for kind, count in self.counts().items():
            cases = [str(problem) for problem in self.found if problem.kind == kind][:SHOWN_PER_KIND]
            more = f", and {count - len(cases)} more" if count > len(cases) else ""
            lines.append(f"{count} × {kind}: {', '.join(cases)}{more}")
        return "\n".join(lines)

    def raise_if_any(self) -> None:
        """Make the problems fatal.

        Raises:
            DataError: There is at least one problem; the message is the report.
        """
        if self.found:
            raise DataError(
                f"{self.source} has {len(self)} problem(s), and strict reading was asked for\n{self.report()}"
            )
