"""Which pictures were written before: a set that stays small for millions of names."""

from __future__ import annotations

from array import array
from hashlib import blake2b

import numpy as np


class NameSet:
    """A set of names that is filled once and then asked.

    It keeps eight bytes a name, a hash: among a million names the chance that a new one is taken for an old one is
    one in 10^13.
    """

    def __init__(self) -> None:
        self._added = array("Q")
        self._sorted = np.zeros(0, np.uint64)

    def add(self, name: str) -> None:
        """Put a name into the set."""
        self._added.append(_hash(name))

    def __contains__(self, name: str) -> bool:
        if len(self._added):
            self._sorted = np.union1d(self._sorted, np.frombuffer(self._added, np.uint64))
            self._added = array("Q")
        wanted = np.uint64(_hash(name))
        position = int(np.searchsorted(self._sorted, wanted))
        return position < len(self._sorted) and bool(self._sorted[position] == wanted)

    def __len__(self) -> int:
        return len(np.union1d(self._sorted, np.frombuffer(self._added, np.uint64)))


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(errors="backslashreplace"), digest_size=8).digest(), "little")
