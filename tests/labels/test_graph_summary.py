from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import PRESETS, GraphSettings, build_graph
from corelate.labels.graph_summary import Implication, strongest_edges, summarise_graph

MATRICES = arrays(
    np.int8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7), elements=st.sampled_from([0, 1])
)


def count(matrix: np.ndarray, names: str = "") -> CooccurrenceCounts:
    labels = names.split() or [f"label {column}" for column in range(matrix.shape[1])]
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(matrix), Vocabulary(labels))


@given(MATRICES, st.sampled_from(list(PRESETS)), st.sampled_from([0.0, 0.3, 0.6]))
def test_numbers_are_those_of_the_dense_matrix(matrix: np.ndarray, preset: str, tau: float):
    settings = GraphSettings(**{**vars(PRESETS[preset]), "tau": tau})
    graph = build_graph(count(matrix), settings)
    summary, dense = summarise_graph(graph), graph.dense().astype(float)
    between = (dense - np.diag(np.diag(dense))) > 0
    between = between.T if settings.transpose else between
    labels = list(graph.vocabulary)
    assert summary.edges == between.sum()
    assert summary.mutual == (between & between.T).sum()
    assert summary.implied_by_none == [
        label for label, column in zip(labels, between.T, strict=True) if not any(column)
    ]
    assert summary.implying_none == [label for label, row in zip(labels, between, strict=True) if not any(row)]
    assert summary.without_edges == [label for label in summary.implied_by_none if label in summary.implying_none]
    assert summary.sum == pytest.approx(dense.sum())
    assert summary.trace == pytest.approx(np.trace(dense))
    assert summary.least_row_sum == pytest.approx(dense.sum(1).min())
    assert summary.greatest_row_sum == pytest.approx(dense.sum(1).max())


def test_a_graph_says_the_same_whichever_way_it_is_stored():
    counts = count(np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], np.int8), "jet plane lone")
    for preset in ("ml-gcn", "paper"):
        summary = summarise_graph(build_graph(counts, PRESETS[preset]))
        assert (summary.edges, summary.mutual) == (1, 0)
        assert (summary.implied_by_none, summary.implying_none) == (["jet", "lone"], ["plane", "lone"])
        assert summary.without_edges == ["lone"]


def test_strongest_first_and_of_equals_those_with_more_pictures():
    matrix = np.array([[1, 1, 0, 0]] * 2 + [[0, 1, 1, 0]] * 3 + [[0, 1, 0, 1], [0, 0, 0, 1]], np.int8)
    edges = strongest_edges(count(matrix, "jet plane wing bird"), 0.1, 4)
    assert edges == [
        Implication("wing", "plane", 1.0, 3, 3),
        Implication("jet", "plane", 1.0, 2, 2),
        Implication("plane", "wing", 0.5, 3, 6),
        Implication("bird", "plane", 0.5, 1, 2),
    ]


@given(MATRICES, st.integers(0, 60), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_strongest_edges_are_the_head_of_all_sorted(matrix: np.ndarray, most: int, tau: float):
    counts = count(matrix)
    pairs, size = counts.pairs.toarray(), len(counts.vocabulary)
    cells = [
        (-pairs[i, j] / counts.occurrences[i], -pairs[i, j], i, j)
        for i in range(size)
        for j in range(size)
        if pairs[i, j]
    ]
    expected = [(i, j) for probability, _, i, j in sorted(cells) if -probability >= tau][:most]
    edges = strongest_edges(counts, tau, most)
    index = counts.vocabulary.index
    assert [(index(edge.condition), index(edge.implied)) for edge in edges] == expected
    for edge in edges:
        assert edge.probability == edge.pictures / edge.of


def test_of_counts_the_pictures_in_which_the_implied_label_is_known():
    matrix = np.array([[1, 1], [1, 1], [1, 0], [1, -1], [0, 0]], np.int8)
    assert Implication("jet", "plane", 2 / 3, 2, 3) in strongest_edges(count(matrix, "jet plane"), 0.1, 5)
