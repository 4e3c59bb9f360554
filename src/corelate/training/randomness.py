"""Randomness without state: every draw depends only on the run's seed and on where in the run it is made.

A run that was killed and resumed therefore draws the same numbers as one that was not, with no generator state to save,
and the number of reader processes changes nothing.
"""

from __future__ import annotations

import zlib

import numpy as np


def derived_seed(seed: int, purpose: str, *position: int) -> int:
    """Return a 63-bit seed for one purpose at one position, e.g. ``derived_seed(1, "augment", epoch, picture)``."""
    sequence = np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *position])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def permutation(count: int, seed: int, purpose: str, *position: int) -> np.ndarray:
    """Return the numbers 0 … count−1 in an order drawn for one purpose at one position."""
    return np.random.Generator(np.random.PCG64(derived_seed(seed, purpose, *position))).permutation(count)
