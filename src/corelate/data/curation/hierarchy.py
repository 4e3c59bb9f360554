"""Labels that imply others: who carries the child carries its parents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from corelate.data.curation.orders import bottom_up
from corelate.data.vocabulary import Vocabulary
from corelate.errors import ScoresError, VocabularyError

# A tree over 100,000 labels has half of this. Raising the scores of a batch takes about a microsecond for each.
MAX_EDGES = 200_000
# Pairs of a label and one that it implies, near or far: 160 MB.
MAX_PAIRS = 20_000_000
# Scores that are raised together: the rows of a block, for the labels that the hierarchy names, stay in tens of MB.
_CELLS = 4_000_000


@dataclass(frozen=True)
class LabelHierarchy:
    """Which labels imply which, over one vocabulary.

    Attributes:
        vocabulary: The L labels.
        edges: Pairs of columns, a child and its parent; a child may have several parents.

    Raises:
        VocabularyError: An edge leads out of the vocabulary or is there twice, there are more than `MAX_EDGES`, or
            labels imply each other in a circle.

    Example:
        >>> hierarchy = LabelHierarchy.from_names(Vocabulary(["dog", "sky", "animal"]), [("dog", "animal")])
        >>> hierarchy.raise_scores(np.array([[0.75, 0.5, 0.25]]))
        array([[0.75, 0.5 , 0.75]])
    """

    vocabulary: Vocabulary
    edges: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if len(self.edges) > MAX_EDGES:
            raise VocabularyError(f"a hierarchy of {len(self.edges)} pairs; at most {MAX_EDGES} are allowed")
        pairs, labels = self._pairs, len(self.vocabulary)
        if len(pairs) and not (pairs.min() >= 0 and pairs.max() < labels):
            raise VocabularyError(f"a hierarchy over {labels} labels has columns from {pairs.min()} to {pairs.max()}")
        if len(set(self.edges)) < len(self.edges):
            raise VocabularyError("a hierarchy holds a pair of child and parent twice")
        # Finds circles.
        self._order  # noqa: B018

    @classmethod
    def from_names(cls, vocabulary: Vocabulary, pairs: Iterable[tuple[str, str]]) -> LabelHierarchy:
        """Return the hierarchy of pairs of child and parent, by name.

        Raises:
            VocabularyError: A name is not in the vocabulary, or see the class.
        """
        return cls(vocabulary, tuple((vocabulary.index(child), vocabulary.index(parent)) for child, parent in pairs))

    def __bool__(self) -> bool:
        """Return whether any label implies another."""
        return bool(self.edges)

    def names(self) -> list[tuple[str, str]]:
        """Return the pairs of child and parent by name."""
        return [(self.vocabulary[child], self.vocabulary[parent]) for child, parent in self.edges]

    def closure(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all labels that each label implies, near or far.

        Returns:
            L+1 offsets, int64, and columns: those from offset l to offset l+1 are the labels that label l implies,
            ascending, int32.

        Raises:
            VocabularyError: There are more than `MAX_PAIRS` of them.
        """
        parents_of: dict[int, list[int]] = {}
        for child, parent in reversed(self._order):
            # Taken out and put back: a child then stands behind all of its parents.
            parents = parents_of.pop(child, [])
            parents.append(parent)
            parents_of[child] = parents
        implied: dict[int, np.ndarray] = {}
        nothing = np.zeros(0, np.int32)
        marked = np.zeros(len(self.vocabulary), np.bool_)
        total = 0
        # From the top: what a parent implies is known before its children are asked.
        for child, parents in parents_of.items():
            marked[parents] = True
            for parent in parents:
                marked[implied.get(parent, nothing)] = True
            implied[child] = np.flatnonzero(marked).astype(np.int32)
            marked[implied[child]] = False
            total += len(implied[child])
            if total > MAX_PAIRS:
                raise VocabularyError(
                    f"the hierarchy is so deep that its labels imply others over {MAX_PAIRS} times; leave out levels"
                )
        columns = [implied.get(label, nothing) for label in range(len(self.vocabulary))]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in columns])]).astype(np.int64)
        return starts, np.concatenate(columns)

    def depths(self) -> np.ndarray:
        """Return how many labels stand above each label on the longest way up, int64 of length L."""
        return self._depths

    def raise_scores(self, scores: np.ndarray) -> np.ndarray:
        """Return scores in which no label is less likely than what implies it.

        Args:
            scores: N×L matrix of floats.

        Returns:
            N×L matrix of the same type: the score of a parent is the highest of its own and all its descendants'.
            Without edges the matrix itself, else a new one.

        Raises:
            ScoresError: The matrix has another number of labels.
        """
        return self._raised(scores)

    def with_parents(self, chosen: np.ndarray) -> np.ndarray:
        """Return choices in which each chosen label brings all that it implies.

        Args:
            chosen: Boolean N×L matrix.

        Returns:
            Boolean N×L matrix; without edges the matrix itself, else a new one.
        """
        return self._raised(chosen)

    def _raised(self, matrix: np.ndarray) -> np.ndarray:
        """Return the matrix with each parent's column at least as large as its descendants'."""
        if not self.edges:
            return matrix
        if matrix.ndim != 2 or matrix.shape[1] != len(self.vocabulary):
            raise ScoresError(f"scores of shape {matrix.shape} do not fit a hierarchy of {len(self.vocabulary)} labels")
        result = matrix.copy()
        named, places = np.unique(np.array(self._order), return_inverse=True)
        order = places.reshape(-1, 2)
        parents = np.unique(order[:, 1])
        step = max(1, _CELLS // len(named))
        for start in range(0, len(matrix), step):
            rows = slice(start, start + step)
            # Labels × pictures: one label's scores lie together.
            block = np.ascontiguousarray(matrix[rows][:, named].T)
            for child, parent in order.tolist():
                np.maximum(block[parent], block[child], out=block[parent])
            result[rows, named[parents]] = block[parents].T
        return result

    @cached_property
    def _pairs(self) -> np.ndarray:
        return np.array(self.edges, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def _depths(self) -> np.ndarray:
        depths = np.zeros(len(self.vocabulary), np.int64)
        for child, parent in reversed(self._order):
            depths[child] = max(depths[child], depths[parent] + 1)
        depths.flags.writeable = False
        return depths

    @cached_property
    def _order(self) -> list[tuple[int, int]]:
        """The edges, so that each comes after all those that lead to its child."""
        position = {label: place for place, label in enumerate(bottom_up(self.edges, self.vocabulary.__getitem__))}
        return sorted(self.edges, key=lambda edge: position[edge[0]])
