"""Maps from gradients, against closed forms and a naive loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.explain.attention.gradient_maps import gradient_maps
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import build_graph
from corelate.labels.graph_options import GraphOptions
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.models.annotator import build_head
from corelate.models.heads import HEADS
from corelate.models.heads.base import HeadInputs

LABELS, FEATURES = 5, 8
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])
TARGETS = TargetMatrix.from_dense(np.random.default_rng(0).integers(0, 2, (40, LABELS), dtype=np.int8))
COUNTS = CooccurrenceCounts.from_targets(TARGETS, VOCABULARY)
INPUTS = HeadInputs(
    FEATURES,
    VOCABULARY,
    torch.linspace(0, 1, LABELS),
    build_graph(COUNTS, GraphOptions().settings()),
    embeddings_from_counts(COUNTS, 4),
)
SEQUENCE = {"hidden": 16, "embedding_width": 4, "max_labels": 3}
OPTIONS: dict[str, dict[str, Any]] = {
    "ml_gcn": {"hidden": [16]},
    "gcn_dynamic": {"width": 16},
    "ml_decoder": {"width": 16, "heads": 4, "groups": 3, "feed_forward": 32},
    "query2label": {"width": 16, "heads": 4, "feed_forward": 32},
    **dict.fromkeys(("ria", "sr_cnn_rnn", "attention_rnn", "orderless_rnn"), SEQUENCE),
}


def build(name: str, **options: Any) -> Any:
    torch.manual_seed(0)
    return build_head(name, {**OPTIONS.get(name, {}), **options}, INPUTS).eval()


@pytest.mark.parametrize("name", HEADS.names)
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (4, 3)])
@pytest.mark.parametrize("place_by_place", [True, False])
def test_every_head_gives_maps(name: str, size: tuple[int, int], place_by_place: bool):
    head, features = build(name), torch.randn(3, FEATURES, *size)
    maps = gradient_maps(head, features, [4, 0], place_by_place=place_by_place)
    assert maps.shape == (3, 2, *size)
    assert torch.isfinite(maps).all()
    assert (maps >= 0).all()
    assert not maps.requires_grad
    alone = gradient_maps(head, features[1:2], [0], place_by_place=place_by_place)
    assert torch.allclose(alone[0, 0], maps[1, 1], atol=1e-6)
    assert all(parameter.grad is None for parameter in head.parameters())


@pytest.mark.parametrize("name", ["linear", "ml_gcn"])
@pytest.mark.parametrize("place_by_place", [True, False])
def test_after_average_pooling_both_are_the_class_activation_map(name: str, place_by_place: bool):
    head, features = build(name), torch.randn(2, FEATURES, 3, 4)
    classifiers = head.classifier.weight if name == "linear" else head.label_vectors()
    activation = torch.einsum("bdhw,ld->blhw", features, classifiers) / 12
    maps = gradient_maps(head, features, range(LABELS), place_by_place=place_by_place)
    assert torch.allclose(maps, activation.relu(), atol=1e-6)
    bias = head.classifier.bias if name == "linear" else 0
    assert torch.allclose(activation.sum((2, 3)) + bias, head(features), atol=1e-5)


def test_after_max_pooling_the_places_get_what_the_logit_has_from_them():
    head, features = build("linear", pooling="max"), torch.rand(1, FEATURES, 3, 4)
    with torch.no_grad():
        head.classifier.weight.abs_()
    expected = torch.zeros(3, 4)
    for channel in range(FEATURES):
        place = divmod(int(features[0, channel].argmax()), 4)
        expected[place] += head.classifier.weight[2, channel] * features[0, channel][place]
    maps = gradient_maps(head, features, [2])
    assert torch.allclose(maps[0, 0], expected, atol=1e-6)
    assert maps.sum().item() == pytest.approx((head(features)[0, 2] - head.classifier.bias[2]).item(), abs=1e-5)


def test_after_max_pooling_mean_gradients_also_light_places_that_were_not_used():
    head, features = build("linear", pooling="max"), torch.rand(1, FEATURES, 3, 4)
    with torch.no_grad():
        head.classifier.weight.abs_()
    mean = torch.einsum("dhw,d->hw", features[0], head.classifier.weight[1]) / 12
    maps = gradient_maps(head, features, [1], place_by_place=False)
    assert torch.allclose(maps[0, 0], mean.relu(), atol=1e-6)
    assert (maps > 0).sum() > (gradient_maps(head, features, [1]) > 0).sum()


def test_a_label_that_nothing_speaks_for_has_a_map_of_zeros():
    head = build("linear")
    with torch.no_grad():
        head.classifier.weight.copy_(-head.classifier.weight.abs())
    assert (gradient_maps(head, torch.rand(1, FEATURES, 3, 4), [0, 1]) == 0).all()


def test_gradients_are_taken_inside_no_grad():
    with torch.no_grad():
        assert gradient_maps(build("ria"), torch.randn(1, FEATURES, 2, 2), [0]).shape == (1, 1, 2, 2)
