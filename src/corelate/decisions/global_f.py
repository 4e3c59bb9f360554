"""One fitted threshold for all labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corelate.decisions.base import DecisionRule
from corelate.decisions.f_measure import usable_global_f
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.options import option


@dataclass(frozen=True)
class GlobalF(DecisionRule):
    """The threshold with the best overall F-measure, the same for all labels."""

    beta: float = option(
        1.0, "weight of recall: 1 as much as precision, 2 favours recall, 0.5 precision", above=0.0, maximum=1000.0
    )

    name: ClassVar[str] = "global_f"
    needs_fitting: ClassVar[bool] = True

    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> ThresholdDecision:
        """Return the decision that fits these scores best; see `DecisionRule.fit`."""
        threshold = usable_global_f(scores, targets, self.beta)
        thresholds = np.full(np.shape(scores)[1], threshold)
        return ThresholdDecision(thresholds=thresholds, rule=self.name, options=self.options(), fitted_on=fitted_on)
