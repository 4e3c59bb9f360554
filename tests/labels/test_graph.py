from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import sparse

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import PRESETS, GraphSettings, LabelGraph, build_graph, conditional_probabilities

MATRICES = arrays(
    np.int8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8), elements=st.sampled_from([0, 1])
)
SETTINGS = st.builds(
    GraphSettings,
    tau=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
    p=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    condition=st.sampled_from(["row", "column"]),
    normalise=st.sampled_from(["columns", "rows"]),
    epsilon=st.sampled_from([0.0, 1e-6, 0.5]),
    self_loop=st.sampled_from(["one", "one_minus_p"]),
    symmetric=st.booleans(),
    transpose=st.booleans(),
)


def count(matrix: np.ndarray, names: str = "") -> CooccurrenceCounts:
    labels = names.split() or [f"label {column}" for column in range(matrix.shape[1])]
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(matrix), Vocabulary(labels))


def random_counts(seed: int, pictures: int = 200, labels: int = 12) -> CooccurrenceCounts:
    shares = np.linspace(0, 0.6, labels)
    return count((np.random.default_rng(seed).random((pictures, labels)) < shares).astype(np.int8))


def thresholded(counts: CooccurrenceCounts, tau: float) -> tuple[int, list[list[float]]]:
    pairs, occurrences = counts.pairs.toarray(), counts.occurrences
    size = len(occurrences)
    matrix = [[0.0] * size for _ in range(size)]
    for i, j in itertools.permutations(range(size), 2):
        if pairs[i][j] and pairs[i][j] / occurrences[i] >= tau:
            matrix[i][j] = 1.0
    return size, matrix


def seed_gcn(counts: CooccurrenceCounts) -> list[list[float]]:
    size, matrix = thresholded(counts, 0.1)
    for j in range(size):
        number = sum(matrix[i][j] for i in range(size))
        for i in range(size):
            matrix[i][j] = matrix[i][j] * 0.2 / (number + 1e-7)
        matrix[j][j] = 0.8
    return matrix


def ml_gcn(counts: CooccurrenceCounts) -> list[list[float]]:
    size, matrix = thresholded(counts, 0.4)
    for j in range(size):
        number = sum(matrix[i][j] for i in range(size))
        for i in range(size):
            matrix[i][j] = matrix[i][j] * 0.25 / (number + 1e-6)
        matrix[j][j] = 1.0
    degrees = [sum(matrix[i]) for i in range(size)]
    return [[matrix[j][i] / (degrees[i] * degrees[j]) ** 0.5 for j in range(size)] for i in range(size)]


def paper(counts: CooccurrenceCounts) -> list[list[float]]:
    size, matrix = thresholded(counts, 0.4)
    for i in range(size):
        number = sum(matrix[i])
        for j in range(size):
            matrix[i][j] = 0.2 * matrix[i][j] / number if number else 0.0
        matrix[i][i] = 1 - 0.2
    degrees = [sum(matrix[i]) for i in range(size)]
    return [[matrix[i][j] / (degrees[i] * degrees[j]) ** 0.5 for j in range(size)] for i in range(size)]


def step_by_step(counts: CooccurrenceCounts, settings: GraphSettings) -> np.ndarray:
    """Dense, cell by cell, in the order of the definition."""
    pairs, occurrences = counts.pairs.toarray(), counts.occurrences
    size = len(occurrences)
    edges = np.zeros((size, size))
    for i, j in itertools.permutations(range(size), 2):
        given_pictures = occurrences[i if settings.condition == "row" else j]
        edges[i, j] = pairs[i, j] > 0 and pairs[i, j] / given_pictures >= settings.tau
    weights = np.zeros((size, size))
    for i, j in itertools.product(range(size), repeat=2):
        number = edges[:, j].sum() if settings.normalise == "columns" else edges[i].sum()
        if edges[i, j]:
            weights[i, j] = settings.p / (number + settings.epsilon)
        if i == j:
            weights[i, j] = 1 if settings.self_loop == "one" else 1 - settings.p
    if settings.symmetric:
        sums = weights.sum(1)
        for i, j in itertools.product(range(size), repeat=2):
            weights[i, j] = weights[i, j] / (sums[i] * sums[j]) ** 0.5 if sums[i] and sums[j] else 0
    return weights.T if settings.transpose else weights


@pytest.mark.parametrize(("preset", "oracle"), [("seed-gcn", seed_gcn), ("ml-gcn", ml_gcn), ("paper", paper)])
@pytest.mark.parametrize("seed", range(5))
def test_presets_are_what_their_loops_say(preset: str, oracle, seed: int):
    counts = random_counts(seed)
    graph = build_graph(counts, PRESETS[preset])
    assert graph.adjacency.dtype == np.float32
    np.testing.assert_allclose(graph.dense(), oracle(counts), rtol=3e-7, atol=0)


