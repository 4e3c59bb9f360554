"""Exactly k tags for each image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from corelate.decisions.base import Decision
from corelate.errors import OptionError
from corelate.scores import check_scores, row_blocks


@dataclass(frozen=True, eq=False, kw_only=True)
class TopKDecision(Decision):
    """Each image gets its k best-scored labels, whatever the scores; of equal scores the lower label index wins.

    Attributes:
        k: The number of tags for each image, at least 1.

    Raises:
        OptionError: `k` is not a whole number of at least 1, or larger than the number of labels it meets.
    """

    k: int
    rule: str = field(default="top_k", init=False)
    options: dict[str, Any] = field(init=False)

    kind: ClassVar[str] = "top_k"

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, (int, np.integer)) or self.k < 1:
            raise OptionError(f"k is {self.k!r}; expected a whole number of at least 1")
        object.__setattr__(self, "k", int(self.k))
        object.__setattr__(self, "options", {"k": self.k})

    def check_label_count(self, label_count: int) -> None:
        """Make sure that so many labels can be given.

        Raises:
            OptionError: `k` is larger than the number of labels.
        """
        if self.k > label_count:
            raise OptionError(
                f"k is {self.k}, but there are only {label_count} labels; choose k from 1 to {label_count}"
            )

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the k best-scored labels of each image; see `Decision.decide`."""
        scores = check_scores(scores)
        self.check_label_count(scores.shape[1])
        decided = np.empty(scores.shape, dtype=bool)
        for rows in row_blocks(scores.shape):
            decided[rows] = _best(scores[rows], self.k)
        return decided

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON values."""
        origin = {"kind": self.kind, "rule": self.rule, "options": dict(self.options), "fitted_on": self.fitted_on}
        return {**origin, "k": self.k}


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    lowest_kept = np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k, None]
    best = scores >= lowest_kept
    # Rows in which several labels share the lowest kept score hold too many: keep the first of those labels.
    crowded = np.flatnonzero(np.count_nonzero(best, axis=1) > k)
    above = scores[crowded] > lowest_kept[crowded]
    tied = best[crowded] & ~above
    room = k - np.count_nonzero(above, axis=1)[:, None]
    best[crowded] = above | (tied & (np.cumsum(tied, axis=1) <= room))
    return best
