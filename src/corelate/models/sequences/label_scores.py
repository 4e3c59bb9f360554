"""From what a search found to one score for each label."""

from __future__ import annotations

import torch
from torch import Tensor

from corelate.models.sequences.beam_search import Found

SCORES = ("chance", "beams", "found")
# Keeps scores of labels that were found, and of others, off the half itself, whatever arithmetic they go through.
GAP = 1e-4


def label_scores(found: Found, kind: str) -> Tensor:
    """Return a score in [0, 1] of each label, B×L.

    Args:
        found: What the search found.
        kind: ``chance``: the probability that the label is written, as far as the search looked; ``beams``: the share
            of the probability of all sequences found that belongs to those with the label; ``found``: as
            ``chance``, but brought into the upper half for labels of the best sequence and into the lower for others.
    """
    if kind == "beams":
        return beam_shares(found)
    chances = found.chances.clamp(max=1)  # sums of rounded numbers
    if kind == "chance":
        return chances
    best = membership(found)[:, 0]
    return (0.5 - GAP) * chances + (0.5 + GAP) * best


def beam_shares(found: Found) -> Tensor:
    """Return the share of the found sequences' probability that belongs to those with each label, B×L."""
    shares = torch.einsum("bk,bkl->bl", torch.softmax(found.ranking, dim=1), membership(found))
    return shares.clamp(max=1)


def membership(found: Found) -> Tensor:
    """Return 1 where a sequence has a label and else 0, B×K×L."""
    labels, count = found.labels, found.chances.shape[1]
    members = torch.zeros(*labels.shape[:2], count + 1, dtype=found.ranking.dtype, device=labels.device)
    return members.scatter(2, labels, 1.0)[:, :, :count]
