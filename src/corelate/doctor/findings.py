"""What a check finds: kinds of faults, and single cases of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# A cluster of black frames may have thousands.
NAMES_KEPT = 100
# Cases of one kind that are kept; all are counted.
KEPT_PER_KIND = 1000


class Severity(enum.IntEnum):
    """How bad a finding is."""

    HINT = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Kind:
    """One kind of fault that a check looks for.

    Attributes:
        check: The check that looks for it.
        name: Its name, for programs; unique within the check.
        severity: How bad one is.
        heading: What is wrong, as the heading over the cases.
        advice: What to do about it, one sentence.
    """

    check: str
    name: str
    severity: Severity
    heading: str
    advice: str


@dataclass(frozen=True)
class Finding:
    """One case.

    Attributes:
        kind: What is wrong.
        sentence: The case in words.
        pictures: Names of pictures that it is about, the first `NAMES_KEPT`.
        labels: Labels that it is about, the first `NAMES_KEPT`.
        numbers: Figures by name.
        cases: How many cases it stands for: more than one in the last of more than `KEPT_PER_KIND`, for the rest.
    """

    kind: Kind
    sentence: str
    pictures: Sequence[str] = ()
    labels: Sequence[str] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    cases: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "pictures", tuple(self.pictures[:NAMES_KEPT]))
        object.__setattr__(self, "labels", tuple(self.labels[:NAMES_KEPT]))

    @property
    def check(self) -> str:
        """The name of the check."""
        return self.kind.check

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.kind.severity

    def to_json(self) -> dict[str, Any]:
        """Return the case as JSON values."""
        return {
            "sentence": self.sentence,
            "pictures": list(self.pictures),
            "labels": list(self.labels),
            "numbers": dict(self.numbers),
        }


def listed(names: Sequence[str], total: int | None = None, shown: int = 5) -> str:
    """Return names as text, the first few and how many more there are."""
    count = len(names) if total is None else total
    more = f" and {count - shown:,} more" if count > shown else ""
    return ", ".join(names[:shown]) + more


def counted(number: int, thing: str) -> str:
    """Return a number with its noun in the plural where it needs one, e.g. ``"1 picture"``, ``"2,000 pictures"``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
