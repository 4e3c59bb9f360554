"""What is to be seen in drawings of label graphs, in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corelate.explain.graph.neighbourhood import MOST_ASKED

if TYPE_CHECKING:
    from corelate.explain.graph.neighbourhood import LabelNeighbourhood
    from corelate.explain.graph.tag_influences import TagInfluences

NAMED = 6
"""How many labels a line names at most."""


def describe_neighbourhood(near: LabelNeighbourhood) -> list[str]:
    """Return lines about a part of a label graph: where it is from, and what each chosen label goes with."""
    lines = [f"Label graph: {near.about}"]
    if not near.named:
        kind = (
            "Around the most frequent labels with edges" if len(near.edges) else "No label has an edge; most frequent"
        )
        lines.append(f"{kind}: {', '.join(near.chosen)}; choose others with --around")
    for number, label in enumerate(near.chosen):
        lines += _label_lines(near, number, label)
    if len(near.labels) == 1 and not near.left_out and not len(near.edges):
        lines.append(f"{near.labels[0]} has no edges: no other label goes with it often enough, or there is none")
    if near.left_out:
        shown = len(near.labels) - len(near.chosen)
        every = shown + near.left_out
        hint = f"--most {every} draws all" if every <= MOST_ASKED else f"--most draws up to {MOST_ASKED}"
        lines.append(f"Drawn are {shown} of {every} neighbours, the surest ({hint})")
    if near.loops.any():
        low, high = near.loops.min(), near.loops.max()
        weight = f"{low:.2f}" if np.isclose(low, high, atol=5e-3) else f"{low:.2f} to {high:.2f}"
        lines.append(f"Not drawn: each label also listens to itself, with weight {weight}")
    return lines


def _label_lines(near: LabelNeighbourhood, number: int, label: str) -> list[str]:
    """Return what follows from a label, and what it follows from; the surest first."""
    edges = near.edges
    shown, places_shown = (edges.weights, 3) if edges.probabilities is None else (edges.probabilities, 2)
    order = np.argsort(-edges.evidence, kind="stable")
    lines = []
    for near_end, far_end, words in (
        (edges.conditions, edges.implied, "implies"),
        (edges.implied, edges.conditions, "follows from"),
    ):
        places = [place for place in order.tolist() if near_end[place] == number]
        named = [f"{near.labels[far_end[place]]} {shown[place]:.{places_shown}f}" for place in places[:NAMED]]
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        if named:
            lines.append(f"{label} {words}: {', '.join(named)}{more}")
    return lines


def describe_influences(found: TagInfluences) -> list[str]:
    """Return lines about the tags of a picture: which labels raised and lowered each, and what that means."""
    lines = [f"{found.picture}, head {found.head}"]
    for number, tag in enumerate(found.tags):
        given = "given" if found.predicted[number] else "not given"
        lines.append(
            f"{tag}: logit {found.logits[number]:+.3f}, score {found.scores[number]:.3f}, "
            f"threshold {found.thresholds[number]:.3f}: {given}"
        )
        lines += [f"  {line}" for line in _moved_lines(found, number)]
    if found.left_out:
        lines.append(f"{found.left_out} more tags were given; choose them with --tag")
    return [*lines, _meaning(found)]


def _moved_lines(found: TagInfluences, number: int) -> list[str]:
    moved, own = found.contributions[number], found.columns()[number]
    parts = [f"{name} {signed(values[number])}" for name, values in found.parts.items()]
    lines = [", ".join([*parts, f"itself {signed(moved[own])}"])]
    others = np.array([column for column in range(len(moved)) if column != own], dtype=np.int64)
    for words, sign in (("raised by", 1), ("lowered by", -1)):
        there = others[sign * moved[others] > 0]
        there = there[np.argsort(-np.abs(moved[there]), kind="stable")]
        if len(there):
            named = [f"{found.labels[column]} {signed(moved[column])}" for column in there[:NAMED].tolist()]
            more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
            lines.append(f"{words}: {', '.join(named)}{more}")
    if len(lines) == 1:
        lines.append("listens to no other label")
    if not found.adds_up:
        lines.append(f"what labels do only together: {signed(found.together[number])}")
    return lines


def signed(value: float) -> str:
    """Return a part of a logit with three decimals, or with one digit where that would hide it."""
    return f"{value:+.3f}" if abs(value) >= 0.0005 or value == 0 else f"{value:+.1g}"


def _meaning(found: TagInfluences) -> str:
    if found.adds_up:
        return (
            "A tag's classifier is a sum of its neighbours' vectors, its own included. A label raises the tag where "
            "the picture fits that label's vector, whether or not the label is in the picture. The shares add up to "
            "the logit."
        )
    return (
        "What a label did is the logit less what it is when the label says nothing in the picture's graph. That does "
        "not add up to the logit: leaky ReLUs stand behind the graph."
    )
