"""What a decision rule and a fitted decision are made of."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from corelate.options import check_options


@dataclass(frozen=True, eq=False, kw_only=True)
class Decision(ABC):
    """A rule that is ready to turn scores into tags; saved with the model.

    Attributes:
        rule: Registered name of the rule it came from.
        options: The rule's options.
        fitted_on: What the scores were that it was fitted on, in words; empty when nothing was fitted.
    """

    rule: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    fitted_on: str = ""

    kind: ClassVar[str]

    @abstractmethod
    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return which labels each image gets.

        Args:
            scores: N×L matrix in [0, 1].

        Returns:
            Boolean N×L matrix.

        Raises:
            ScoresError: The scores are wrong or have another number of labels.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON values; `decision_from_json` gives the same decision back, to the last bit."""

    def describe(self) -> dict[str, Any]:
        """Return the name, options and origin as JSON values, without what was fitted."""
        return {"name": self.rule, "options": dict(self.options), "fitted_on": self.fitted_on}


@dataclass(frozen=True)
class DecisionRule(ABC):
    """A way to decide; its fields are its options.

    Attributes:
        name: The registered name.
        needs_fitting: Whether `fit` learns from the scores. If so, fit on scores of images that the model was not
            trained on (validation or out-of-fold), or the decision will suit scores that are too good.

    Raises:
        OptionError: An option is of the wrong type or beyond its limits.
    """

    name: ClassVar[str]
    needs_fitting: ClassVar[bool]

    def __post_init__(self) -> None:
        check_options(self, f"decision rule {self.name}")

    @abstractmethod
    def fit(self, scores: np.ndarray, targets: np.ndarray, *, fitted_on: str = "") -> Decision:
        """Return the decision for these scores.

        Args:
            scores: N×L matrix in [0, 1], float32 or float64.
            targets: N×L matrix of 1, 0, and -1 for unknown; unknown cells take no part.
            fitted_on: What the scores are, in words, for the record.

        Raises:
            ScoresError: Scores or targets are wrong, or there is nothing to fit on.
        """

    def options(self) -> dict[str, Any]:
        """Return the options as JSON values."""
        return dataclasses.asdict(self)
