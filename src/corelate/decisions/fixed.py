"""One threshold for all labels, given beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corelate.decisions.base import DecisionRule
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.options import option
from corelate.scores import check_scores


@dataclass(frozen=True)
class Fixed(DecisionRule):
    """A label is given when its score is at least `threshold`."""

    threshold: float = option(0.5, "score from which a label is given", minimum=0.0, maximum=1.0)

    name: ClassVar[str] = "fixed"
    needs_fitting: ClassVar[bool] = False

    def for_labels(self, label_count: int) -> ThresholdDecision:
        """Return the decision for a vocabulary of `label_count` labels."""
        thresholds = np.full(label_count, self.threshold, dtype=np.float64)
        return ThresholdDecision(thresholds=thresholds, rule=self.name, options=self.options())

    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> ThresholdDecision:
        """Return the decision; nothing is learned from the scores but how many labels there are."""
        return self.for_labels(check_scores(scores).shape[1])
