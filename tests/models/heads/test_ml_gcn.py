from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import PRESETS, LabelGraph, build_graph
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs

LABELS, WIDTH, FEATURES = 9, 6, 14
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])


def graph(preset: str = "seed-gcn", share: float = 0.4) -> LabelGraph:
    present = (np.random.default_rng(1).random((60, LABELS)) < share).astype(np.int8)
    counts = CooccurrenceCounts.from_targets(TargetMatrix.from_dense(present), VOCABULARY)
    return build_graph(counts, PRESETS[preset])


def inputs(preset: str = "seed-gcn", share: float = 0.4) -> HeadInputs:
    vectors = np.random.default_rng(2).normal(size=(LABELS, WIDTH)).astype(np.float32)
    return HeadInputs(
        FEATURES, VOCABULARY, None, graph(preset, share), LabelEmbeddings(VOCABULARY, vectors, "drawn by chance")
    )


def head(about: HeadInputs, **options: object) -> torch.nn.Module:
    torch.manual_seed(3)
    return build_head("ml_gcn", {"hidden": [8], **options}, about)


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("preset", PRESETS)
def test_it_is_the_paper_s_formula(preset: str, pooling: str):
    about = inputs(preset)
    network = head(about, pooling=pooling)
    first, second = network.weights
    adjacency, vectors = torch.from_numpy(about.graph.dense()), torch.from_numpy(about.embeddings.vectors)
    hidden = functional.leaky_relu(adjacency @ (vectors @ first), 0.2)
    classifiers = adjacency @ (hidden @ second)
    maps = torch.randn(5, FEATURES, 3, 4)
    features = maps.mean((2, 3)) if pooling == "avg" else maps.amax((2, 3))
    assert torch.allclose(network(maps), features @ classifiers.T, atol=1e-5)


def test_gradients_are_those_of_the_dense_formula():
    about = inputs()
    network = head(about)
    maps = torch.randn(5, FEATURES, 2, 2)
    network(maps).square().sum().backward()
    first, second = (weight.detach().clone().requires_grad_() for weight in network.weights)
    adjacency, vectors = torch.from_numpy(about.graph.dense()), torch.from_numpy(about.embeddings.vectors)
    classifiers = adjacency @ (functional.leaky_relu(adjacency @ (vectors @ first), 0.2) @ second)
    (maps.mean((2, 3)) @ classifiers.T).square().sum().backward()
    for weight, expected in zip(network.weights, (first, second), strict=True):
        assert torch.allclose(weight.grad, expected.grad, rtol=1e-4, atol=1e-4)


def test_parameters_are_those_of_the_originals():
    """300 → 1024 → 2048 without biases, uniform within one over the root of the output's width."""
    vectors = LabelEmbeddings(VOCABULARY, np.ones((LABELS, 300), np.float32), "ones")
    network = build_head("ml_gcn", {}, HeadInputs(2048, VOCABULARY, None, graph(), vectors))
    assert [tuple(weight.shape) for weight in network.parameters()] == [(300, 1024), (1024, 2048)]
    for weight in network.parameters():
        bound = weight.shape[1] ** -0.5
        assert 0.99 * bound < weight.abs().max() <= bound
        assert abs(float(weight.detach().mean())) < 0.01 * bound


@pytest.mark.parametrize("hidden", [[], [4, 5, 6]])
def test_any_number_of_layers(hidden: list[int]):
    network = head(inputs(), hidden=hidden)
    assert len(network.weights) == len(hidden) + 1
    assert network(torch.randn(2, FEATURES, 2, 2)).shape == (2, LABELS)


def test_a_graph_without_edges_leaves_labels_to_themselves():
    about = inputs("paper", share=0.0)
    assert about.graph.edges == LABELS, "self loops only"
    vectors = head(about).label_vectors()
    changed = LabelEmbeddings(VOCABULARY, about.embeddings.vectors * np.array([[2.0]] + [[1.0]] * (LABELS - 1)), "")
    again = head(HeadInputs(FEATURES, VOCABULARY, None, about.graph, changed)).label_vectors()
    assert not torch.allclose(vectors[0], again[0])
    assert torch.allclose(vectors[1:], again[1:])


def test_one_factor_for_each_layer():
    network = head(inputs(), layer_factors=[0.5, 2.0])
    assert network.learning_rate_factors() == {"weights.0": 0.5, "weights.1": 2.0}
    with pytest.raises(OptionError, match=r"3 layer_factors for 2 graph layers"):
        head(inputs(), layer_factors=[1.0, 1.0, 1.0])


def test_graph_and_embeddings_are_saved_and_not_learned():
    network = head(inputs())
    saved = network.state_dict()
    assert {"embeddings", "edge_rows", "edge_columns", "edge_weights"} <= set(saved)
    assert all(not saved[name].requires_grad for name in saved)
    assert not {name for name, _ in network.named_parameters()} & {"embeddings", "edge_weights"}


def test_label_vectors_are_exact_under_autocast():
    network = head(inputs())
    with torch.autocast("cpu", torch.bfloat16):
        vectors = network.label_vectors()
    assert vectors.dtype == torch.float32
    assert torch.equal(vectors, network.label_vectors())
