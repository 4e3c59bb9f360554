"""Changing the order in which labels are asked for, for a whole batch with one copy to the host and one back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from corelate.losses.sequence_loss import label_counts

# Stands for costs that are not finite, which SciPy refuses. The loss itself is computed without it and shows them.
LARGEST_COST = 1e30

Order = Callable[[np.ndarray, list[int]], "Sequence[int] | np.ndarray"]


def cheapest(costs: np.ndarray) -> np.ndarray:
    """Return for each row of a square matrix its column in the assignment with the smallest sum."""
    columns: np.ndarray = linear_sum_assignment(costs)[1]
    return columns


def realign(log_probabilities: Tensor, sequences: Tensor, order: Order, hits: Tensor | None = None) -> Tensor:
    """Return the sequences with the labels of each picture that has two or more in the order that `order` chooses.

    Args:
        log_probabilities: B×T×(L+1), float32 or float64, without gradient.
        sequences: B×T, int64.
        order: Called for each such picture with its costs (n×n: -log p of step j for the label at place k of the
            given sequence) and its row of `hits`; returns n places, the one whose label each step asks for.
        hits: B×S, int64, passed on to `order`, if it needs them.

    Returns:
        B×T, int64.
    """
    pictures, steps = sequences.shape
    most = steps - 1  # labels in one picture; the longest need not be looked up, which would be one more wait
    if most < 2:
        return sequences
    counts = label_counts(sequences, log_probabilities.shape[2] - 1).clamp_(max=most)
    costs = step_costs(log_probabilities, sequences)
    # Places and counts are small enough to be exact as floats, so that all goes over at once.
    parts = [counts.unsqueeze(1), costs.flatten(1)] + ([] if hits is None else [hits])
    host = torch.cat([part.to(costs.dtype) for part in parts], 1).cpu().numpy()
    host_costs = host[:, 1 : 1 + most * most].reshape(pictures, most, most)
    host_hits = host[:, 1 + most * most :].astype(np.int64).tolist()
    places = np.tile(np.arange(steps), (pictures, 1))
    for row, count in enumerate(host[:, 0].astype(np.int64).tolist()):
        if count > 1:
            places[row, :count] = order(host_costs[row, :count, :count], host_hits[row])
    return sequences.gather(1, torch.from_numpy(places).to(sequences.device))


def step_costs(log_probabilities: Tensor, sequences: Tensor) -> Tensor:
    """Return -log p of step j for the token at place k, B×(T-1)×(T-1), all finite."""
    most = sequences.shape[1] - 1
    tokens = sequences[:, :most].unsqueeze(1).expand(-1, most, -1)
    costs = log_probabilities[:, :most].gather(2, tokens).neg_()
    return costs.nan_to_num_(nan=LARGEST_COST, posinf=LARGEST_COST).clamp_(max=LARGEST_COST)
