"""What was wrong with a data set: collected while it is read, reported together with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from corelate.errors import DataError

SHOWN_PER_KIND = 5
# A broken file may have millions of them.
KEPT_PER_KIND = 5000


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
    out"``; it is the heading in the report. All are counted; of each kind the first `KEPT_PER_KIND` cases are kept,
    and these are what iterating gives.

    Args:
        source: The data set in words, for messages.
    """

    source: str
    _cases: list[Problem] = field(default_factory=list, init=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False)

    def add(self, kind: str, subject: str, where: str = "") -> None:
        """Note one problem."""
        self._counts[kind] += 1
        if self._counts[kind] <= KEPT_PER_KIND:
            self._cases.append(Problem(kind, subject, where))

    def extend(self, other: Problems) -> None:
        """Note all problems of another part of the data set, behind those of this one."""
        counts = self._counts + other._counts
        for problem in other:
            self.add(problem.kind, problem.subject, problem.where)
        self._counts = counts

    def __len__(self) -> int:
        """Return how many were noted, which may be more than are kept."""
        return self._counts.total()

    def __iter__(self) -> Iterator[Problem]:
        """Iterate over those that are kept, in the order in which they were noted."""
        return iter(self._cases)

    def counts(self) -> dict[str, int]:
        """Return the number of problems of each kind, in order of first appearance."""
        return dict(self._counts)

    def report(self) -> str:
        """Return a text with a line for each kind: its count and the first few cases."""
        lines = []
        for kind, count in self.counts().items():
            of_kind = (str(problem) for problem in self._cases if problem.kind == kind)
            cases = list(islice(of_kind, SHOWN_PER_KIND))
            more = f", and {count - len(cases)} more" if count > len(cases) else ""
            lines.append(f"{count} × {kind}: {', '.join(cases)}{more}")
        return "\n".join(lines)

    def raise_if_any(self) -> None:
        """Make the problems fatal.

        Raises:
            DataError: There is at least one problem; the message is the report.
        """
        if self:
            raise DataError(
                f"{self.source} has {len(self)} problem(s), and strict reading was asked for\n{self.report()}"
            )
