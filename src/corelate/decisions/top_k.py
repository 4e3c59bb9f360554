"""The k best-scored labels of each image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corelate.decisions.base import DecisionRule
from corelate.decisions.top_k_decision import TopKDecision
from corelate.options import option
from corelate.scores import check_scores


@dataclass(frozen=True)
class TopK(DecisionRule):
    """Each image gets exactly `k` tags; of equal scores the lower label index wins."""

    k: int = option(5, "number of tags for each image", minimum=1)

    name: ClassVar[str] = "top_k"
    needs_fitting: ClassVar[bool] = False

    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> TopKDecision:
        """Return the decision; nothing is learned from the scores.

        Raises:
            OptionError: `k` is larger than the number of labels.
        """
        decision = TopKDecision(k=self.k)
        decision.check_label_count(check_scores(scores).shape[1])
        return decision
