"""How often each picture is learned from in an epoch: weights as counts that are right on average."""

from __future__ import annotations

import math

import numpy as np

from corelate.training.randomness import derived_seed, permutation

# Sums of weights such as 0.3 are not quite what they should be.
_DIGITS = 9


def least_draws(weights: np.ndarray) -> int:
    """Return how many pictures an epoch has at least: the sum of the weights, rounded down; some have one more."""
    whole = np.floor(weights)
    return int(whole.sum()) + math.floor(round(float((weights - whole).sum()), _DIGITS))


def draw_pictures(weights: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """Draw the pictures of one epoch; the same seed and epoch give the same.

    A picture of weight 2.3 comes twice in every epoch, and a third time in 30 of 100. What the weights have beyond
    whole numbers is laid end to end in a drawn order, and marks at a distance of 1 choose what they fall on
    (systematic sampling): each picture's chance is exact, and epochs differ by one picture at most.

    Args:
        weights: N numbers, 0 or more.
        seed: The run's seed.
        epoch: The epoch.

    Returns:
        Numbers of pictures, ascending; that of a repeat is the picture's plus N, of the next plus 2 N, and so on.
    """
    count = len(weights)
    copies = np.floor(weights).astype(np.int64)
    order = permutation(count, seed, "weighted pictures", epoch)
    ends = np.round(np.cumsum((weights - copies)[order]), _DIGITS)
    # The upper 53 of 63 bits: a float below 1.
    first_mark = (derived_seed(seed, "weights", epoch) >> 10) / (1 << 53)
    passed = np.floor(np.concatenate([[0.0], ends]) + first_mark)
    copies[order[np.diff(passed) > 0]] += 1
    numbers = np.repeat(np.arange(count), copies)
    before = np.repeat(np.cumsum(copies) - copies, copies)
    return np.sort(numbers + count * (np.arange(len(numbers)) - before))
