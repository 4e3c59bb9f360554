"""Which things belong together when pairs of them do: disjoint sets (union-find) of rows."""

from __future__ import annotations

import numpy as np


class Clusters:
    """N rows, each alone at first.

    Args:
        count: N.
    """

    def __init__(self, count: int) -> None:
        self._parents = np.arange(count)

    def apart(self, pairs: np.ndarray) -> np.ndarray:
        """Return whether the rows of each of P×2 pairs are in different clusters yet."""
        roots = self.roots()
        different: np.ndarray = roots[pairs[:, 0]] != roots[pairs[:, 1]]
        return different

    def join_each(self, others: np.ndarray) -> None:
        """Put each row into the cluster of its other; a row may be its own."""
        pairs = np.stack([others, np.arange(len(others))], axis=1)
        self.join(pairs[pairs[:, 0] != pairs[:, 1]])

    def join(self, pairs: np.ndarray) -> None:
        """Put the clusters of each of P×2 pairs of rows together."""
        for first, second in pairs.tolist():
            one, other = self._root(first), self._root(second)
            self._parents[max(one, other)] = min(one, other)

    def roots(self) -> np.ndarray:
        """Return for each row the first row of its cluster."""
        parents = self._parents
        while not np.array_equal(parents, above := parents[parents]):
            parents = above
        self._parents = parents.copy()
        return parents

    def _root(self, row: int) -> int:
        while (parent := int(self._parents[row])) != row:
            self._parents[row] = self._parents[parent]
            row = parent
        return row


def members(roots: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each cluster of two or more, each ascending, the largest cluster first."""
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
    parts = [part for part in np.split(order, starts[1:]) if len(part) > 1]
    return sorted(parts, key=len, reverse=True)
