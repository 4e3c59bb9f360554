"""How often labels occur, alone and together: what label graphs and label embeddings are made from.

Only labels marked as present count. A label that is unknown for a picture counts as not there: a pair is evidence that
two labels go together, and what nobody looked at is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from corelate.data.targets import PRESENT, TargetMatrix
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

    Raises:
        VocabularyError: `pairs` or `occurrences` are of another number of labels than the vocabulary.
    """

    vocabulary: Vocabulary
    pairs: sparse.csr_array
    occurrences: np.ndarray
    pictures: int

    def __post_init__(self) -> None:
        labels = len(self.vocabulary)
        if self.pairs.shape != (labels, labels) or self.occurrences.shape != (labels,):
            raise VocabularyError(
                f"counts of {self.pairs.shape} pairs and {len(self.occurrences)} labels do not fit "
                f"a vocabulary of {labels} labels"
            )

    @classmethod
    def from_targets(cls, targets: TargetMatrix, vocabulary: Vocabulary) -> CooccurrenceCounts:
        """Count labels and pairs in a target matrix; unknown labels count as not present.

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
        return cls(vocabulary, _pairs(_presence(targets)), targets.label_counts(), len(targets))

    @classmethod
    def from_annotations(cls, annotations: AnnotationSet) -> CooccurrenceCounts:
        """Count all pictures of a data set, whatever their split."""
        return cls.from_targets(annotations.targets, annotations.vocabulary)


def _presence(targets: TargetMatrix) -> sparse.csr_array:
    """Return the N×L matrix of ones where a label is present."""
    present = targets.values == PRESENT
    columns = targets.columns[present]
    # Indices of 64 bits would make every matrix half as large again.
    positions = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    row_starts = np.concatenate([[0], np.cumsum(present)])[targets.row_starts].astype(positions)
    return sparse.csr_array((np.ones(len(columns), np.int32), columns, row_starts), shape=targets.shape)


def _pairs(presence: sparse.csr_array) -> sparse.csr_array:
    """Return presenceᵀ·presence without its diagonal; the work is the sum of squared labels a picture."""
    pairs = presence.T.tocsr() @ presence
    rows = np.repeat(np.arange(pairs.shape[0], dtype=pairs.indices.dtype), np.diff(pairs.indptr))
    pairs.data[rows == pairs.indices] = 0
    pairs.eliminate_zeros()
    pairs.sort_indices()
    return pairs
