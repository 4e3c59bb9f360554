"""Dividing pictures between training and evaluation: at random from a seed, and never through a group.

A group is what must stay together, such as the variants of one photograph. The order of the random numbers is that of
the PCG64 bit generator, which NumPy keeps the same in all versions, so that a seed gives the same division everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.originals import original_rows
from corelate.errors import OptionError

# Shares such as 0.1, 0.2 and 0.7 are not quite 1 together.
_ROUNDING = 1e-9
_NUMBERS = {2: "two", 3: "three"}


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
    check_fraction(fraction)
    held_out, training = parts(pictures, (fraction, 1 - fraction), seed)
    return Division(training, held_out)


def parts(pictures: AnnotationSet | int, shares: Sequence[float], seed: int = 0) -> list[np.ndarray]:
    """Divide the pictures into parts of given shares.

    Args:
        pictures: The set, or only how many pictures there are.
        shares: Share of each part, above 0, together 1. Sizes are the nearest whole numbers of pictures (with groups:
            the nearest that whole groups allow), but at least one (group).
        seed: Chooses the division.

    Returns:
        For each part its rows, ascending, int64.

    Raises:
        OptionError: The shares can't be, or there are fewer pictures (or groups) than parts.
    """
    check_shares(shares)
    groups, sizes = group_numbers(pictures)
    if len(sizes) < len(shares):
        needed = _NUMBERS.get(len(shares), len(shares))
        raise OptionError(f"can't divide {describe_groups(groups, sizes)}; at least {needed} are needed")
    order = _random_order(len(sizes), seed)
    reached = np.cumsum(sizes[order])
    bounds = [0]
    for part in range(1, len(shares)):
        # At least one group for this part, and for each that follows.
        possible = slice(bounds[-1], len(sizes) - (len(shares) - part))
        wanted = math.fsum(shares[:part]) * len(groups)
        bounds.append(bounds[-1] + 1 + int(np.argmin(np.abs(reached[possible] - wanted))))
    bounds.append(len(sizes))
    part_of = np.empty(len(sizes), dtype=np.int64)
    for part in range(len(shares)):
        part_of[order[bounds[part] : bounds[part + 1]]] = part
    return [np.flatnonzero(part_of[groups] == part) for part in range(len(shares))]


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
    groups, sizes = group_numbers(pictures)
    check_fold_count(k, groups, sizes)
    order = _random_order(len(sizes), seed)
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(k, dtype=np.int64)
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for group in order:
        fold_of[group] = np.argmin(filled)
        filled[fold_of[group]] += sizes[group]
    return [_division(groups, np.flatnonzero(fold_of == fold)) for fold in range(k)]


def group_numbers(pictures: AnnotationSet | int) -> tuple[np.ndarray, np.ndarray]:
    """Return the group number of each picture, and the size of each group; without groups each is its own.

    A generated picture is in the group of its original.
    """
    if isinstance(pictures, AnnotationSet) and pictures.originals is not None:
        return _with_variants(pictures)
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


def _with_variants(pictures: AnnotationSet) -> tuple[np.ndarray, np.ndarray]:
    homes = original_rows(pictures)
    numbers, _ = group_numbers(replace(pictures, originals=None))
    alone = homes < 0
    numbers = np.where(alone, numbers.max(initial=0) + np.cumsum(alone), numbers[homes])
    _, numbers, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
    return numbers.reshape(-1), sizes.astype(np.int64)


def cut_groups(pictures: AnnotationSet, side_of: np.ndarray) -> list[str]:
    """Return the groups that have pictures on more than one side, sorted.

    Args:
        pictures: The set.
        side_of: The side of each picture: any values that can be compared.
    """
    if pictures.groups is None:
        return []
    named = pictures.groups != ""
    names, groups = np.unique(pictures.groups[named], return_inverse=True)
    sides = np.unique(side_of[named], return_inverse=True)[1].reshape(-1)
    pairs = np.unique(np.stack([groups.reshape(-1), sides]), axis=1)
    return [str(name) for name in names[np.bincount(pairs[0], minlength=len(names)) > 1]]


def check_fraction(fraction: float) -> None:
    """Refuse what is no share to hold out.

    Raises:
        OptionError: It is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise OptionError(f"fraction {fraction} to hold out: expected a number between 0 and 1, both excluded")


def check_shares(shares: Sequence[float]) -> None:
    """Refuse shares that are none.

    Raises:
        OptionError: There are fewer than two, one is not above 0, or they are not 1 together.
    """
    if len(shares) < 2 or not all(share > 0 for share in shares) or abs(math.fsum(shares) - 1) > _ROUNDING:
        listed = ", ".join(f"{share:g}" for share in shares)
        raise OptionError(f"shares {listed or 'none'}: expected at least two numbers above 0, together 1")


def check_fold_count(k: int, groups: np.ndarray, sizes: np.ndarray) -> None:
    """Refuse a number of folds that can't be filled.

    Raises:
        OptionError: k is below 2, or there are fewer groups than folds.
    """
    if not 2 <= k <= len(sizes):
        raise OptionError(
            f"{k} folds of {describe_groups(groups, sizes)}: give at least 2 and at most one fold for each"
        )


def raw_numbers(seed: int) -> np.random.PCG64:
    """Return a source of random numbers that is the same in all versions of NumPy, by its `random_raw`.

    Raises:
        OptionError: The seed is below 0.
    """
    if seed < 0:
        raise OptionError(f"seed {seed}: expected 0 or more")
    return np.random.PCG64(seed)


def _random_order(count: int, seed: int) -> np.ndarray:
    # Sorting raw numbers, and not Generator.permutation, whose algorithm NumPy may change.
    return np.argsort(raw_numbers(seed).random_raw(count), kind="stable")


def _division(groups: np.ndarray, held_out_groups: np.ndarray) -> Division:
    held_out = np.isin(groups, held_out_groups)
    return Division(np.flatnonzero(~held_out), np.flatnonzero(held_out))


def describe_groups(groups: np.ndarray, sizes: np.ndarray) -> str:
    """Say how many pictures there are, and in how many groups."""
    return f"{len(groups)} pictures" if len(sizes) == len(groups) else f"{len(groups)} pictures in {len(sizes)} groups"
