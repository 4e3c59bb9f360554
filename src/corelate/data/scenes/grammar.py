"""Which labels a scene has: a table of rules, in which things go together as they do in photographs.

The labels are decided in the order of the table. For each, the first of its rules whose conditions hold gives its
probability; with no such rule it is absent. So a boat needs water, the moon needs a night sky, and a beach is likely
where there is a sea.

Some rules make a label *hidden*: it belongs to the scene, yet with that probability nothing of it is drawn, as
photographs are tagged with what their takers knew to be there. Wherever a label may be hidden it is nearly certain, so
that somebody who knows how labels go together can tell that it holds without seeing it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    Attributes:
        label: The label it decides.
        probability: Of the label, when the conditions hold.
        given: Labels that the scene must have.
        without: Labels that it must not have.
        hidden: Probability that the label, where it holds, is not drawn.
    """

    label: str
    probability: float
    given: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    hidden: float = 0.0


RULES = (
    # A picture without sky looks down at the ground or at the water.
    Rule("sky", 0.72),
    Rule("night", 0.24, given=("sky",)),
    Rule("sea", 0.34),
    Rule("lake", 0.16, without=("sea",)),
    Rule("beach", 0.50, given=("sea",)),
    Rule("mountain", 0.75, given=("sky", "lake")),
    Rule("mountain", 0.12, given=("sky", "sea")),
    Rule("mountain", 0.28, given=("sky",)),
    Rule("snow", 0.92, given=("mountain", "lake"), hidden=0.40),
    Rule("snow", 0.35, given=("mountain",)),
    Rule("field", 0.55, without=("sea", "lake")),
    Rule("tree", 0.72, given=("field",)),
    Rule("tree", 0.65, given=("lake",)),
    Rule("tree", 0.12, given=("sea",)),
    Rule("tree", 0.40),
    Rule("house", 0.40, without=("sea", "lake")),
    Rule("house", 0.15, given=("lake",)),
    Rule("road", 0.62, given=("house",), without=("lake",)),
    Rule("road", 0.22, without=("sea", "lake")),
    Rule("car", 0.92, given=("house", "road"), hidden=0.40),
    Rule("car", 0.40, given=("road",)),
    Rule("people", 0.92, given=("beach",), without=("night",), hidden=0.40),
    Rule("people", 0.25, given=("house",)),
    Rule("people", 0.08),
    Rule("flower", 0.28, given=("field",)),
    Rule("flower", 0.05, without=("sea",)),
    Rule("boat", 0.42, given=("sea",)),
    Rule("boat", 0.30, given=("lake",)),
    Rule("bird", 0.92, given=("boat", "sea"), without=("night",), hidden=0.40),
    Rule("bird", 0.10, given=("sky",), without=("night",)),
    Rule("lighthouse", 0.10, given=("sky", "sea")),
    Rule("cloud", 0.25, given=("night",)),
    Rule("cloud", 0.48, given=("sky",)),
    Rule("sun", 0.42, given=("sky",), without=("night",)),
    Rule("moon", 0.50, given=("night",)),
    Rule("stars", 0.95, given=("night",), without=("cloud",), hidden=0.40),
    Rule("stars", 0.25, given=("night",)),
    Rule("rainbow", 0.16, given=("sun", "cloud")),
)

LABELS = tuple(dict.fromkeys(rule.label for rule in RULES))
"""The vocabulary of every set of scenes, in column order."""


@dataclass(frozen=True)
class Scene:
    """What a scene shows.

    Attributes:
        labels: The labels it has, in the order of `LABELS`.
        hidden: Those of them that are not drawn.
    """

    labels: tuple[str, ...]
    hidden: frozenset[str]

    def shows(self, label: str) -> bool:
        """Tell whether the scene has a label and draws it."""
        return label in self.labels and label not in self.hidden


def compose(seed: int, index: int) -> Scene:
    """Return the scene with a number, out of the endless series that a seed stands for."""
    chance = random.Random(f"labels of scene {index} of series {seed}")
    labels: list[str] = []
    hidden = set()
    for label in LABELS:
        # Two numbers for every label, so that a change to one rule leaves the other labels as they were.
        holds, hides = chance.random(), chance.random()
        rule = _matching_rule(label, labels)
        if rule is not None and holds < rule.probability:
            labels.append(label)
            if hides < rule.hidden:
                hidden.add(label)
    return Scene(tuple(labels), frozenset(hidden))


def _matching_rule(label: str, present: list[str]) -> Rule | None:
    for rule in RULES:
        has_given = all(other in present for other in rule.given)
        if rule.label == label and has_given and not any(other in present for other in rule.without):
            return rule
    return None
