"""From targets to the sequences of tokens that a decoder learns to write."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

ORDERS = ("rare_first", "frequent_first", "given")


def frequency_ranks(label_frequencies: Any, labels: int) -> Tensor:
    """Return each label's rank by training frequency, int64 of length L; equal frequencies share a rank, 0 the rarest.

    Args:
        label_frequencies: Share of the training pictures that have each label; None where they will be loaded.
        labels: L.
    """
    if label_frequencies is None:
        return torch.zeros(labels, dtype=torch.int64)
    _, ranks = np.unique(np.asarray(label_frequencies), return_inverse=True)
    return torch.from_numpy(ranks.astype(np.int64).reshape(labels))


def sequences_of(targets: Tensor, ranks: Tensor, order: str, max_labels: int) -> Tensor:
    """Return the tokens of each picture: its labels in order, then stop to the end.

    Args:
        targets: B×L; above 0 where a picture has a label, and then the label's place in the picture's list.
        ranks: Of the labels, by frequency (`frequency_ranks`).
        order: ``rare_first`` or ``frequent_first``, where labels of one frequency keep their places; or ``given``.
        max_labels: A longer list is cut to its first labels in this order.

    Returns:
        B×T, int64: labels 0 … L-1 and stop, which is L. T is one more than the labels of the longest list.
    """
    labels = targets.shape[1]
    present = targets > 0
    length = min(int(present.sum(1).max()) if len(targets) else 0, max_labels)
    # One whole number holds the sort keys from first to last: rank, place, column.
    places = targets.to(torch.int64).clamp(0, labels)
    columns = torch.arange(labels, device=targets.device)
    first = {"rare_first": ranks, "frequent_first": labels - ranks, "given": torch.zeros_like(ranks)}[order]
    keys = (first * (labels + 1) + places) * labels + columns
    keys = keys.masked_fill(~present, torch.iinfo(torch.int64).max)
    _, tokens = keys.topk(length, dim=1, largest=False)
    tokens = tokens.masked_fill(~present.gather(1, tokens), labels)
    return torch.cat([tokens, tokens.new_full((len(targets), 1), labels)], dim=1)


def padded(sequences: Tensor, length: int, stop: int) -> Tensor:
    """Return the sequences B×T with stops added up to `length` tokens."""
    missing = length - sequences.shape[1]
    if missing <= 0:
        return sequences
    return torch.cat([sequences, sequences.new_full((len(sequences), missing), stop)], dim=1)
