"""Dividing pictures so that every part has its share of each label, and never through a group.

Random divisions leave rare labels to chance: of ten pictures with a label, one of five folds has none in every second
division. Iterative stratification gives the rarest labels away first; exchanges then even out sizes and what is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.splits import Division, check_fold_count, check_fraction, check_shares, describe_groups
from corelate.data.stratification.evening import even_out
from corelate.data.stratification.iterative import Ties, assign_iteratively
from corelate.data.stratification.units import Units
from corelate.errors import OptionError

__all__ = ["stratified_folds", "stratified_holdout", "stratified_parts"]


def stratified_folds(pictures: AnnotationSet, k: int, seed: int = 0) -> list[Division]:
    """Divide the pictures into k folds that are alike in their labels, each held out once.

    The folds differ by one picture at most; with groups by no more than the largest group.

    Args:
        pictures: The set; labels that are unknown don't count.
        k: The number of folds, from 2 to the number of pictures (or groups).
        seed: Decides between what is equally good.

    Raises:
        OptionError: k is out of range.

    Source:
        Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data, ECML PKDD 2011, and exchanges
        after it (docs/splits.md).
    """
    units = Units.from_pictures(pictures)
    check_fold_count(k, units.unit_of, units.sizes)
    parts = _stratify(units, np.ones(k, dtype=np.int64), seed)
    return [Division(np.flatnonzero(parts != fold), np.flatnonzero(parts == fold)) for fold in range(k)]


def stratified_holdout(pictures: AnnotationSet, fraction: float, seed: int = 0) -> Division:
    """Hold out a fraction of the pictures with the same fraction of each label, as near as whole pictures allow.

    Args:
        pictures: The set; labels that are unknown don't count.
        fraction: Share to hold out, between 0 and 1; the nearest whole number of pictures, but at least one on either
            side. With groups the number is off by half of the largest group at most, unless a side has one group only.
        seed: Decides between what is equally good.

    Raises:
        OptionError: The fraction is not between 0 and 1, or there are fewer than two pictures (or groups).
    """
    check_fraction(fraction)
    held_out, training = stratified_parts(pictures, (fraction, 1 - fraction), seed)
    return Division(training, held_out)


def stratified_parts(pictures: AnnotationSet, shares: Sequence[float], seed: int = 0) -> list[np.ndarray]:
    """Divide the pictures into parts of given shares, each with its share of each label.

    Args:
        pictures: The set; labels that are unknown don't count.
        shares: Share of each part, above 0, together 1.
        seed: Decides between what is equally good.

    Returns:
        For each part its rows, ascending, int64.

    Raises:
        OptionError: The shares can't be, or there are fewer pictures (or groups) than parts.
    """
    check_shares(shares)
    units = Units.from_pictures(pictures)
    if len(units) < len(shares):
        described = describe_groups(units.unit_of, units.sizes)
        raise OptionError(f"can't divide {described}; at least {len(shares)} are needed")
    parts = _stratify(units, _whole_sizes(units.picture_count, shares), seed)
    return [np.flatnonzero(parts == part) for part in range(len(shares))]


def _stratify(units: Units, weights: np.ndarray, seed: int) -> np.ndarray:
    """Return the part of each picture."""
    ties = Ties.draw(len(units), units.label_count, seed)
    part_of = assign_iteratively(units, weights, ties)
    return even_out(units, part_of, weights, ties.unit_rank)[units.unit_of]


def _whole_sizes(count: int, shares: Sequence[float]) -> np.ndarray:
    """Return the nearest whole numbers of pictures, at least one for each part."""
    bounds = [0]
    for part in range(1, len(shares)):
        nearest = math.ceil(math.fsum(shares[:part]) * count - 0.5)
        bounds.append(min(max(nearest, bounds[-1] + 1), count - (len(shares) - part)))
    return np.diff([*bounds, count]).astype(np.int64)
