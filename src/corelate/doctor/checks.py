"""The checks of the doctor, in the order in which they are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from corelate.doctor.case import Case
from corelate.doctor.findings import KEPT_PER_KIND, Finding, Kind, Severity
from corelate.doctor.looked_at import is_absent
from corelate.errors import OptionError
from corelate.registry import Entry, Registry

CHECKS = Registry(
    "check",
    (
        Entry("problems", "corelate.doctor.problems:find", "What was wrong with the files of the data set."),
        Entry("unreadable", "corelate.doctor.unreadable:find", "Pictures that can't be read, or are odd."),
        Entry(
            "duplicates",
            "corelate.doctor.duplicates:find",
            "Pictures that are there more than once, above all on both sides of a split.",
            "Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010",
        ),
        Entry("spelling", "corelate.doctor.spelling:find", "Labels that are probably one, spelled differently."),
        Entry("together", "corelate.doctor.together:find", "Labels that always come together."),
        Entry("rare", "corelate.doctor.rare:find", "Labels with too few pictures to learn or to measure them."),
        Entry("unlabelled", "corelate.doctor.unlabelled:find", "Pictures without labels, and unknown labels."),
        Entry("splits", "corelate.doctor.split_shift:find", "Splits whose labels differ more than by chance."),
        Entry(
            "label_errors",
            "corelate.doctor.label_errors:find",
            "Labels that are probably missing or wrong, by scores of a network.",
            "Northcutt, Jiang and Chuang, Confident Learning, JAIR 70, 2021",
        ),
    ),
)
# Checks that open the pictures, and the one that needs scores.
OF_PICTURES = ("unreadable", "duplicates")
OF_SCORES = ("label_errors",)


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        source: The data set.
        pictures: How many pictures it has.
        labels: How many labels its vocabulary has.
        checks: The checks that were made.
        left_out: Why other checks were not made, by name.
        counts: How many cases there are of each kind, the worst kinds first.
        findings: The first `KEPT_PER_KIND` cases of each kind.
    """

    source: str
    pictures: int
    labels: int
    checks: tuple[str, ...]
    left_out: dict[str, str]
    counts: dict[Kind, int]
    findings: dict[Kind, list[Finding]]

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst finding, or None when there is none."""
        return max((kind.severity for kind in self.counts), default=None)

    def totals(self) -> dict[str, int]:
        """Return how many cases there are of each severity."""
        totals = {str(severity): 0 for severity in reversed(Severity)}
        for kind, count in self.counts.items():
            totals[str(kind.severity)] += count
        return totals

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        kinds = [
            {
                "check": kind.check,
                "kind": kind.name,
                "severity": str(kind.severity),
                "heading": kind.heading,
                "advice": kind.advice,
                "count": count,
                "cases": [finding.to_json() for finding in self.findings[kind]],
            }
            for kind, count in self.counts.items()
        ]
        summary = {"source": self.source, "pictures": self.pictures, "labels": self.labels}
        made = {"checks": list(self.checks), "left_out": self.left_out, "totals": self.totals()}
        return summary | made | {"findings": kinds}


def chosen_checks(only: Sequence[str] = (), skip: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the checks to make.

    Args:
        only: Names of the checks to make; none for all.
        skip: Names of those to leave out.

    Raises:
        OptionError: A name is unknown, or no check is left.
    """
    wanted = {CHECKS.get(name).name for name in only} or set(CHECKS.names)
    left = wanted - {CHECKS.get(name).name for name in skip}
    if not left:
        raise OptionError(f"no check is left to make; checks are: {', '.join(CHECKS.names)}")
    return tuple(name for name in CHECKS.names if name in left)


def examine(
    case: Case, checks: Sequence[str] = CHECKS.names, begin: Callable[[str], object] = lambda check: None
) -> Diagnosis:
    """Make the checks.

    Args:
        case: The data set.
        checks: Their names, of `chosen_checks`.
        begin: Called with the name of each check before it is made.
    """
    left_out = _left_out(case, checks)
    made = tuple(name for name in checks if name not in left_out)
    counts: Counter[Kind] = Counter()
    findings: dict[Kind, list[Finding]] = {}
    for name in made:
        begin(name)
        found: Iterable[Finding] = CHECKS.load(name)(case)
        for finding in found:
            counts[finding.kind] += finding.cases
            kept = findings.setdefault(finding.kind, [])
            if len(kept) < KEPT_PER_KIND:
                kept.append(finding)
    kinds = sorted(counts, key=lambda kind: -kind.severity)
    return Diagnosis(
        source=case.annotations.source,
        pictures=len(case.annotations),
        labels=len(case.annotations.vocabulary),
        checks=made,
        left_out=left_out,
        counts={kind: counts[kind] for kind in kinds},
        findings={kind: findings[kind] for kind in kinds},
    )


def _left_out(case: Case, checks: Sequence[str]) -> dict[str, str]:
    left_out: dict[str, str] = {}
    if all(map(is_absent, case.annotations.pictures)):
        left_out |= dict.fromkeys(OF_PICTURES, "none of the pictures is there")
    if case.scores is None:
        left_out |= dict.fromkeys(OF_SCORES, "needs scores: give --scores FILE.npz or a run folder")
    return {name: left_out[name] for name in checks if name in left_out}
