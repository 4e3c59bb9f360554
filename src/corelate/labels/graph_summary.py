"""What is in a label graph, in numbers, and which of its edges are the strongest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import LabelGraph, conditional_probabilities


@dataclass(frozen=True)
class GraphSummary:
    """The numbers of a label graph.

    Attributes:
        edges: Directed edges between different labels.
        mutual: Those whose opposite is an edge too.
        without_edges: Labels with no edge at all.
        implied_by_none: Labels that follow from no other, those without edges included.
        implying_none: Labels from which no other follows, those without edges included.
        sum: The sum of the matrix, self loops included.
        trace: The sum of its diagonal.
        least_row_sum: The smallest row sum: the least that a label receives.
        greatest_row_sum: The largest row sum.
    """

    edges: int
    mutual: int
    without_edges: list[str]
    implied_by_none: list[str]
    implying_none: list[str]
    sum: float
    trace: float
    least_row_sum: float
    greatest_row_sum: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Implication:
    """One edge: `pictures` of the `of` pictures with the label `condition`, and known `implied`, have `implied` too."""

    condition: str
    implied: str
    probability: float
    pictures: int
    of: int


def summarise_graph(graph: LabelGraph) -> GraphSummary:
    """Count what is in a graph."""
    edges = graph.implications()
    labels = len(graph.vocabulary)
    implied = np.bincount(edges.indices, minlength=labels) > 0
    implying = np.diff(edges.indptr) > 0
    pattern = edges.astype(bool)
    adjacency = graph.adjacency.astype(np.float64)
    row_sums = adjacency @ np.ones(labels)

    def named(chosen: np.ndarray) -> list[str]:
        return [graph.vocabulary[column] for column in np.flatnonzero(chosen).tolist()]

    return GraphSummary(
        edges=edges.nnz,
        mutual=int(pattern.multiply(pattern.T).nnz),
        without_edges=named(~implied & ~implying),
        implied_by_none=named(~implied),
        implying_none=named(~implying),
        sum=float(row_sums.sum()),
        trace=float(adjacency.diagonal().sum()),
        least_row_sum=float(row_sums.min()),
        greatest_row_sum=float(row_sums.max()),
    )


def strongest_edges(counts: CooccurrenceCounts, tau: float, most: int) -> list[Implication]:
    """Return the most probable edges, those with more pictures first where the probability is the same.

    Args:
        counts: What the graph is built from.
        tau: The least probability of an edge.
        most: How many edges at most.
    """
    probabilities = conditional_probabilities(counts).tocoo()
    pictures, of = counts.pairs.tocoo().data, counts.given_row()
    # Sorting is only for those that can be among the first.
    enough = tau
    if 0 < most < probabilities.nnz:
        enough = max(tau, float(np.partition(probabilities.data, -most)[-most]))
    cells = np.flatnonzero(probabilities.data >= enough)
    rows, columns = probabilities.row[cells], probabilities.col[cells]
    order = np.lexsort((columns, rows, -pictures[cells].astype(np.int64), -probabilities.data[cells]))[:most]
    vocabulary = counts.vocabulary
    return [
        Implication(
            vocabulary[rows[place]],
            vocabulary[columns[place]],
            float(probabilities.data[cells[place]]),
            int(pictures[cells[place]]),
            int(of[cells[place]]),
        )
        for place in order
    ]
