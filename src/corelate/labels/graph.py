"""The label graph: which labels go together, as the matrix that a graph convolution multiplies with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph_labels import columns_of, printable
from corelate.labels.graph_settings import PRESETS, GraphSettings

__all__ = ["PRESETS", "GraphSettings", "LabelGraph", "build_graph", "conditional_probabilities"]


@dataclass(frozen=True, eq=False)
class LabelGraph:
    """A label graph, ready to be multiplied with: a layer is ``adjacency @ X @ W``, and row i is what label i receives.

    Attributes:
        vocabulary: The L labels, in the order of rows and columns.
        adjacency: L×L CSR array of float32, self loops included; no zeros are stored, columns ascend within a row.
        settings: How it was built, or None if that is not known.
        source: Where it came from, for messages and provenance.

    Raises:
        GraphError: The matrix is of another size than the vocabulary.
    """

    vocabulary: Vocabulary
    adjacency: sparse.csr_array
    settings: GraphSettings | None = None
    source: str = ""

    def __post_init__(self) -> None:
        labels = len(self.vocabulary)
        if self.adjacency.shape != (labels, labels):
            raise GraphError(f"a graph of shape {self.adjacency.shape} does not fit a vocabulary of {labels} labels")
        object.__setattr__(self, "source", printable(self.source))

    @property
    def edges(self) -> int:
        """The number of stored cells, self loops included."""
        return int(self.adjacency.nnz)

    def dense(self) -> np.ndarray:
        """Return the whole matrix, float32 L×L."""
        return np.asarray(self.adjacency.toarray(), np.float32)

    def implications(self) -> sparse.csr_array:
        """Return the weights between different labels, L×L, turned so that rows are conditions and columns follow.

        Of a graph without settings the sending labels, its columns, count as the conditions.
        """
        cells = self.adjacency.tocoo()
        between = cells.row != cells.col
        rows, columns = cells.row[between], cells.col[between]
        if self.settings is None or not self.settings.rows_are_conditions:
            rows, columns = columns, rows
        turned = sparse.csr_array((cells.data[between], (rows, columns)), shape=cells.shape)
        turned.sort_indices()
        return turned

    def for_vocabulary(self, vocabulary: Vocabulary, what: str = "") -> LabelGraph:
        """Return the graph with its labels in the order of another vocabulary.

        Args:
            vocabulary: The same labels in any order.
            what: What to call the graph in a message; default: its source.

        Raises:
            GraphError: The vocabulary holds other labels.
        """
        if vocabulary == self.vocabulary:
            return self
        order = columns_of(vocabulary, self.vocabulary, what or self.source or "the label graph")
        return replace(self, vocabulary=vocabulary, adjacency=reordered(self.adjacency, order))


def build_graph(counts: CooccurrenceCounts, settings: GraphSettings, source: str = "") -> LabelGraph:
    """Build the label graph of counts.

    Computed in double precision and rounded to float32 at the end. A label that no picture has, and one that has no
    edges, keep their self loop and nothing else.

    Args:
        counts: How often labels occur, alone and together.
        settings: Each step; see `PRESETS`.
        source: Where the counts came from; default: how many pictures were counted.

    Source: Chen et al., CVPR 2019, equations 6 to 8; docs/label-graph.md has the formulas.
    """
    weights = _with_loops(_shared(_edges(counts, settings), settings), settings.loop_weight)
    if settings.symmetric:
        weights = _symmetrically_normalised(weights)
    if settings.transpose:
        weights = weights.T.tocsr()
    weights = weights.astype(np.float32)
    weights.eliminate_zeros()
    weights.sort_indices()
    return LabelGraph(counts.vocabulary, weights, settings, source or f"counted on {counts.pictures} pictures")


def conditional_probabilities(counts: CooccurrenceCounts, condition: str = "row") -> sparse.csr_array:
    """Return how probable one label is given another, float64 L×L, without a diagonal.

    Args:
        counts: How often labels occur, alone and together.
        condition: Which label of cell (i, j) is given: ``"row"`` for M_ij / N_i, ``"column"`` for M_ij / N_j. Where
            some labels are unknown, N counts the pictures of which the other label is known.

    Returns:
        A CSR array with the cells of ``counts.pairs``; a label that no picture has gives zeros, never NaN.
    """
    pairs = counts.pairs
    pictures = counts.given_row() if condition == "row" else counts.given_column()
    values = np.divide(pairs.data, pictures, out=np.zeros(pairs.nnz), where=pictures > 0)
    # Of its own, so that whoever changes the result in place leaves the counts as they are.
    indices, row_starts = pairs.indices.copy(), pairs.indptr.copy()
    return sparse.csr_array((values, indices, row_starts), shape=pairs.shape)


def reordered(matrix: sparse.csr_array, order: np.ndarray) -> sparse.csr_array:
    """Return a square matrix with rows and columns in another order, columns ascending within a row."""
    result = matrix[order].tocsc()[:, order].tocsr()
    result.sort_indices()
    return result


def values_at(matrix: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return some cells of a matrix, 0 where nothing is stored; columns must ascend within a row."""
    known = matrix.tocoo()
    keys = known.row.astype(np.int64) * matrix.shape[1] + known.col
    wanted = rows.astype(np.int64) * matrix.shape[1] + columns
    if not len(keys):
        return np.zeros(len(wanted), matrix.dtype)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: np.ndarray = np.where(keys[places] == wanted, known.data[places], 0)
    return found


def _edges(counts: CooccurrenceCounts, settings: GraphSettings) -> sparse.csr_array:
    """Return ones where the probability reaches tau; with tau = 0 too an edge needs a picture with both labels."""
    edges = conditional_probabilities(counts, settings.condition)
    edges.data = (edges.data >= settings.tau).astype(np.float64)
    edges.eliminate_zeros()
    return edges


def _shared(edges: sparse.csr_array, settings: GraphSettings) -> sparse.csr_array:
    """Divide p between the edges of each column or row; where there are none, nothing is divided."""
    sharing = edges.indices if settings.normalise == "columns" else _rows_of_cells(edges)
    numbers = np.bincount(sharing, minlength=edges.shape[0])
    weights = settings.p / (numbers[sharing] + settings.epsilon)
    return sparse.csr_array((weights, edges.indices, edges.indptr), shape=edges.shape)


def _with_loops(weights: sparse.csr_array, loop: float) -> sparse.csr_array:
    labels = weights.shape[0]
    loops = (np.full(labels, loop), np.arange(labels, dtype=np.int32), np.arange(labels + 1, dtype=np.int32))
    return (weights + sparse.csr_array(loops, shape=weights.shape)).tocsr()


def _symmetrically_normalised(weights: sparse.csr_array) -> sparse.csr_array:
    """Return D^-1/2 · A · D^-1/2 with D the row sums of A; a row without weight stays zero."""
    sums = weights @ np.ones(weights.shape[0])
    scales = np.zeros_like(sums)
    np.power(sums, -0.5, out=scales, where=sums > 0)
    values = weights.data * scales[_rows_of_cells(weights)] * scales[weights.indices]
    return sparse.csr_array((values, weights.indices, weights.indptr), shape=weights.shape)


def _rows_of_cells(matrix: sparse.csr_array) -> np.ndarray:
    return np.repeat(np.arange(matrix.shape[0], dtype=matrix.indices.dtype), np.diff(matrix.indptr))
