"""Distances between features, and whose features are nearest."""

from __future__ import annotations

import numpy as np

# Rows of a block of similarities: 1,024 × 100,000 floats are 0.4 GB.
_ROWS_PER_BLOCK = 1024
# Cosines that differ by less are the same: single precision.
_ROUNDING = 1e-6


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Return N×D features, each of length 1; those of length 0 stay 0."""
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    return np.divide(features, lengths, out=np.zeros(features.shape), where=lengths > 0).astype(np.float32)


def cosine_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return 1 - the cosine of each of N pairs of features N×D, float64 in [0, 2]."""
    cosines = np.einsum("nd,nd->n", unit_rows(first), unit_rows(second), dtype=np.float64)
    distances: np.ndarray = np.clip(1 - cosines, 0, 2)
    return distances


def nearest_rows(features: np.ndarray, candidates: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return for each of some features the nearest candidate by cosine; its own where none is nearer.

    Args:
        features: M×D.
        candidates: N×D.
        own: For each feature the row of its own candidate.

    Returns:
        int64[M], rows of candidates.
    """
    others = unit_rows(candidates)
    nearest = np.empty(len(features), np.int64)
    for start in range(0, len(features), _ROWS_PER_BLOCK):
        block = slice(start, start + _ROWS_PER_BLOCK)
        cosines = unit_rows(features[block]) @ others.T
        best = cosines.argmax(axis=1)
        rows = np.arange(len(best))
        is_own = cosines[rows, own[block]] >= cosines[rows, best] - _ROUNDING
        nearest[block] = np.where(is_own, own[block], best)
    return nearest
