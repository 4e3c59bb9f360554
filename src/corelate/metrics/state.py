"""Figures of scores that arrive in batches, or from several processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from corelate.decisions.base import Decision
from corelate.errors import ScoresError
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_scores
from corelate.scores import check_pair


class MetricState:
    """Scores and targets collected so far.

    Everything is kept, since average precision needs all scores of a label together. The figures do not depend on how
    the images are divided into batches and processes, nor on their order; only intervals draw by position.

    Example:
        >>> from corelate.decisions.fixed import Fixed
        >>> first, second = MetricState(), MetricState()
        >>> first.update([[0.9, 0.2]], [[1, 0]])
        >>> second.update([[0.6, 0.4]], [[0, 1]])
        >>> report = (first + second).compute(Fixed().for_labels(2))
        >>> report["images"], report["overall"]["precision"]
        (2, 0.5)
    """

    def __init__(self) -> None:
        self._scores: list[np.ndarray] = []
        self._targets: list[np.ndarray] = []

    def __len__(self) -> int:
        return sum(map(len, self._scores))

    def update(self, scores: Any, targets: Any) -> None:
        """Add a batch.

        Args:
            scores: B×L matrix in [0, 1]; copied.
            targets: B×L matrix of 1, 0, and -1 for unknown; copied.

        Raises:
            ScoresError: Scores or targets are wrong, or have another number of labels than earlier ones.
        """
        checked_scores, checked_targets = check_pair(scores, targets)
        if self._scores and self._scores[0].shape[1] != checked_scores.shape[1]:
            raise ScoresError(
                f"this batch has {checked_scores.shape[1]} labels, the earlier ones have {self._scores[0].shape[1]}"
            )
        # Copied, since a caller may fill the same buffers with the next batch.
        self._scores.append(checked_scores.copy())
        self._targets.append(checked_targets.copy())

    def merge(self, other: MetricState) -> None:
        """Add what another state, such as that of another process, has collected.

        Raises:
            ScoresError: It has another number of labels.
        """
        for scores, targets in list(zip(other._scores, other._targets, strict=True)):
            self.update(scores, targets)

    def __add__(self, other: MetricState) -> MetricState:
        together = MetricState()
        together.merge(self)
        together.merge(other)
        return together

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all scores and all targets, N×L each; what a process sends to another, which passes them to `update`.

        Raises:
            ScoresError: Nothing has been added.
        """
        if not self._scores:
            raise ScoresError("there are no scores yet; add batches with update()")
        return np.concatenate(self._scores), np.concatenate(self._targets)

    def compute(
        self, decision: Decision, top_k: Iterable[int] = (), intervals: IntervalOptions | None = None
    ) -> dict[str, Any]:
        """Return every figure of what has been collected; see `evaluate_scores`.

        Raises:
            ScoresError: Nothing has been added, or it does not fit the decision.
            OptionError: `top_k` holds a number below 1 or above the number of labels.
        """
        return evaluate_scores(*self.arrays(), decision, top_k, intervals)
