from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import PRESETS, LabelGraph, build_graph
from corelate.models.annotator import build_head
from corelate.models.heads import HEADS
from corelate.models.heads.base import Head, HeadInputs

LABELS, FEATURES = 7, 12
OPTIONS = {
    "ml_gcn": {"hidden": [9]},
    "gcn_dynamic": {"width": 8},
    "ml_decoder": {"width": 16, "heads": 4, "groups": 3, "feed_forward": 32},
    "query2label": {"width": 16, "heads": 4, "feed_forward": 32},
    **{name: {"hidden": 16, "embedding_width": 5, "max_labels": 4} for name in ("ria", "sr_cnn_rnn")},
    **{
        name: {"hidden": 16, "embedding_width": 5, "max_labels": 4, "attention_width": 6}
        for name in ("attention_rnn", "orderless_rnn")
    },
}


def inputs(labels: int = LABELS, preset: str = "seed-gcn") -> HeadInputs:
    chance = np.random.default_rng(0)
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    present = (chance.random((60, labels)) < 0.4).astype(np.int8)
    counts = CooccurrenceCounts.from_targets(TargetMatrix.from_dense(present), vocabulary)
    vectors = LabelEmbeddings(vocabulary, chance.normal(size=(labels, 5)).astype(np.float32), "drawn")
    frequencies = np.linspace(0.1, 0.9, labels)
    return HeadInputs(FEATURES, vocabulary, frequencies, build_graph(counts, PRESETS[preset]), vectors)


def build(name: str, about: HeadInputs | None = None, **options) -> Head:
    torch.manual_seed(0)
    return build_head(name, {**OPTIONS.get(name, {}), **options}, about or inputs()).eval()


