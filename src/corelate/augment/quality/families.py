"""Which generated pictures belong to which original."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.originals import is_generated, original_rows
from corelate.data.splits import raw_numbers
from corelate.errors import DataError


@dataclass(frozen=True)
class Family:
    """An original and what was generated from it.

    Attributes:
        original: Its row.
        generated: The rows of its generated pictures, ascending.
    """

    original: int
    generated: tuple[int, ...]


def families_of(annotations: AnnotationSet) -> list[Family]:
    """Return the originals that have generated pictures, each with them, in the order of the data.

    Generated pictures whose original is not in the set are passed over.

    Raises:
        DataError: No generated picture has its original in the set.
    """
    generated = np.flatnonzero(is_generated(annotations))
    members: dict[int, list[int]] = defaultdict(list)
    for row, original in zip(generated.tolist(), original_rows(annotations)[generated].tolist(), strict=True):
        if original >= 0:
            members[original].append(row)
    if not members:
        lost = f"the originals of its {len(generated):,} are not in it" if len(generated) else "it has none"
        raise DataError(
            f"{annotations.source or 'the data set'} has no generated pictures to measure: {lost}; name their folder "
            "by ?generated=DIR"
        )
    return [Family(row, tuple(members[row])) for row in sorted(members)]


def drawn(families: list[Family], count: int, seed: int) -> list[Family]:
    """Return some of the families in an order drawn by the seed; a larger count begins with those of a smaller.

    Args:
        families: All of them.
        count: How many; 0 for all.
        seed: Draws the order.
    """
    # Sorted raw numbers, and not a permutation, so that every NumPy draws the same.
    order = np.argsort(raw_numbers(seed).random_raw(len(families)), kind="stable")
    return [families[place] for place in order[: count or len(families)]]
