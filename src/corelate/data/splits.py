"""Dividing pictures between training and evaluation: at random from a seed, and never through a group.

A group is what must stay together, such as the variants of one photograph. The order of the random numbers is that of
the PCG64 bit generator, which NumPy keeps the same in all versions, so that a seed gives the same division everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.errors import OptionError


class Division(NamedTuple):
    """Rows on the two sides of a division, each ascending, int64."""

    training: np.ndarray
    held_out: np.ndarray


def holdout(pictures: AnnotationSet | int, fraction: float, seed: int = 0) -> Division:
    """Hold out a fraction of the pictures.

    Args:
        pictures: The set, or only how many pictures there are.
        fraction: Share to hold out, between 0 and 1; the nearest whole number of pictures (with groups: the nearest
            that whole groups allow), but at least one (group) on either side.
        seed: Chooses the division.

    Raises:
        OptionError: The fraction is not between 0 and 1, or there are fewer than two pictures (or groups).

    Example:
        >>> holdout(6, 1 / 3, seed=1)
        Division(training=array([0, 1, 3, 5]), held_out=array([2, 4]))
    """
    if not 0 < fraction < 1:
        raise OptionError(f"fraction {fraction} to hold out: expected a number between 0 and 1, both excluded")
    groups, sizes = _groups_of(pictures)
    if len(sizes) < 2:
        raise OptionError(f"can't divide {_described(groups, sizes)}; at least two are needed")
    order = _random_order(len(sizes), seed)
    reached = np.cumsum(sizes[order])[:-1]
    count = 1 + int(np.argmin(np.abs(reached - fraction * len(groups))))
    return _division(groups, order[:count])


def folds(pictures: AnnotationSet | int, k: int, seed: int = 0) -> list[Division]:
    """Divide the pictures into k folds, each held out once.

    The folds differ by one picture at most; with groups they are as even as whole groups allow, filled from the
    largest group to the smallest.

    Args:
        pictures: The set, or only how many pictures there are.
        k: The number of folds, from 2 to the number of pictures (or groups).
        seed: Chooses the division.

    Raises:
        OptionError: k is out of range.
    """
    groups, sizes = _groups_of(pictures)
    if not 2 <= k <= len(sizes):
        raise OptionError(f"{k} folds of {_described(groups, sizes)}: give at least 2 and at most one fold for each")
    order = _random_order(len(sizes), seed)
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(k, dtype=np.int64)
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for group in order:
        fold_of[group] = np.argmin(filled)
        filled[fold_of[group]] += sizes[group]
    return [_division(groups, np.flatnonzero(fold_of == fold)) for fold in range(k)]


def _groups_of(pictures: AnnotationSet | int) -> tuple[np.ndarray, np.ndarray]:
    """Return the group number of each picture, and the size of each group; without groups each is its own."""
    groups = pictures.groups if isinstance(pictures, AnnotationSet) else None
    if groups is None:
        count = len(pictures) if isinstance(pictures, AnnotationSet) else int(pictures)
        return np.arange(count), np.ones(count, dtype=np.int64)
    # A picture whose group is empty belongs to none: it gets a number of its own.
    alone = groups == ""
    names, numbers = np.unique(groups, return_inverse=True)
    numbers = np.where(alone, len(names) + np.cumsum(alone), numbers.reshape(-1))
    _, numbers, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
    return numbers.reshape(-1), sizes.astype(np.int64)


def _random_order(count: int, seed: int) -> np.ndarray:
    if seed < 0:
        raise OptionError(f"seed {seed}: expected 0 or more")
    # Sorting raw numbers, and not Generator.permutation, whose algorithm NumPy may change.
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")


def _division(groups: np.ndarray, held_out_groups: np.ndarray) -> Division:
    held_out = np.isin(groups, held_out_groups)
    return Division(np.flatnonzero(~held_out), np.flatnonzero(held_out))


def _described(groups: np.ndarray, sizes: np.ndarray) -> str:
    return f"{len(groups)} pictures" if len(sizes) == len(groups) else f"{len(groups)} pictures in {len(sizes)} groups"
