"""A decision in which every tag brings the labels that it implies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from corelate.decisions.base import Decision

if TYPE_CHECKING:
    from corelate.data.curation import LabelHierarchy


@dataclass(frozen=True, eq=False, kw_only=True)
class WithParents(Decision):
    """Another decision's tags, and all that they imply.

    It is saved as the other decision is: the hierarchy belongs to the annotator's labels, and is kept with those.

    Attributes:
        decision: Decides first, on scores that the hierarchy has raised.
        hierarchy: Which labels imply which.
    """

    decision: Decision
    hierarchy: LabelHierarchy
    rule: str = field(init=False)
    options: dict[str, Any] = field(init=False)
    fitted_on: str = field(init=False)

    kind: ClassVar[str] = "with_parents"

    def __post_init__(self) -> None:
        for name in ("rule", "options", "fitted_on"):
            object.__setattr__(self, name, getattr(self.decision, name))

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the other decision's tags and their parents; see `Decision.decide`."""
        return self.hierarchy.with_parents(self.decision.decide(scores))

    def to_json(self) -> dict[str, Any]:
        """Return the other decision as JSON values."""
        return self.decision.to_json()


def with_parents(decision: Decision, hierarchy: LabelHierarchy | None) -> Decision:
    """Return a decision whose tags bring their parents; where no label implies another, the decision itself."""
    return WithParents(decision=plain(decision), hierarchy=hierarchy) if hierarchy else decision


def with_parents_as(decision: Decision, example: Decision) -> Decision:
    """Return a decision whose tags bring their parents if those of `example` do."""
    return with_parents(decision, example.hierarchy) if isinstance(example, WithParents) else decision


def plain(decision: Decision) -> Decision:
    """Return the decision whose tags bring nothing."""
    return decision.decision if isinstance(decision, WithParents) else decision
