"""The difference between two runs in one figure, and what may be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["better", "better, with care", "worse", "worse, with care", "no clear difference", "undefined"]


@dataclass(frozen=True)
class Difference:
    """How much greater a figure of one run is than that of another, on the same pictures.

    Attributes:
        value: The difference; None where the figure is undefined.
        interval: Its bootstrap interval, low end first; None where there is none.
        share_greater: The share of the resamples in which the first run's figure is greater.
        level: The share of the resamples that the interval holds.
    """

    value: float | None
    interval: tuple[float, float] | None
    share_greater: float | None
    level: float

    @classmethod
    def of(cls, pair: Mapping[str, Any], level: float) -> Difference:
        """Return a leaf of what `PairedFigures.difference` returns."""
        ends = pair["interval"]
        return cls(pair["difference"], None if ends is None else (ends[0], ends[1]), pair["share_a_greater"], level)

    @property
    def verdict(self) -> Verdict:
        """What may be said of the first run; every figure is the better the greater it is.

        The interval decides. It is moved so that it lies around the difference, which matters where much rests on
        labels that few pictures have: many resamples hold none of them. Where fewer resamples than the interval's
        level have the difference's sign, it is to be taken with care.
        """
        if self.value is None or self.interval is None or self.share_greater is None:
            return "undefined"
        low, high = self.interval
        if low > 0:
            return "better" if self.share_greater >= self.level else "better, with care"
        if high < 0:
            return "worse" if self.share_greater <= 1 - self.level else "worse, with care"
        return "no clear difference"

    def to_json(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {
            "difference": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "share_greater": self.share_greater,
            "verdict": self.verdict,
        }
