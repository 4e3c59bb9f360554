"""A division while it is being bettered: how far each part is from its share of every label, and of pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from corelate.data.stratification.units import Units


class DivisionState:
    """Which unit is in which part, and what that makes of the parts.

    Sums are formed in one fixed order, from additions and products alone: the same division comes out everywhere.

    Args:
        units: What is divided.
        part_of: The part of each unit; it is copied.
        weights: The share of each part as whole numbers, int64.

    Attributes:
        units: What is divided.
        part_of: The part of each unit, int64.
        whole: The sum of the weights, by which `room` is multiplied.
        room: How many pictures each part lacks for its share (below 0: has too many), times `whole`.
        unit_counts: The number of units in each part.
    """

    def __init__(self, units: Units, part_of: np.ndarray, weights: np.ndarray) -> None:
        self.units = units
        self.part_of = part_of.copy()
        self.whole = int(weights.sum())
        parts = len(weights)
        sizes = np.zeros(parts, dtype=np.int64)
        np.add.at(sizes, part_of, units.sizes)
        self.room: list[int] = (weights * units.picture_count - self.whole * sizes).tolist()
        self.unit_counts: list[int] = np.bincount(part_of, minlength=parts).tolist()
        self._shares = weights / self.whole
        self._cell_units = units.cell_units()
        have = np.zeros(units.label_count * parts, dtype=np.int64)
        np.add.at(have, units.columns * parts + part_of[self._cell_units], units.counts)
        totals = units.label_totals()
        # Pictures with a label that a part has too many; labels × parts.
        self._excess = have.reshape(-1, parts) - totals[:, None] * self._shares
        self._scales = np.where(totals > 0, 1 / np.maximum(totals, 1), 0.0)

    def error(self) -> float:
        """Return the χ² of the division: over labels and parts, (too many)² divided by what there should be."""
        return math.fsum((self._scales[:, None] * self._excess**2 / self._shares).ravel().tolist())

    def gain(self, change: Mapping[int, int], giver: int, taker: int) -> float:
        """Return by how much the error falls when so many pictures of some labels go from one part to another."""
        share, other = float(self._shares[giver]), float(self._shares[taker])
        gain = 0.0
        for label, count in change.items():
            excess, lack = float(self._excess[label, giver]), float(self._excess[label, taker])
            saved = (2 * excess - count) / share - (2 * lack + count) / other
            gain += float(self._scales[label]) * count * saved
        return gain

    def move_gains(self, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
        """Return `gain` of moving each unit alone.

        Args:
            pairs: Parts that give, each once, and the part that takes from each; units of other parts have 0.

        Returns:
            Float64 of length U.
        """
        linear = np.zeros_like(self._excess)
        square = np.zeros_like(self._excess)
        for giver, taker in pairs:
            share, other = self._shares[giver], self._shares[taker]
            linear[:, giver] = self._scales * 2 * (self._excess[:, giver] / share - self._excess[:, taker] / other)
            square[:, giver] = self._scales * (1 / share + 1 / other)
        cells = self.units.columns * len(self._shares) + self.part_of[self._cell_units]
        values = self.units.counts * (linear.ravel()[cells] - self.units.counts * square.ravel()[cells])
        return np.bincount(self._cell_units, weights=values, minlength=len(self.units))

    def move(self, unit: int, giver: int, taker: int) -> None:
        """Put a unit into another part."""
        self.part_of[unit] = taker
        cells = slice(self.units.starts[unit], self.units.starts[unit + 1])
        labels, counts = self.units.columns[cells], self.units.counts[cells]
        self._excess[labels, giver] -= counts
        self._excess[labels, taker] += counts
        size = self.whole * int(self.units.sizes[unit])
        self.room[giver] += size
        self.room[taker] -= size
        self.unit_counts[giver] -= 1
        self.unit_counts[taker] += 1

    def keeps_sizes(self, size: int, others: np.ndarray, giver: int, taker: int) -> np.ndarray:
        """Tell for units of some sizes whether exchanging them leaves all parts within the present range of room.

        Args:
            size: Pictures of the unit that the giver gives.
            others: Pictures of the units that it may get for it.
            giver: The one part.
            taker: The other.
        """
        more = self.whole * (size - others)
        least, most = min(self.room), max(self.room)
        ours, theirs = self.room[giver] + more, self.room[taker] - more
        return np.asarray((least <= ours) & (ours <= most) & (least <= theirs) & (theirs <= most))
