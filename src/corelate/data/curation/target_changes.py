"""Other columns for a matrix of targets: labels that become one, labels that others imply, labels that go.

All is done on the stored cells, some thousand pictures at a time: a million pictures of ten thousand labels never
become a full matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix

# Cells that are worked on together: quick, and in the order of 100 MB with all copies.
_CELLS = 1 << 20
# And pictures: a row, a column and a place of theirs fit into 63 bits for vocabularies of up to a million labels.
_ROWS = 1 << 16


class _Cells(NamedTuple):
    """Stored cells of some pictures.

    Attributes:
        rows: The picture, from 0.
        columns: The label.
        ranks: The place in the picture's list, or a larger number; larger than all of these where it is unknown.
    """

    rows: np.ndarray
    columns: np.ndarray
    ranks: np.ndarray


def relabelled(targets: TargetMatrix, column_of: np.ndarray, label_count: int) -> TargetMatrix:
    """Return targets whose labels have other columns.

    Where several labels get one column, it is present if any of them is, else unknown if any is, else absent; its
    place in a picture's list is that of the first of them.

    Args:
        targets: N×L.
        column_of: For each of the L labels its new column, or -1 for none.
        label_count: How many columns there are now.
    """
    blocks = []
    for block in _blocks(targets):
        cells, unknown = _cells(block)
        columns = column_of[cells.columns]
        kept = columns >= 0
        moved = _Cells(cells.rows[kept], columns[kept], cells.ranks[kept])
        blocks.append(_assembled(moved, unknown, len(block), label_count))
    return _joined(blocks, label_count)


def implied(targets: TargetMatrix, closure: tuple[np.ndarray, np.ndarray], old_count: int) -> TargetMatrix:
    """Return targets in which who has a label has all that it implies.

    A label is present if any that implies it is. Else it is what it was; a new one is unknown if any that implies it
    is unknown, else absent. Labels that come in this way stand behind a picture's own, in the order of the columns.

    Args:
        targets: N×L; columns from `old_count` are new, and have no cells.
        closure: What each of the L labels implies; see `LabelHierarchy.closure`.
        old_count: The number of columns about which the source says something.
    """
    starts, above = closure
    blocks = []
    for block in _blocks(targets):
        cells, unknown = _cells(block)
        lengths = (starts[1:] - starts[:-1])[cells.columns]
        rows = np.repeat(cells.rows, lengths)
        first = np.repeat(starts[cells.columns] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        columns = above[first + np.arange(len(rows))].astype(np.int64)
        present = np.repeat(cells.ranks, lengths) < unknown
        counts = present | (columns >= old_count)
        # Behind every place there is, and before what is unknown.
        beyond = unknown + targets.label_count
        ranks = np.where(present, unknown + columns, beyond)[counts]
        own = np.where(cells.ranks < unknown, cells.ranks, beyond)
        both = _Cells(
            np.concatenate([cells.rows, rows[counts]]),
            np.concatenate([cells.columns, columns[counts]]),
            np.concatenate([own, ranks]),
        )
        blocks.append(_assembled(both, beyond, len(block), targets.label_count))
    return _joined(blocks, targets.label_count)


def _blocks(targets: TargetMatrix) -> Iterator[TargetMatrix]:
    """Yield the matrix in parts of some rows."""
    starts, start = targets.row_starts, 0
    while start < len(targets):
        end = int(np.searchsorted(starts, starts[start] + _CELLS, side="right")) - 1
        end = min(max(end, start + 1), start + _ROWS, len(targets))
        cells = slice(starts[start], starts[end])
        places = None if targets.places is None else targets.places[cells]
        yield TargetMatrix(
            starts[start : end + 1] - starts[start],
            targets.columns[cells],
            targets.values[cells],
            targets.label_count,
            places,
        )
        start = end


def _cells(block: TargetMatrix) -> tuple[_Cells, int]:
    """Return the cells of a block, and the rank of those that are unknown."""
    rows = np.repeat(np.arange(len(block)), np.diff(block.row_starts))
    columns = block.columns.astype(np.int64)
    # Without places the order is that of the columns.
    places = columns if block.places is None else block.places.astype(np.int64)
    unknown = int(max(places.max(initial=0), block.label_count)) + 1
    return _Cells(rows, columns, np.where(block.values == PRESENT, places, unknown)), unknown


def _assembled(cells: _Cells, unknown: int, row_count: int, label_count: int) -> tuple[TargetMatrix, bool]:
    """Return the matrix of cells in any order; of cells in one place the one with the lowest rank counts.

    Returns:
        The matrix with places, and whether these are just the order of the columns.
    """
    bits = int(unknown).bit_length()
    packed = np.sort(((cells.rows * label_count + cells.columns) << bits) | cells.ranks)
    keys = packed >> bits
    first = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, bool)
    ranks = packed[first] & ((1 << bits) - 1)
    rows, columns = np.divmod(keys[first], label_count)
    present = ranks < unknown
    row_starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=row_count))]).astype(np.int64)
    values = np.where(present, np.int8(PRESENT), np.int8(UNKNOWN))
    order = (rows[present] << bits) | ranks[present]
    places = np.zeros(len(rows), np.int32)
    places[present] = _places(order, rows[present])
    matrix = TargetMatrix(row_starts, columns.astype(np.int32), values, label_count, places)
    return matrix, bool((np.diff(order) > 0).all())


def _places(order: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the place of each cell among those of its row, from 1.

    Args:
        order: What cells are ordered by, those of an earlier row always lower.
        rows: The row of each cell, ascending.
    """
    counts = np.bincount(rows)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    numbers = np.arange(len(rows))
    if (np.diff(order) > 0).all():
        return numbers - before + 1
    places = np.empty(len(rows), np.int64)
    places[np.argsort(order)] = numbers
    return places - before + 1


def _joined(blocks: list[tuple[TargetMatrix, bool]], label_count: int) -> TargetMatrix:
    """Return the matrix of all rows; without places where they are those of the columns."""
    parts = [part for part, _ in blocks]
    ordered = all(is_ordered for _, is_ordered in blocks)
    lengths = [np.zeros(0, np.int64), *(np.diff(part.row_starts) for part in parts)]
    places = [np.zeros(0, np.int32), *(part.places for part in parts if part.places is not None)]
    return TargetMatrix(
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int32), *(part.columns for part in parts)]),
        np.concatenate([np.zeros(0, np.int8), *(part.values for part in parts)]),
        label_count,
        None if ordered else np.concatenate(places),
    )
