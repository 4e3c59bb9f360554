"""Means over originals, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corelate.metrics.bootstrap import centred_interval
from corelate.metrics.resampling import draw_weights

RESAMPLES, LEVEL, SEED = 1000, 0.95, 0


@dataclass(frozen=True)
class Estimate:
    """A mean over originals.

    Attributes:
        mean: NaN where there is nothing to average.
        low: Lower end of the 95 % interval; NaN for fewer than two originals.
        high: Its upper end.
        count: How many originals.
    """

    mean: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Estimate:
        """Average values, one for each original; NaN are passed over.

        The interval says how much the mean would vary between draws of as many originals. Pictures of one original
        are no independent draws, so that they are averaged before.
        """
        known = np.asarray(values, np.float64)
        known = known[~np.isnan(known)]
        if not len(known):
            return cls(np.nan, np.nan, np.nan, 0)
        mean = float(known.mean())
        if len(known) < 2:
            return cls(mean, np.nan, np.nan, 1)
        resampled = [known @ weights / len(known) for weights in draw_weights(len(known), RESAMPLES, SEED)]
        ends = centred_interval(np.concatenate(resampled), mean, LEVEL)
        low, high = ends if ends else (np.nan, np.nan)
        return cls(mean, low, high, len(known))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; None for what is undefined."""
        fields = {"mean": self.mean, "low": self.low, "high": self.high}
        return {key: None if np.isnan(value) else value for key, value in fields.items()} | {"originals": self.count}


def digits(value: float) -> str:
    """Return a distance in words: three digits after the point, and up to six where it is small."""
    places = next((places for places in (3, 4, 5) if value == 0 or abs(value) >= 0.95 * 10 ** (1 - places)), 6)
    return f"{value:.{places}f}"
