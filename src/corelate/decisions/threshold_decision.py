"""One threshold for each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from corelate.decisions.base import Decision
from corelate.errors import OptionError, ScoresError
from corelate.scores import check_scores


@dataclass(frozen=True, eq=False, kw_only=True)
class ThresholdDecision(Decision):
    """A label is given when its score reaches its threshold: ``score >= threshold``.

    Attributes:
        thresholds: float64[L] in [0, 1]. Kept in float64 although scores are mostly float32, because a threshold is
            rounded to the type of the scores it meets: 0.3 must be reached by a score of 0.3 in either type.

    Raises:
        OptionError: A threshold is NaN or outside [0, 1].
    """

    thresholds: np.ndarray

    kind: ClassVar[str] = "thresholds"

    def __post_init__(self) -> None:
        thresholds = np.array(self.thresholds, dtype=np.float64)
        if thresholds.ndim != 1 or not len(thresholds):
            raise OptionError(f"thresholds have shape {thresholds.shape}; expected one number for each label")
        outside = np.flatnonzero(~((thresholds >= 0) & (thresholds <= 1)))
        if len(outside):
            label = outside[0]
            raise OptionError(f"the threshold of label {label} is {thresholds[label]}; thresholds lie in [0, 1]")
        thresholds.flags.writeable = False
        object.__setattr__(self, "thresholds", thresholds)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return where a score reaches its label's threshold; see `Decision.decide`."""
        scores = check_scores(scores)
        if scores.shape[1] != len(self.thresholds):
            raise ScoresError(
                f"scores have {scores.shape[1]} labels, but the decision has {len(self.thresholds)} thresholds"
            )
        decided: np.ndarray = scores >= self.thresholds.astype(scores.dtype)
        return decided

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON values; Python writes each float so that it reads back the same."""
        origin = {"kind": self.kind, "rule": self.rule, "options": dict(self.options), "fitted_on": self.fitted_on}
        return {**origin, "thresholds": self.thresholds.tolist()}