def picture(*size: int) -> torch.Tensor:
    return torch.randn(1, FEATURES, *(size or (3, 4)), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", HEADS.names)
def test_heads_that_relate_labels_say_how_and_others_nothing(name: str):
    head, features = build(name), picture()
    with torch.no_grad():
        found = head.influences(features, [4, 0])
        assert (found is not None) == head.relates_labels
        assert (head.graph_edges() is not None) == head.needs_graph
        if found is None:
            return
        assert torch.allclose(found.logits, head(features)[0, [4, 0]], atol=1e-5)
    assert found.contributions.shape == found.weights.shape == (2, LABELS)
    assert found.base.shape == found.logits.shape == (2,)
    if found.parts:
        assert torch.allclose(sum(found.parts.values()), found.base, atol=1e-6)


def slow_ml_gcn(head: Head, graph: LabelGraph, features: list[float], silent: tuple[int, ...] = ()) -> list[float]:
    """Return all logits by the definition, a number at a time; silent labels say nothing in the last layer."""
    adjacency, vectors = graph.dense().tolist(), head.embeddings.tolist()
    for number, weight in enumerate(parameter.tolist() for parameter in head.weights):
        last = number == len(head.weights) - 1
        spoken = [
            [sum(x * row[k] for x, row in zip(vector, weight, strict=True)) for k in range(len(weight[0]))]
            for vector in vectors
        ]
        vectors = [
            [
                sum(a * spoken[j][k] for j, a in enumerate(row) if not (last and j in silent))
                for k in range(len(weight[0]))
            ]
            for row in adjacency
        ]
        if not last:
            vectors = [[value if value > 0 else 0.2 * value for value in vector] for vector in vectors]
    return [sum(f * v for f, v in zip(features, vector, strict=True)) for vector in vectors]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("options", [{}, {"hidden": []}, {"hidden": [4, 3]}, {"pooling": "max"}])
def test_shares_of_ml_gcn_are_what_is_lost_without_each_label(preset: str, options: dict):
    about, features = inputs(preset=preset), picture()
    head = build("ml_gcn", about, **options)
    pooled = head.pool(features).flatten().tolist()
    found = head.influences(features, range(LABELS))
    whole = slow_ml_gcn(head, about.graph, pooled)
    for label in range(LABELS):
        without = slow_ml_gcn(head, about.graph, pooled, silent=(label,))
        lost = torch.tensor(whole) - torch.tensor(without)
        assert torch.allclose(found.contributions[:, label], lost, atol=1e-5)
    assert torch.allclose(found.logits, torch.tensor(whole), atol=1e-5)
    assert torch.equal(found.base, torch.zeros(LABELS))
    assert np.allclose(found.weights.numpy(), about.graph.dense())


def test_shares_of_ml_gcn_add_up_to_the_logit():
    head, features = build("ml_gcn"), picture()
    found = head.influences(features, range(LABELS))
    assert found.adds_up
    assert torch.allclose(found.contributions.sum(1), head(features)[0], atol=1e-5)
    assert (found.contributions[found.weights == 0] == 0).all()


def silenced(head: Head, labels: list[int], features: torch.Tensor) -> torch.Tensor:
    """Return the logits when some labels' columns of the picture's graph are really set to zero."""
    usual = head.relations.picture_graphs

    def edited(vectors: torch.Tensor) -> torch.Tensor:
        graph = usual(vectors).clone()
        graph[:, :, labels] = 0
        return graph

    head.relations.picture_graphs = edited
    try:
        return head(features)[0].detach()
    finally:
        head.relations.picture_graphs = usual


@pytest.mark.parametrize("aggregation", ["sum", "mean"])
def test_influences_of_gcn_dynamic_are_those_of_an_edited_graph(aggregation: str):
    head, features = build("gcn_dynamic", aggregation=aggregation).double(), picture().double()
    columns = [5, 0, 3]
    found = head.influences(features, columns)
    whole = head(features)[0].detach()
    for label in range(LABELS):
        lost = (whole - silenced(head, [label], features))[columns]
        assert torch.allclose(found.contributions[:, label], lost, atol=1e-10)
    assert torch.allclose(found.base, silenced(head, list(range(LABELS)), features)[columns], atol=1e-10)
    assert torch.allclose(found.logits, whole[columns], atol=1e-10)
    assert not found.adds_up
    assert not torch.allclose(found.base + found.contributions.sum(1), found.logits, atol=1e-6)


def test_weights_of_gcn_dynamic_are_the_picture_s_graph():
    head, features = build("gcn_dynamic"), picture()
    found = head.influences(features, [2])
    with torch.no_grad():
        places = features.flatten(2).transpose(1, 2)
        vectors = torch.sigmoid(head.map_classifier(places)).transpose(1, 2) @ head.transform(places)
        graph = head.relations.picture_graphs(head.relations.after_static_graph(vectors))
    assert torch.allclose(found.weights, graph[0, [2]])


def test_the_map_s_part_is_half_of_its_largest_value():
    head, features = build("gcn_dynamic"), picture()
    places = features[0].flatten(1).T.tolist()
    row = head.map_classifier.weight[1].tolist()
    largest = max(math.fsum(w * x for w, x in zip(row, place, strict=True)) for place in places)
    found = head.influences(features, [1])
    assert float(found.parts["its map's largest value"]) == pytest.approx(largest / 2, abs=1e-5)


@pytest.mark.parametrize("name", ["ml_gcn", "gcn_dynamic"])
def test_a_single_label_has_only_itself(name: str):
    head = build(name, inputs(labels=1))
    found = head.influences(picture(1, 1), [0])
    assert found.contributions.shape == (1, 1)
    assert torch.allclose(found.base + found.contributions[:, 0], found.logits, atol=1e-5)


def test_graph_edges_are_those_it_was_built_with():
    about = inputs(preset="ml-gcn")
    rows, columns, weights = build("ml_gcn", about).graph_edges()
    dense = np.zeros((LABELS, LABELS), np.float32)
    dense[rows, columns] = weights
    assert np.array_equal(dense, about.graph.dense())
