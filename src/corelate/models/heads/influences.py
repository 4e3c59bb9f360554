"""How labels move each other's logits on one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Influences:
    """What each label did, through the last graph of a head, to some logits of one picture.

    A label *says nothing* when its column of the graph is zero: nobody, itself included, hears what it has to say in
    this graph. What it said in earlier layers stays in what others say.

    Attributes:
        contributions: K×L; a logit less what it is when one label says nothing.
        weights: K×L; how much each of the K labels listens to each label: the rows of the graph.
        base: K; the logits when no label says anything.
        logits: K; the logits.
        parts: What `base` is the sum of, K numbers each, by name.
        adds_up: Whether `base` and a row of contributions are exactly the logit, as where nothing bends the sum.
    """

    contributions: torch.Tensor
    weights: torch.Tensor
    base: torch.Tensor
    logits: torch.Tensor
    parts: Mapping[str, torch.Tensor] = field(default_factory=dict)
    adds_up: bool = True
