"""Which pictures of many are looked at."""

from __future__ import annotations

import numpy as np

from corelate.data.splits import raw_numbers
from corelate.data.targets import PRESENT
from corelate.errors import OptionError
from corelate.explain.judged import Judged
from corelate.explain.sheet.confident_errors import largest_errors

ORDERS = {
    "errors": "the most confident errors first",
    "random": "drawn at random",
    "first": "in the order of the data",
}
"""What can be chosen, in words."""
USUAL_COUNT = 24


def choose_pictures(
    judged: Judged, order: str = "errors", count: int = USUAL_COUNT, label: str | None = None, seed: int = 1
) -> np.ndarray:
    """Return the rows of the pictures that are looked at; fewer than `count` where there are no more.

    Args:
        judged: Scores, truth and decision.
        order: ``errors`` begins with the picture that has the most confident error, as
            `corelate.explain.sheet.confident_errors` measures it; equal ones stay in the order of the data. ``random``
            draws by the seed, ``first`` takes the pictures as they come.
        count: How many, at least 1.
        label: Only pictures that have this label or were given it; the errors are then those of this label.
        seed: For ``random``.

    Returns:
        Row numbers, int64.

    Raises:
        OptionError: Another order, a count below 1, a seed below 0, or a label that is not there.
    """
    if order not in ORDERS:
        raise OptionError(f"order {order!r}: choose one of {', '.join(ORDERS)}")
    if count < 1:
        raise OptionError(f"count is {count}; at least one picture can be shown")
    column = None if label is None else judged.columns_of([label])[0]
    rows = np.arange(len(judged.scores)) if column is None else with_label(judged, column)
    if order == "errors":
        largest, is_wrong = largest_errors(judged, rows, column)
        rows = rows[np.lexsort((-largest, ~is_wrong))]
    elif order == "random":
        # Sorted raw numbers, and not a permutation, so that every NumPy draws the same.
        rows = rows[np.argsort(raw_numbers(seed).random_raw(len(rows)), kind="stable")]
    return rows[:count]


def with_label(judged: Judged, column: int) -> np.ndarray:
    """Return the rows of the pictures that have a label or were given it."""
    return np.flatnonzero((judged.targets[:, column] == PRESENT) | judged.predicted[:, column])
