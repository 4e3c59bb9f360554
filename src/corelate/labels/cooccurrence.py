"""How often labels occur, alone and together: what label graphs and label embeddings are made from.

Only labels marked as present are counted: a pair is evidence that two labels go together, and what nobody looked at is
none. Nor is it evidence that they don't: how probable one label is given another is a share of the pictures of which
both are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError

if TYPE_CHECKING:
    from corelate.data.annotation_set import AnnotationSet


@dataclass(frozen=True, eq=False)
class CooccurrenceCounts:
    """In how many pictures labels stand, and stand together.

    Attributes:
        vocabulary: The L labels, in the order of rows and columns.
        pairs: L×L symmetric CSR array, int32 or int64: pictures that have both labels; nothing is stored on the
            diagonal.
        occurrences: int64 of length L: pictures that have the label.
        pictures: The number of pictures counted, those without labels included.
        unknown: For each stored cell (i, j) of `pairs`, pictures that have label i and of which j is not known, int64;
            None where nothing is unknown. A label that is nowhere known to be absent counts as absent where it is
            unknown: in data that only say what is there, each pair would else be certain.

    Raises:
        VocabularyError: `pairs` or `occurrences` are of another number of labels than the vocabulary, or `unknown` of
            another number of cells than `pairs`.
    """

    vocabulary: Vocabulary
    pairs: sparse.csr_array
    occurrences: np.ndarray
    pictures: int
    unknown: np.ndarray | None = None

    def __post_init__(self) -> None:
        labels = len(self.vocabulary)
        if self.pairs.shape != (labels, labels) or self.occurrences.shape != (labels,):
            raise VocabularyError(
                f"counts of {self.pairs.shape} pairs and {len(self.occurrences)} labels do not fit "
                f"a vocabulary of {labels} labels"
            )
        if self.unknown is not None and self.unknown.shape != (self.pairs.nnz,):
            raise VocabularyError(f"{len(self.unknown)} counts of unknown labels do not fit {self.pairs.nnz} pairs")

    def given_row(self) -> np.ndarray:
        """Return for each stored cell (i, j) of `pairs` the pictures that have label i and of which j is known."""
        given = np.repeat(self.occurrences, np.diff(self.pairs.indptr))
        return given if self.unknown is None else given - self.unknown

    def given_column(self) -> np.ndarray:
        """Return for each stored cell (i, j) of `pairs` the pictures that have label j and of which i is known."""
        given = self.occurrences[self.pairs.indices]
        if self.unknown is None:
            return given
        cells = (self.unknown, self.pairs.indices, self.pairs.indptr)
        # Pairs are symmetric, so that the transposed matrix has its cells in the same places.
        return given - sparse.csr_array(cells, shape=self.pairs.shape).T.tocsr().data

    @classmethod
    def from_targets(cls, targets: TargetMatrix, vocabulary: Vocabulary) -> CooccurrenceCounts:
        """Count labels and pairs in a target matrix.

        Args:
            targets: N pictures × L labels.
            vocabulary: The L labels.

        Raises:
            VocabularyError: The matrix has another number of columns than the vocabulary has labels.
        """
        if targets.label_count != len(vocabulary):
            raise VocabularyError(
                f"targets of {targets.label_count} labels do not fit a vocabulary of {len(vocabulary)} labels"
            )
        presence = _cells(targets, PRESENT)
        pairs = _pairs(presence)
        unknown = _cells(targets, UNKNOWN, targets.ever_absent())
        beside = _beside(presence, unknown, pairs) if unknown.nnz else None
        return cls(vocabulary, pairs, targets.label_counts(), len(targets), beside)

    @classmethod
    def from_annotations(cls, annotations: AnnotationSet) -> CooccurrenceCounts:
        """Count all pictures of a data set, whatever their split."""
        return cls.from_targets(annotations.targets, annotations.vocabulary)


def _cells(targets: TargetMatrix, value: int, labels: np.ndarray | None = None) -> sparse.csr_array:
    """Return the N×L matrix of ones where a target has a value, for all labels or some of them (bool of length L)."""
    chosen = targets.values == value
    if labels is not None:
        chosen &= labels[targets.columns]
    columns = targets.columns[chosen]
    # Indices of 64 bits would make every matrix half as large again.
    positions = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    row_starts = np.concatenate([[0], np.cumsum(chosen)])[targets.row_starts].astype(positions)
    return sparse.csr_array((np.ones(len(columns), np.int32), columns, row_starts), shape=targets.shape)


def _pairs(presence: sparse.csr_array) -> sparse.csr_array:
    """Return presenceᵀ·presence without its diagonal; the work is the sum of squared labels a picture."""
    pairs = presence.T.tocsr() @ presence
    rows = np.repeat(np.arange(pairs.shape[0], dtype=pairs.indices.dtype), np.diff(pairs.indptr))
    pairs.data[rows == pairs.indices] = 0
    pairs.eliminate_zeros()
    pairs.sort_indices()
    return pairs


def _beside(presence: sparse.csr_array, unknown: sparse.csr_array, pairs: sparse.csr_array) -> np.ndarray:
    """Return for each stored cell (i, j) of `pairs` the pictures that have i and of which j is not known, int64."""
    pattern = sparse.csr_array((np.ones(pairs.nnz, np.int64), pairs.indices, pairs.indptr), shape=pairs.shape)
    together = (presence.T.tocsr() @ unknown).multiply(pattern)
    # The sum has the cells of the pattern, all of them, and its ones are taken off again.
    aligned = (pattern + together).tocsr()
    aligned.sort_indices()
    return np.asarray(aligned.data - 1)
