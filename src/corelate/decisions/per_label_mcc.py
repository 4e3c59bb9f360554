"""A fitted threshold for each label, by its Matthews correlation coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corelate.data.targets import ABSENT, PRESENT
from corelate.decisions.base import DecisionRule
from corelate.decisions.f_measure import usable_global_f
from corelate.decisions.mcc import mcc_exact, mcc_grid
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.options import option
from corelate.scores import check_pair


@dataclass(frozen=True)
class PerLabelMCC(DecisionRule):
    """Each label's threshold has the best Matthews correlation coefficient (MCC) of that label.

    A label that is never, or always, present has MCC 0 at every threshold, and the search would give it the lowest
    one: such a label is then tagged nearly everywhere. It takes the threshold of the best overall F1 (rule
    ``global_f``) instead. So does a label with fewer examples than `minimum_positives`, and, in the exact search, a
    label for which no threshold is better than tagging every image.
    """

    search: str = option(
        "grid", "thresholds that are tried: grid is 0.05, 0.10 … 0.70, exact all that differ", choices=("grid", "exact")
    )
    fallback: str = option(
        "global",
        "for a label that can't be fitted: global takes the threshold of the best overall F1, search what it found",
        choices=("global", "search"),
    )
    minimum_positives: int = option(1, "a label with fewer present examples can't be fitted", minimum=1)

    name: ClassVar[str] = "per_label_mcc"
    needs_fitting: ClassVar[bool] = True

    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> ThresholdDecision:
        """Return the decision that fits these scores best; see `DecisionRule.fit`."""
        scores, targets = check_pair(scores, targets)
        positives = np.count_nonzero(targets == PRESENT, axis=0)
        negatives = np.count_nonzero(targets == ABSENT, axis=0)
        unfit = (positives < self.minimum_positives) | (negatives == 0)
        if self.search == "grid":
            thresholds = mcc_grid(scores, targets)
        else:
            thresholds, best = mcc_exact(scores, targets)
            unfit |= best == 0
        if self.fallback == "global" and unfit.any():
            thresholds[unfit] = usable_global_f(scores, targets)
        return ThresholdDecision(thresholds=thresholds, rule=self.name, options=self.options(), fitted_on=fitted_on)