@given(MATRICES, SETTINGS)
def test_every_setting_is_its_step(matrix: np.ndarray, settings: GraphSettings):
    counts = count(matrix)
    graph = build_graph(counts, settings)
    np.testing.assert_allclose(graph.dense(), step_by_step(counts, settings), rtol=3e-7, atol=1e-12)
    assert np.isfinite(graph.adjacency.data).all()
    assert (graph.adjacency.data > 0).all()
    assert graph.adjacency.has_canonical_format
    assert graph.edges == np.count_nonzero(graph.dense())


@given(MATRICES, SETTINGS)
def test_counts_are_left_as_they_are(matrix: np.ndarray, settings: GraphSettings):
    counts = count(matrix)
    before = counts.pairs.copy()
    build_graph(counts, settings)
    conditional_probabilities(counts).data[:] = 0
    conditional_probabilities(counts).eliminate_zeros()
    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(counts.pairs, name), getattr(before, name))


def test_which_way_the_three_graphs_run():
    """Every jet is a plane, and one plane in four is a jet: what does plane's row hold?"""
    counts = count(np.array([[1, 1], [0, 1], [0, 1], [0, 1]], np.int8), "jet plane")
    graphs = {name: build_graph(counts, settings).dense() for name, settings in PRESETS.items()}
    # jet → plane alone reaches 0.4. By the transposition plane receives from jet, without it jet from plane.
    assert graphs["ml-gcn"][1, 0] > 0 == graphs["ml-gcn"][0, 1]
    assert graphs["paper"][0, 1] > 0 == graphs["paper"][1, 0]
    # At tau 0.1 both ways are edges, the only ones of their columns.
    np.testing.assert_allclose(graphs["seed-gcn"], [[0.8, 0.2], [0.2, 0.8]], rtol=1e-6)


def test_the_row_of_implications_is_the_condition_whatever_the_graph():
    counts = count(np.array([[1, 1], [0, 1], [0, 1], [0, 1]], np.int8), "jet plane")
    turned = GraphSettings(tau=0.5, condition="column")
    for settings in (PRESETS["ml-gcn"], PRESETS["paper"], turned):
        edges = build_graph(counts, settings).implications().tocoo()
        assert (edges.row.tolist(), edges.col.tolist()) == ([0], [1])


def test_implications_of_an_unknown_graph_run_from_sender_to_receiver():
    adjacency = sparse.csr_array(np.array([[1, 0], [0.5, 1]], np.float32))
    edges = LabelGraph(Vocabulary(["jet", "plane"]), adjacency).implications().tocoo()
    assert (edges.row.tolist(), edges.col.tolist(), edges.data.tolist()) == ([0], [1], [0.5])


def test_a_pair_exactly_at_tau_is_an_edge():
    matrix = np.zeros((10, 2), np.int8)
    matrix[:, 0], matrix[0, 1] = 1, 1
    assert build_graph(count(matrix), GraphSettings(tau=0.1)).dense()[0, 1] > 0
    assert build_graph(count(matrix), GraphSettings(tau=np.nextafter(0.1, 1))).dense()[0, 1] == 0


def test_with_tau_zero_an_edge_still_needs_a_picture_with_both():
    counts = count(np.array([[1, 1, 0], [0, 0, 1]], np.int8))
    graph = build_graph(counts, GraphSettings(tau=0.0))
    assert graph.edges == 2 + 3
    assert graph.dense()[2].tolist() == pytest.approx([0, 0, 0.8])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_label_without_pictures_keeps_its_loop_and_harms_no_other(preset: str):
    counts = count(np.array([[1, 1, 0], [1, 1, 0]], np.int8))
    graph = build_graph(counts, PRESETS[preset]).dense()
    assert np.isfinite(graph).all()
    assert graph[2, :2].tolist() == graph[:2, 2].tolist() == [0, 0]
    assert graph[2, 2] > 0
    assert conditional_probabilities(counts).toarray()[2].tolist() == [0, 0, 0]


def test_a_label_of_one_picture_implies_all_that_is_on_it():
    counts = count(np.array([[1, 1, 0], [0, 1, 1], [0, 1, 1], [0, 1, 0], [0, 1, 0]], np.int8))
    probabilities = conditional_probabilities(counts).toarray()
    assert probabilities[0].tolist() == [0, 1, 0]
    assert probabilities[1].tolist() == [0.2, 0, 0.4]


def test_probabilities_given_the_column_are_the_transpose():
    counts = random_counts(1)
    by_row, by_column = conditional_probabilities(counts), conditional_probabilities(counts, "column")
    assert np.array_equal(by_column.toarray(), by_row.toarray().T)
    assert by_row.dtype == np.float64


def test_pictures_with_all_labels_connect_all():
    graph = build_graph(count(np.ones((3, 4), np.int8)), PRESETS["seed-gcn"])
    np.testing.assert_allclose(graph.dense(), np.full((4, 4), 0.2 / 3) + np.eye(4) * (0.8 - 0.2 / 3), rtol=1e-6)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_graph_without_edges_is_its_loops(preset: str):
    graph = build_graph(count(np.eye(3, dtype=np.int8)), PRESETS[preset])
    loop = 0.8 if preset == "seed-gcn" else 1.0
    np.testing.assert_allclose(graph.dense(), loop * np.eye(3), rtol=1e-6)
    assert graph.implications().nnz == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_one_label(preset: str):
    graph = build_graph(count(np.ones((2, 1), np.int8)), PRESETS[preset])
    assert graph.dense().tolist() == [[pytest.approx(0.8 if preset == "seed-gcn" else 1.0)]]


