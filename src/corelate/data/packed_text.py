"""A long list of short texts in two arrays: small in memory, and sent to another process as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np

# Encoded together: their joined text is a copy of them.
_BLOCK = 4096


class PackedTexts(Sequence[str]):
    """A sequence of texts, kept as UTF-8 one after another.

    A Python list takes some 60 bytes for each text besides its characters, and processes that share it by forking
    copy it page by page as they count references.

    Args:
        texts: Any texts without halves of surrogate pairs.

    Example:
        >>> texts = PackedTexts(["sea", "café"])
        >>> texts[1], len(texts), list(texts.select([1, 1]))
        ('café', 2, ['café', 'café'])
    """

    __slots__ = ("_ends", "_packed")

    def __init__(self, texts: Iterable[str]) -> None:
        packed, lengths, block = bytearray(), [np.zeros(1, dtype=np.int64)], []
        for text in texts:
            block.append(text)
            if len(block) == _BLOCK:
                lengths.append(_pack(block, packed))
                block = []
        lengths.append(_pack(block, packed))
        self._packed = bytes(packed)
        self._ends = np.cumsum(np.concatenate(lengths))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, position: int) -> str: ...

    @overload
    def __getitem__(self, position: slice) -> PackedTexts: ...

    def __getitem__(self, position: int | slice) -> str | PackedTexts:
        if isinstance(position, slice):
            return self.select(np.arange(len(self))[position])
        row = range(len(self))[position]  # refuses what is out of range, and counts from the end below 0
        return self._packed[self._ends[row] : self._ends[row + 1]].decode()

    def __iter__(self) -> Iterator[str]:
        # Block by block, since a list of all ends takes as much as the texts.
        for first in range(0, len(self), _BLOCK):
            for start, end in pairwise(self._ends[first : first + _BLOCK + 1].tolist()):
                yield self._packed[start:end].decode()

    def select(self, rows: np.ndarray | Sequence[int]) -> PackedTexts:
        """Return the chosen texts, in the order given."""
        rows = np.asarray(rows, dtype=np.int64)
        chosen = PackedTexts(())
        starts, ends = self._ends[:-1][rows], self._ends[1:][rows]
        chosen._packed = b"".join(map(self._packed.__getitem__, map(slice, starts.tolist(), ends.tolist())))
        chosen._ends = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
        return chosen

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PackedTexts):
            return NotImplemented
        return self._packed == other._packed and np.array_equal(self._ends, other._ends)

    __hash__ = None  # type: ignore[assignment]


def _pack(block: list[str], packed: bytearray) -> np.ndarray:
    """Append some texts and return their lengths in bytes."""
    encoded = [text.encode() for text in block]
    packed += b"".join(encoded)
    return np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
