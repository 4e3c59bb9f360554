"""All pairs of 64-bit hashes that differ in a few bits, found exactly.

The bits are dealt out to one band more than may differ, so that a pair that is near is equal in at least one band. Only
hashes that are equal in a band are compared, all with all, which NumPy does at hundreds of millions of pairs a second.

Source:
    M. Norouzi, A. Punjani and D. J. Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

# Pairs that are compared in one step, and near ones that are handed on together.
_PAIRS_PER_STEP = 1 << 18


def near_pairs(hashes: np.ndarray, distance: int, others: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield every pair of rows i < j whose hashes differ in at most `distance` bits, each once, in blocks.

    Args:
        hashes: N hashes, uint64.
        distance: Most bits that may differ, below 64.
        others: N hashes; compares ``hashes[i]`` with ``others[j]`` instead, for i < j still.

    Yields:
        Int64 arrays of P×2 rows.
    """
    compared = hashes if others is None else others
    bands = [sum(1 << bit for bit in range(band, 64, distance + 1)) for band in range(distance + 1)]
    masks = np.array(bands, np.uint64)
    waiting: list[np.ndarray] = []
    count = 0
    for band, mask in enumerate(masks):
        for rows, columns in _equal_rows(hashes & mask, compared & mask):
            differing = hashes[rows, None] ^ compared[None, columns]
            places = np.nonzero(_bit_counts(differing) <= distance)
            pairs = np.stack([rows[places[0]], columns[places[1]]], axis=1)
            # Those that are equal in an earlier band have been found there.
            earlier = ((differing[places][:, None] & masks[:band]) == 0).any(axis=1)
            new = pairs[(pairs[:, 0] < pairs[:, 1]) & ~earlier]
            if len(new):
                waiting.append(new)
                count += len(new)
            if count >= _PAIRS_PER_STEP:
                yield np.concatenate(waiting)
                waiting, count = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _equal_rows(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows of the one and of the other array that hold the same key; all such pairs i < j are among them."""
    first_order, second_order = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    sorted_first, sorted_second = first[first_order], second[second_order]
    starts = np.flatnonzero(np.diff(sorted_first, prepend=~sorted_first[:1]))
    ends = np.append(starts[1:], len(first))
    other_starts = np.searchsorted(sorted_second, sorted_first[starts], side="left")
    other_ends = np.searchsorted(sorted_second, sorted_first[starts], side="right")
    possible = first_order[starts] < second_order[other_ends - 1]
    for start, end, other_start, other_end in zip(
        *(limits[possible].tolist() for limits in (starts, ends, other_starts, other_ends)), strict=True
    ):
        if other_start == other_end:
            continue
        columns = second_order[other_start:other_end]
        step = max(1, _PAIRS_PER_STEP // len(columns))
        for place in range(start, end, step):
            rows = first_order[place : min(place + step, end)]
            # Rows are ascending in both, so that earlier ones can be left out.
            yield rows, columns[np.searchsorted(columns, rows[0], side="right") :]


def _count_bits_by_table(values: np.ndarray) -> np.ndarray:
    words = np.ascontiguousarray(values).view(np.uint16).reshape(*values.shape, -1)
    counts: np.ndarray = _counts_of_words()[words].sum(axis=-1, dtype=np.uint8)
    return counts


@cache
def _counts_of_words() -> np.ndarray:
    bits = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16)
    return bits.sum(axis=1, dtype=np.uint8)


# NumPy counts bits since version 2.
_bit_counts = getattr(np, "bitwise_count", _count_bits_by_table)
