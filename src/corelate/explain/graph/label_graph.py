"""The label graph of a run or a data set, as what is drawn of it: its edges and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.counts_sources import counts_of
from corelate.labels.graph import LabelGraph, build_graph, values_at
from corelate.labels.graph_options import GraphOptions
from corelate.labels.graph_settings import GraphSettings
from corelate.metrics.wilson import wilson_interval

if TYPE_CHECKING:
    from corelate.explain.run_material import RunMaterial


@dataclass(frozen=True, eq=False)
class LabelEdges:
    """The E directed edges between different labels.

    Attributes:
        conditions: Columns of the labels that imply, int64[E].
        implied: Columns of the labels that follow, int64[E].
        weights: What the graph multiplies with, float64[E].
        pictures: How many pictures have both, int64[E], or None where nobody counted.
        given: How many of them have the condition, the other label being known, int64[E], or None.
    """

    conditions: np.ndarray
    implied: np.ndarray
    weights: np.ndarray
    pictures: np.ndarray | None = None
    given: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.conditions)

    @cached_property
    def probabilities(self) -> np.ndarray | None:
        """P(implied | condition), float64[E], or None where nobody counted."""
        if self.pictures is None or self.given is None:
            return None
        shares: np.ndarray = self.pictures / np.maximum(self.given, 1)
        return shares

    @cached_property
    def strengths(self) -> np.ndarray:
        """How strong each edge is drawn, in [0, 1]: its probability, else its weight as a share of the largest."""
        if self.probabilities is not None:
            return self.probabilities
        sizes: np.ndarray = np.abs(self.weights)
        return sizes / sizes.max() if len(sizes) and sizes.max() > 0 else sizes

    @cached_property
    def evidence(self) -> np.ndarray:
        """What puts edges in order: the low end of the probability's 95 % interval, else the weight.

        By the probability itself a label of one picture, which implies all that is on it, would come first.
        """
        if self.pictures is None or self.given is None:
            return self.strengths
        return wilson_interval(self.pictures, self.given)[:, 0]


@dataclass(frozen=True, eq=False)
class KnownGraph:
    """A label graph and what is known of its labels.

    Attributes:
        graph: The graph.
        about: Which graph it is, in words.
        occurrences: How many pictures have each label, int64[L], or None.
        counts: How often labels stand together, or None where only the graph is known.
    """

    graph: LabelGraph
    about: str
    occurrences: np.ndarray | None = None
    counts: CooccurrenceCounts | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels."""
        return self.graph.vocabulary

    @cached_property
    def loops(self) -> np.ndarray:
        """The weight with which each label listens to itself, float64[L]."""
        return np.asarray(self.graph.adjacency.diagonal(), np.float64)

    @cached_property
    def edges(self) -> LabelEdges:
        """The edges between different labels."""
        cells = self.graph.implications().tocoo()
        conditions, implied = cells.row.astype(np.int64), cells.col.astype(np.int64)
        weights = cells.data.astype(np.float64)
        if self.counts is None:
            return LabelEdges(conditions, implied, weights)
        pairs = self.counts.pairs
        given = sparse.csr_array((self.counts.given_row(), pairs.indices, pairs.indptr), shape=pairs.shape)
        both = [values_at(matrix, conditions, implied).astype(np.int64) for matrix in (pairs, given)]
        return LabelEdges(conditions, implied, weights, *both)


def label_graph_of(source: RunMaterial | str, options: GraphOptions | None = None) -> KnownGraph:
    """Return the label graph of a finished run or of a data set.

    Args:
        source: A run: the graph inside its head, or for a head without one that of its training pictures. Or a spec
            of data or counts, as for `corelate.labels.counts_sources.counts_of`.
        options: How counts become a graph; None for the usual way. Not for a graph inside a head.

    Raises:
        OptionError: Options are given for a graph that is finished.
        CorelateError: The run or the data can't be read.
    """
    if isinstance(source, str):
        counted = counts_of(source)
        return _counted(counted.counts, counted.source, options or GraphOptions())
    inside = _graph_inside(source)
    if inside is None:
        counted = counts_of(source.recipe.data.spec, source.pictures.annotations)
        head = f"the head of {source.name}, {source.recipe.head.name}, holds no graph of labels; this one is of "
        return _counted(counted.counts, head + counted.source, options or GraphOptions())
    if options is not None and options != GraphOptions():
        raise OptionError(
            f"the label graph is part of the head of {source.name} and can't be built in another way; leave preset, "
            f"tau and p out, or give the data set in place of the run: {source.recipe.data.spec}"
        )
    return inside


def _counted(counts: CooccurrenceCounts, source: str, options: GraphOptions) -> KnownGraph:
    graph = build_graph(counts, options.settings(), source)
    return KnownGraph(graph, source, counts.occurrences, counts)


def _graph_inside(material: RunMaterial) -> KnownGraph | None:
    """Return the graph that a run's head multiplies with; how often labels stand together is not known there."""
    from corelate.models.heads import HEADS

    architecture = material.finished.architecture
    if not HEADS.load(architecture.head).needs_graph:
        return None
    edges = material.annotator.head.graph_edges()
    if edges is None:
        return None
    rows, columns, weights = (part.cpu().numpy() for part in edges)
    labels = len(architecture.vocabulary)
    described: dict[str, Any] = architecture.label_graph or {}
    settings = GraphSettings(**described["settings"]) if described.get("settings") else None
    adjacency = sparse.csr_array((weights, (rows, columns)), shape=(labels, labels))
    adjacency.sort_indices()
    graph = LabelGraph(architecture.vocabulary, adjacency, settings, described.get("source", ""))
    if settings is None:
        heard = "listens to are taken to imply it, since how the graph was built is not known"
    else:
        heard = f"listens to {'follow from' if settings.rows_are_conditions else 'imply'} it"
    about = f"the graph inside the head of {material.name}, where those that a label {heard}; {graph.source}"
    return KnownGraph(graph, about, material.training_counts)
