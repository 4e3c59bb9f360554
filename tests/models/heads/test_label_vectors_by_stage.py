"""That the vectors a head names are those its logits are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import build_graph
from corelate.labels.graph_options import GraphOptions
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.models.annotator import build_head
from corelate.models.heads.base import Head, HeadInputs
from corelate.models.heads.grouped_linear import GroupedLinear

LABELS, FEATURES = 7, 12
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])
TARGETS = TargetMatrix.from_dense(np.random.default_rng(0).integers(0, 2, (40, LABELS), dtype=np.int8))
COUNTS = CooccurrenceCounts.from_targets(TARGETS, VOCABULARY)
EMBEDDINGS = embeddings_from_counts(COUNTS, 5)
GRAPH = build_graph(COUNTS, GraphOptions().settings())
INPUTS = HeadInputs(FEATURES, VOCABULARY, torch.linspace(0, 1, LABELS), GRAPH, EMBEDDINGS)
SMALL = {"hidden": 16, "embedding_width": 5, "max_labels": 4}


def build(name: str, **options: Any) -> Head:
    torch.manual_seed(0)
    return build_head(name, options, INPUTS).eval()


def test_a_head_that_does_not_say_has_none():
    assert Head(INPUTS, None).label_vectors_by_stage() == {}


@pytest.mark.parametrize(("name", "options"), [("linear", {}), ("ml_gcn", {"hidden": [16]})])
def test_classifiers_times_pooled_features_are_the_logits(name: str, options: dict[str, Any]):
    head, maps = build(name, **options), torch.randn(3, FEATURES, 2, 2)
    logits = functional.linear(maps.mean((2, 3)), head.label_vectors_by_stage()["classifiers"])
    assert torch.allclose(logits, head(maps), atol=1e-6)


@pytest.mark.parametrize("normalise", [True, False])
def test_csra_on_one_place_adds_up_its_classifiers(normalise: bool):
    head, maps = build("csra", heads=4, normalise=normalise), torch.randn(3, FEATURES, 1, 1)
    classifiers = head.label_vectors_by_stage()["classifiers"]
    assert classifiers.shape == (LABELS, 4 * FEATURES)
    logits = functional.linear(maps.flatten(1).repeat(1, 4), classifiers) * (1 + head.options.attention_weight)
    assert torch.allclose(logits, head(maps), atol=1e-5)


def test_ml_gcn_keeps_what_it_was_built_from():
    stages = build("ml_gcn", hidden=[16]).label_vectors_by_stage()
    assert list(stages) == ["given vectors", "classifiers"]
    assert np.array_equal(stages["given vectors"], EMBEDDINGS.vectors)


@pytest.mark.parametrize(("labels", "groups"), [(7, 3), (7, 7), (6, 2), (1, 5)])
def test_weights_of_grouped_labels(labels: int, groups: int):
    layer = GroupedLinear(groups, 4, labels)
    vectors = torch.randn(2, layer.groups, 4)
    weights = layer.label_weights()
    assert weights.shape == (labels, 4)
    expected = torch.stack([vectors[:, label // layer.factor] @ weights[label] for label in range(labels)], dim=1)
    assert torch.allclose(layer(vectors), expected + layer.bias, atol=1e-6)


def test_query2label_has_queries_and_classifiers():
    head = build("query2label", width=16, heads=4, feed_forward=32)
    stages = head.label_vectors_by_stage()
    assert list(stages) == ["trained vectors", "classifiers"]
    assert torch.equal(stages["trained vectors"], head.queries[0])


@pytest.mark.parametrize(
    ("kind", "stage"), [("fixed", "given vectors"), ("tuned", "trained vectors"), ("learned", "trained vectors")]
)
def test_heads_that_write_labels(kind: str, stage: str):
    head = build("ria", label_vectors=kind, **SMALL)
    stages = head.label_vectors_by_stage()
    assert list(stages) == [stage, "decoder outputs"]
    assert stages[stage].shape == (LABELS, 5)
    if kind != "learned":
        assert np.array_equal(stages[stage], EMBEDDINGS.vectors)
    states = torch.randn(3, 16)
    bias = head.decoder.output.bias[:LABELS]
    expected = head.decoder.logits(states)[:, :LABELS]
    assert torch.allclose(functional.linear(states, stages["decoder outputs"], bias), expected, atol=1e-6)


def test_sr_cnn_rnn_has_classifiers_of_pictures_too():
    head = build("sr_cnn_rnn", label_vectors="fixed", **SMALL)
    stages = head.label_vectors_by_stage()
    assert list(stages) == ["given vectors", "classifiers", "decoder outputs"]
    assert torch.equal(stages["classifiers"], head.classifier.weight)


def test_gcn_dynamic_has_two_kinds_of_classifiers():
    stages = build("gcn_dynamic", width=16).label_vectors_by_stage()
    assert {stage: tuple(vectors.shape) for stage, vectors in stages.items()} == {
        "classifiers of places": (LABELS, FEATURES),
        "classifiers": (LABELS, 16),
    }