def test_a_row_sum_of_zero_gives_zero():
    settings = GraphSettings(p=1.0, symmetric=True)
    graph = build_graph(count(np.array([[1, 1, 0], [0, 0, 1]], np.int8)), settings)
    assert graph.dense()[2].tolist() == [0, 0, 0]
    assert graph.edges == 2


def test_an_edge_to_a_row_without_weight_gives_zero():
    """Jet implies plane, plane implies nothing and has no loop: its D is 0, and 1 / 0 must not reach jet's row."""
    counts = count(np.array([[1, 1], [0, 1], [0, 1]], np.int8), "jet plane")
    graph = build_graph(counts, GraphSettings(tau=0.5, p=1.0, symmetric=True))
    assert graph.dense().tolist() == [[0, 0], [0, 0]]


def test_the_source_says_what_was_counted():
    counts = random_counts(0)
    assert build_graph(counts, PRESETS["paper"]).source == "counted on 200 pictures"
    assert build_graph(counts, PRESETS["paper"], "mine").source == "mine"
    assert build_graph(counts, PRESETS["paper"], "a\x1b[31m\nb\ud800").source == "a�[31m�b�"


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(GraphError, match=r"shape \(2, 2\) does not fit a vocabulary of 3 labels"):
        LabelGraph(Vocabulary("abc"), sparse.csr_array((2, 2), dtype=np.float32))


@given(st.permutations(range(6)), st.integers(0, 99))
def test_the_same_labels_in_another_order(order: list[int], seed: int):
    graph = build_graph(random_counts(seed, 30, 6), PRESETS["ml-gcn"])
    vocabulary = Vocabulary(graph.vocabulary[column] for column in order)
    again = graph.for_vocabulary(vocabulary)
    assert again.vocabulary == vocabulary
    assert np.array_equal(again.dense(), graph.dense()[np.ix_(order, order)])
    assert again.adjacency.has_canonical_format
    assert (again.settings, again.source) == (graph.settings, graph.source)


def test_other_labels_are_refused_with_both_sides_named():
    graph = build_graph(count(np.ones((1, 2), np.int8), "cat dog"), PRESETS["paper"], "pets")
    message = "pets holds 2 labels, the vocabulary has 3; only there: dog; only in the vocabulary: cow, horse$"
    with pytest.raises(GraphError, match=message):
        graph.for_vocabulary(Vocabulary(["cow", "cat", "horse"]))
    many = Vocabulary(["cat", "dog", *(f"animal {number}" for number in range(9))])
    with pytest.raises(GraphError, match=r"has 11; only in the vocabulary: animal 0, animal 1, animal 2 and 6 more$"):
        graph.for_vocabulary(many)


def test_thousands_of_labels_stay_sparse():
    labels = 5_000
    targets = TargetMatrix.from_rows([[column, (column + 1) % labels] for column in range(labels)], labels)
    counts = CooccurrenceCounts.from_targets(targets, Vocabulary(map(str, range(labels))))
    for settings in PRESETS.values():
        assert build_graph(counts, settings).edges == 3 * labels


def test_probabilities_are_shares_of_the_pictures_in_which_the_other_label_is_known():
    boat_sea = [[1, 1], [1, 0], [1, -1], [1, -1], [0, 1], [-1, 1], [-1, 1], [0, 0]]
    probabilities = conditional_probabilities(count(np.array(boat_sea, np.int8), "boat sea")).toarray()
    assert probabilities[0, 1] == 1 / 2  # of four with boat, sea is known in two
    assert probabilities[1, 0] == 1 / 2  # of four with sea, boat is known in two
    by_column = conditional_probabilities(count(np.array(boat_sea, np.int8)), "column").toarray()
    assert by_column.tolist() == probabilities.T.tolist()


def test_hiding_labels_at_random_leaves_the_probabilities_about_where_they_were():
    whole = (np.random.default_rng(0).random((20_000, 6)) < 0.4).astype(np.int8)
    whole[:, 1] |= whole[:, 0]
    hidden = np.where(np.random.default_rng(1).random(whole.shape) < 0.5, -1, whole).astype(np.int8)
    found, expected = (conditional_probabilities(count(each)).toarray() for each in (hidden, whole))
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert found[0, 1] == 1


def test_data_that_only_say_what_is_there_have_the_graph_of_their_present_labels():
    whole = (np.random.default_rng(0).random((200, 6)) < 0.4).astype(np.int8)
    only_present = np.where(whole == 1, 1, -1).astype(np.int8)
    found, expected = (conditional_probabilities(count(each)).toarray() for each in (only_present, whole))
    assert found.tolist() == expected.tolist()
    assert 0 < found.max() < 1
