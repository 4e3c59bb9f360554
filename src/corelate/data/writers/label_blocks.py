"""The labels of many pictures, some thousand pictures at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corelate.data.targets import PRESENT, TargetMatrix

MOST_ROWS = 1 << 16
MOST_CELLS = 1 << 22


@dataclass(frozen=True)
class LabelBlock:
    """The labels of some pictures that follow each other.

    Attributes:
        start: The first picture.
        stop: The one after the last.
        present: Columns of the labels, picture after picture, each picture's in the order of its list.
        present_ends: Where each picture's begin in `present`, and the end of all; int32.
        unknown: Columns of the labels that are not known, ascending for each picture.
        unknown_ends: Where each picture's begin in `unknown`, and the end of all; int32.
    """

    start: int
    stop: int
    present: np.ndarray
    present_ends: np.ndarray
    unknown: np.ndarray
    unknown_ends: np.ndarray

    def rows(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield for each picture the columns of its labels, in the order of its list, and of those not known."""
        present, present_ends = self.present.tolist(), self.present_ends.tolist()
        unknown, unknown_ends = self.unknown.tolist(), self.unknown_ends.tolist()
        for row in range(self.stop - self.start):
            yield (
                present[present_ends[row] : present_ends[row + 1]],
                unknown[unknown_ends[row] : unknown_ends[row + 1]],
            )


def label_blocks(targets: TargetMatrix, most_rows: int = MOST_ROWS) -> Iterator[LabelBlock]:
    """Yield the labels of all pictures, block after block.

    Args:
        targets: The matrix.
        most_rows: How many pictures a block may have; it has fewer where they have many labels.
    """
    start = 0
    while start < len(targets):
        enough = int(np.searchsorted(targets.row_starts, targets.row_starts[start] + MOST_CELLS, side="right")) - 1
        stop = min(max(enough, start + 1), start + most_rows, len(targets))
        yield _block(targets, start, stop)
        start = stop


def _block(targets: TargetMatrix, start: int, stop: int) -> LabelBlock:
    cells = slice(targets.row_starts[start], targets.row_starts[stop])
    columns, is_present = targets.columns[cells], targets.values[cells] == PRESENT
    rows = np.repeat(np.arange(stop - start), np.diff(targets.row_starts[start : stop + 1]))
    present = columns[is_present]
    if targets.places is not None:
        present = present[np.lexsort((targets.places[cells][is_present], rows[is_present]))]
    ends = [
        np.concatenate([[0], np.cumsum(np.bincount(rows[chosen], minlength=stop - start))]).astype(np.int32)
        for chosen in (is_present, ~is_present)
    ]
    return LabelBlock(start, stop, present, ends[0], columns[~is_present], ends[1])
