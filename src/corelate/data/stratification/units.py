"""What is divided: pictures, or groups of them, each with the labels it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.splits import group_numbers
from corelate.data.targets import PRESENT, TargetMatrix


@dataclass(frozen=True)
class Units:
    """U units, each a picture or a group of pictures, and how many of their pictures have each label.

    Attributes:
        unit_of: The unit of each picture, int64 of length N.
        sizes: Pictures of each unit, int64 of length U.
        starts: U+1 offsets into `columns`, int64.
        columns: Labels that a picture of the unit has, ascending within a unit, int64.
        counts: How many of the unit's pictures have that label, int64.
        label_count: L, the size of the vocabulary.
    """

    unit_of: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    label_count: int

    @classmethod
    def from_pictures(cls, pictures: AnnotationSet) -> Units:
        """Return the units of a data set; labels of which it is not known whether a picture has them don't count."""
        unit_of, sizes = group_numbers(pictures)
        targets = pictures.targets
        present = targets.values == PRESENT
        columns = targets.columns[present].astype(np.int64)
        units = unit_of[_rows(targets)[present]]
        if pictures.groups is None and pictures.originals is None:
            counts = np.ones(len(columns), dtype=np.int64)
        else:
            keys, counts = np.unique(units * targets.label_count + columns, return_counts=True)
            units, columns = keys // targets.label_count, keys % targets.label_count
        starts = np.concatenate([[0], np.cumsum(np.bincount(units, minlength=len(sizes)))]).astype(np.int64)
        return cls(unit_of, sizes, starts, columns, counts.astype(np.int64), targets.label_count)

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def picture_count(self) -> int:
        """N, over all units."""
        return len(self.unit_of)

    def label_totals(self) -> np.ndarray:
        """Return for each label how many pictures have it, int64 of length L."""
        totals = np.zeros(self.label_count, dtype=np.int64)
        np.add.at(totals, self.columns, self.counts)
        return totals

    def cell_units(self) -> np.ndarray:
        """Return the unit of each entry of `columns`, int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def columns_of(self, units: np.ndarray) -> np.ndarray:
        """Return the labels of all of some units, one after another."""
        lengths = self.starts[units + 1] - self.starts[units]
        ends = np.cumsum(lengths)
        return self.columns[
            np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[units] - ends + lengths, lengths)
        ]

    def label_counts_of(self, unit: int) -> dict[int, int]:
        """Return the labels of one unit, and how many of its pictures have each."""
        cells = slice(self.starts[unit], self.starts[unit + 1])
        return dict(zip(self.columns[cells].tolist(), self.counts[cells].tolist(), strict=True))


def _rows(targets: TargetMatrix) -> np.ndarray:
    return np.repeat(np.arange(len(targets)), np.diff(targets.row_starts))
