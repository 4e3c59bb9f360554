"""Scores, what is true, and what was decided: all that tables, curves and sheets look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from corelate.decisions.base import Decision
from corelate.decisions.fixed import Fixed
from corelate.errors import OptionError, ScoresError
from corelate.metrics.counts import Outcomes
from corelate.metrics.scores_file import ScoresFile, read_scores


@dataclass(frozen=True)
class Judged:
    """Pictures with scores, targets and a decision.

    Attributes:
        scores: N×L in [0, 1].
        targets: N×L of 1, 0, and -1 for unknown.
        labels: The L labels.
        names: The N pictures' names.
        decision: What turns the scores into tags.
        source: What was measured, in words.

    Raises:
        ScoresError: The decision is for another number of labels.
    """

    scores: np.ndarray
    targets: np.ndarray
    labels: Sequence[str]
    names: Sequence[str]
    decision: Decision
    source: str

    @classmethod
    def of(cls, content: ScoresFile, decision: Decision, source: str) -> Judged:
        """Return the content of a file of scores under a decision; what it does not name is numbered."""
        pictures, labels = content.scores.shape
        return cls(
            content.scores,
            content.targets,
            content.labels or tuple(f"label {column}" for column in range(labels)),
            content.names or tuple(f"picture {row}" for row in range(pictures)),
            decision,
            source,
        )

    @classmethod
    def of_file(cls, path: Path, threshold: float = 0.5) -> Judged:
        """Return a file of scores under one threshold for all labels.

        Raises:
            ScoresError: The file can't be used.
            OptionError: The threshold is outside [0, 1].
        """
        content = read_scores(path)
        return cls.of(content, Fixed(threshold).fit(content.scores, content.targets), path.name)

    @cached_property
    def predicted(self) -> np.ndarray:
        """Which labels each picture was given, N×L."""
        decided = self.decision.decide(self.scores)
        if decided.shape != self.scores.shape:
            raise ScoresError(f"the decision gives {decided.shape} tags for scores of shape {self.scores.shape}")
        return decided

    @cached_property
    def outcomes(self) -> Outcomes:
        """Which cells are right; unknown ones are in none of them."""
        return Outcomes.of(self.predicted, self.targets)

    def columns_of(self, labels: Sequence[str]) -> list[int]:
        """Return the columns of some labels, in their order.

        Raises:
            OptionError: A label is not there; the message names the nearest.
        """
        return columns_of(labels, self.labels, self.source)


def columns_of(wanted: Sequence[str], labels: Sequence[str], source: str) -> list[int]:
    """Return where some labels stand among all.

    Raises:
        OptionError: A label is not there; the message names the nearest.
    """
    import difflib

    column: Callable[[str], int | None] = {label: number for number, label in enumerate(labels)}.get
    found = []
    for label in wanted:
        place = column(label)
        if place is None:
            near = difflib.get_close_matches(label, labels, n=3)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has {len(labels)} others"
            raise OptionError(f"{source} has no label {label!r}; {hint}")
        found.append(place)
    return found
