"""Iterative stratification as it was published: the rarest label first, each picture where its label is wanted most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from corelate.data.splits import raw_numbers
from corelate.data.stratification.units import Units

_NONE = -1
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Ties:
    """Random numbers that decide wherever the algorithm leaves a choice.

    Attributes:
        unit_rank: Place of each unit in a random order; of units with a label, those with most pictures of it go
            first, and equals in this order.
        label_order: All labels in a random order; of labels that are equally rare the first is taken.
        choices: For each unit a number; of m parts that want it equally, the one at place ``number mod m`` gets it.
    """

    unit_rank: np.ndarray
    label_order: np.ndarray
    choices: np.ndarray

    @classmethod
    def draw(cls, unit_count: int, label_count: int, seed: int) -> Ties:
        """Return the numbers that a seed gives."""
        numbers = raw_numbers(seed)
        rank = np.empty(unit_count, dtype=np.int64)
        rank[np.argsort(numbers.random_raw(unit_count), kind="stable")] = np.arange(unit_count)
        choices = numbers.random_raw(unit_count)
        return cls(rank, np.argsort(numbers.random_raw(label_count), kind="stable"), choices)


def assign_iteratively(units: Units, weights: np.ndarray, ties: Ties) -> np.ndarray:
    """Give every unit to a part, so that each label is divided as the parts are.

    The label with the fewest units that are not yet given away is taken. Each of them goes to the part that wants most
    pictures of this label; of several such parts to the one that wants most pictures. What a part wants is its share of
    all, less what it has. Units without labels follow at the end, and go where most pictures are wanted.

    Args:
        units: What is divided.
        weights: The share of each part as whole numbers, int64; folds have 1 each.
        ties: Decides where several labels, units or parts are equal.

    Returns:
        The part of each unit, int64.

    Source:
        Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data, ECML PKDD 2011, algorithm 1. There
        are no groups in it: here a group is one example that has a number of each label, and a size.
    """
    part_of = np.full(len(units), _NONE, dtype=np.int64)
    # Wants are kept as whole numbers, times the sum of all weights: sums of fractions would make equal wants unequal.
    whole = int(weights.sum())
    room = (weights * units.picture_count).tolist()
    by_label = _UnitsByLabel(units, ties)
    totals = units.label_totals()
    while (label := by_label.rarest()) is not None:
        holders, counts = by_label.holders(label)
        parts = part_of[holders]
        given = parts != _NONE
        have = np.zeros(len(weights), dtype=np.int64)
        np.add.at(have, parts[given], counts[given])
        wanted = (weights * totals[label] - whole * have).tolist()
        new = holders[~given]
        queue = _queue(new, whole * counts[~given], whole * units.sizes[new], ties)
        part_of[new] = [_give(unit, wanted, room) for unit in queue]
        by_label.take(new)
    left = np.flatnonzero(part_of == _NONE)
    left = left[np.lexsort((ties.unit_rank[left], -units.sizes[left]))]
    nothing = [0] * len(weights)
    part_of[left] = [_give(unit, nothing, room) for unit in _queue(left, 0 * left, whole * units.sizes[left], ties)]
    return part_of


class _Waiting(NamedTuple):
    """A unit that is to be given away: its pictures with the label, and all, as wants count them."""

    marks: int
    pictures: int
    choice: int


def _queue(units: np.ndarray, counts: np.ndarray, sizes: np.ndarray, ties: Ties) -> Iterator[_Waiting]:
    return map(_Waiting, counts.tolist(), sizes.tolist(), ties.choices[units].tolist())


def _give(unit: _Waiting, wanted: list[int], room: list[int]) -> int:
    """Return the part that gets a unit, and note it in what the parts want of the label and of pictures."""
    most = max(wanted)
    candidates = [part for part, want in enumerate(wanted) if want == most]
    if len(candidates) > 1:
        most = max(room[part] for part in candidates)
        candidates = [part for part in candidates if room[part] == most]
    part = candidates[unit.choice % len(candidates)]
    wanted[part] -= unit.marks
    room[part] -= unit.pictures
    return part


class _UnitsByLabel:
    """The units that hold each label, and how many of them are not yet given away."""

    def __init__(self, units: Units, ties: Ties) -> None:
        self._units = units
        self._label_order = ties.label_order
        self._place = np.empty(units.label_count, dtype=np.int64)
        self._place[ties.label_order] = np.arange(units.label_count)
        holders = units.cell_units()
        order = np.lexsort((ties.unit_rank[holders], -units.counts, units.columns))
        self._holders, self._counts = holders[order], units.counts[order]
        waiting = np.bincount(units.columns, minlength=units.label_count)
        self._starts = np.concatenate([[0], np.cumsum(waiting)])
        # In the random order of the labels, so that the first of the smallest is the label to take.
        self._waiting = waiting[ties.label_order]

    def rarest(self) -> int | None:
        """Return the label with the fewest units that wait, but one at least; None when there is none."""
        place = int(np.argmin(np.where(self._waiting > 0, self._waiting, _NEVER)))
        return int(self._label_order[place]) if self._waiting[place] else None

    def holders(self, label: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the units with a label, and how many of their pictures have it."""
        cells = slice(self._starts[label], self._starts[label + 1])
        return self._holders[cells], self._counts[cells]

    def take(self, units: np.ndarray) -> None:
        """Note that units are given away."""
        self._waiting -= np.bincount(self._place[self._units.columns_of(units)], minlength=len(self._waiting))
