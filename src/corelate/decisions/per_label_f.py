"""A fitted threshold for each label, by its F-measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.decisions.base import DecisionRule
from corelate.decisions.f_measure import best_f_per_label, usable_global_f
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.options import option
from corelate.scores import check_pair


@dataclass(frozen=True)
class PerLabelF(DecisionRule):
    """Each label's threshold has the best F-measure of that label.

    The best threshold of a label with two or three examples says little about the next image. A label with fewer
    examples than `minimum_positives` therefore takes the threshold of the best overall F-measure (rule ``global_f``).
    So does a label that is unknown in some images and known to be absent from none: it would be tagged everywhere.
    """

    beta: float = option(
        1.0, "weight of recall: 1 as much as precision, 2 favours recall, 0.5 precision", above=0.0, maximum=1000.0
    )
    minimum_positives: int = option(20, "a label with fewer present examples takes the global threshold", minimum=1)

    name: ClassVar[str] = "per_label_f"
    needs_fitting: ClassVar[bool] = True

    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> ThresholdDecision:
        """Return the decision that fits these scores best; see `DecisionRule.fit`."""
        scores, targets = check_pair(scores, targets)
        thresholds = best_f_per_label(scores, targets, self.beta)
        unfit = np.count_nonzero(targets == PRESENT, axis=0) < self.minimum_positives
        unfit |= (targets == UNKNOWN).any(axis=0) & ~(targets == ABSENT).any(axis=0)
        if unfit.any():
            thresholds[unfit] = usable_global_f(scores, targets, self.beta)
        return ThresholdDecision(thresholds=thresholds, rule=self.name, options=self.options(), fitted_on=fitted_on)
