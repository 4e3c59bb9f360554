"""What heads say of where they look, against what their forward pass does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import build_graph
from corelate.labels.graph_options import GraphOptions
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.models.annotator import build_head
from corelate.models.heads import HEADS
from corelate.models.heads.attention import MultiHeadAttention
from corelate.models.heads.base import HeadInputs
from corelate.models.heads.csra import MAXIMUM
from corelate.models.sequences.followed import Followed

LABELS, FEATURES = 7, 12
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])
TARGETS = TargetMatrix.from_dense(np.random.default_rng(0).integers(0, 2, (40, LABELS), dtype=np.int8))
COUNTS = CooccurrenceCounts.from_targets(TARGETS, VOCABULARY)
INPUTS = HeadInputs(
    FEATURES,
    VOCABULARY,
    torch.linspace(0, 1, LABELS),
    build_graph(COUNTS, GraphOptions().settings()),
    embeddings_from_counts(COUNTS, 5),
)
SEQUENCE = {"hidden": 16, "embedding_width": 5, "max_labels": 4}
OPTIONS: dict[str, dict[str, Any]] = {
    "ml_gcn": {"hidden": [16]},
    "csra": {"heads": 2},
    "gcn_dynamic": {"width": 16},
    "ml_decoder": {"width": 16, "heads": 4, "groups": 3, "feed_forward": 32, "layers": 2},
    "query2label": {"width": 16, "heads": 4, "feed_forward": 32},
    **dict.fromkeys(("ria", "sr_cnn_rnn"), SEQUENCE),
    **{name: {**SEQUENCE, "attention_width": 6} for name in ("attention_rnn", "orderless_rnn")},
}
ATTENDING = tuple(name for name in HEADS.names if HEADS.load(name).attends)
# Its weights are sigmoids, one by one.
WITHOUT_SOFTMAX = "gcn_dynamic"


def build(name: str, **options: Any) -> Any:
    torch.manual_seed(0)
    return build_head(name, {**OPTIONS.get(name, {}), **options}, INPUTS).eval()


def test_heads_say_whether_they_attend():
    assert {"csra", "gcn_dynamic", "ml_decoder", "query2label", "attention_rnn", "orderless_rnn"} <= set(ATTENDING)
    for name in HEADS.names:
        assert (build(name).attention(torch.randn(1, FEATURES, 2, 2), [0]) is None) == (name not in ATTENDING)


@pytest.mark.parametrize("name", ATTENDING)
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (5, 2), (7, 7)])
def test_attention_has_a_map_for_each_label(name: str, size: tuple[int, int]):
    maps = build(name).attention(torch.randn(3, FEATURES, *size), [4, 0])
    assert maps.shape == (3, 2, *size)
    assert torch.isfinite(maps).all()
    assert (maps >= 0).all()
    if name != WITHOUT_SOFTMAX:
        assert torch.allclose(maps.sum((2, 3)), torch.ones(3, 2), atol=1e-5)


@pytest.mark.parametrize("name", ATTENDING)
def test_each_label_has_the_map_that_it_has_among_all(name: str):
    head, features = build(name), torch.randn(2, FEATURES, 3, 4)
    everything = head.attention(features, range(LABELS))
    assert torch.allclose(head.attention(features, [5, 1, 5]), everything[:, [5, 1, 5]], atol=1e-6)


@pytest.mark.parametrize("name", ATTENDING)
@pytest.mark.parametrize("scale", [0.0, 1e6])
def test_attention_of_extreme_features_is_finite(name: str, scale: float):
    maps = build(name).attention(scale * torch.randn(2, FEATURES, 3, 3), [0, 1])
    assert torch.isfinite(maps).all()
    assert (maps >= 0).all()


def test_the_grid_is_read_row_by_row():
    # A single bright place, in the row 1 and the column 3 of 2×4.
    features = torch.zeros(1, FEATURES, 2, 4)
    features[0, :, 1, 3] = 5 * torch.sign(build("csra").classifiers.weight[2])
    for name in ("csra", "gcn_dynamic"):
        head = build(name)
        layer = head.classifiers if name == "csra" else head.map_classifier
        with torch.no_grad():
            layer.weight.copy_(torch.sign(build("csra").classifiers.weight[2]).expand_as(layer.weight))
        assert head.attention(features, [2])[0, 0].flatten().argmax() == 1 * 4 + 3


def test_weights_gather_what_multi_head_attention_gathers():
    torch.manual_seed(0)
    attention = MultiHeadAttention(8, 2, 0.5).eval()
    query, key, value = torch.randn(3, 4, 8), torch.randn(3, 5, 8), torch.randn(3, 5, 8)
    values = attention.value(value).unflatten(-1, (2, 4)).transpose(1, 2)
    gathered = attention.weights(query, key) @ values
    assert torch.allclose(
        attention.output(gathered.transpose(1, 2).flatten(2)), attention(query, key, value), atol=1e-6
    )


@pytest.mark.parametrize("name", ["ml_decoder", "query2label"])
def test_decoders_show_the_attention_of_their_last_layer(name: str):
    head, seen = build(name), []
    last = (head.layers if name == "ml_decoder" else head.decoder)[-1].attention.attention
    last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[:2]))
    features = torch.randn(2, FEATURES, 3, 4)
    head(features)
    expected = last.weights(*seen[0]).mean(1)
    if name == "ml_decoder":
        expected = expected[:, [label // head.classifier.factor for label in range(LABELS)]]
    assert torch.allclose(head.attention(features, range(LABELS)).flatten(2), expected, atol=1e-6)


@pytest.mark.parametrize("temperatures", [[1.0], [MAXIMUM], [2.0, MAXIMUM], [0.0, 1.0, 5.0, MAXIMUM]])
def test_csra_gives_its_logits_with_these_weights(temperatures: list[float]):
    head = build("csra", heads=len(temperatures), temperatures=temperatures, attention_weight=0.3)
    features = torch.randn(2, FEATURES, 3, 4)
    logits, means = torch.zeros(2, LABELS), torch.zeros(2, LABELS, 3, 4)
    for number, temperature in enumerate(temperatures):
        classifiers = head.classifiers.weight.view(len(temperatures), LABELS, FEATURES)[number]
        for label, classifier in enumerate(classifiers):
            scores = torch.einsum("bdhw,d->bhw", features, classifier / classifier.norm())
            if temperature == MAXIMUM:
                weights = (scores == scores.amax((1, 2), keepdim=True)).float()
            else:
                weights = torch.softmax(temperature * scores.flatten(1), 1).view_as(scores)
            means[:, label] += weights / len(temperatures)
            logits[:, label] += scores.mean((1, 2)) + 0.3 * (weights * scores).sum((1, 2))
    assert torch.allclose(head.attention(features, range(LABELS)), means, atol=1e-5)
    assert torch.allclose(head(features), logits, atol=1e-5)


def test_the_maximum_of_csra_is_one_place_or_shared_by_equal_ones():
    head, features = build("csra", heads=1, temperatures=[MAXIMUM]), torch.randn(1, FEATURES, 2, 3)
    assert ((head.attention(features, [0]) > 0).sum((2, 3)) == 1).all()
    assert torch.allclose(head.attention(torch.ones(1, FEATURES, 2, 3), [0]), torch.tensor(1 / 6))


def test_the_dynamic_graph_gathers_vectors_with_its_label_map():
    head, features = build("gcn_dynamic"), torch.randn(2, FEATURES, 3, 4)
    gathered = head.attention(features, range(LABELS)).flatten(2) @ head.transform(features.flatten(2).transpose(1, 2))
    again = gathered + head.relations(gathered)
    own = (again * head.label_classifiers.weight).sum(2) + head.label_classifiers.bias
    largest = torch.einsum("bdhw,ld->blhw", features, head.map_classifier.weight).amax((2, 3))
    assert torch.allclose((largest + own) / 2, head(features), atol=1e-5)


@pytest.mark.parametrize("name", ["attention_rnn", "orderless_rnn"])
def test_recurrent_attention_is_that_of_a_step_by_step_pass(name: str):
    head, features = build(name, beam_width=3), torch.randn(1, FEATURES, 3, 4)
    written = [label for label in head.search(features).labels[0, 0].tolist() if label != head.decoder.stop]
    start, token = head.start(features), head.decoder.start
    hidden, cell = start.hidden, start.cell
    maps = head.attention(features, [*written, head.decoder.stop])[0]
    for step, label in enumerate([*written, head.decoder.stop]):
        gates = head.decoder.token_gates(torch.tensor([token]))
        hidden, cell, weights = head.decoder.step(hidden, cell, gates, start.memory)
        assert torch.allclose(maps[step].flatten(), weights[0], atol=1e-6)
        token = label


@pytest.mark.parametrize("name", [name for name in HEADS.names if HEADS.load(name).predicts == "labels"])
def test_evidence_is_the_logits(name: str):
    head, features = build(name), torch.randn(2, FEATURES, 3, 3)
    assert torch.equal(head.evidence(features, [3, 0]), head(features)[:, [3, 0]])


@pytest.mark.parametrize("name", [name for name in HEADS.names if HEADS.load(name).predicts == "tokens"])
def test_evidence_of_a_sequence_adds_up_to_what_the_search_found(name: str):
    head, features = build(name, beam_width=3), torch.randn(3, FEATURES, 3, 3)
    found = head.search(features)
    for row in range(3):
        written = [label for label in found.labels[row, 0].tolist() if label != head.decoder.stop]
        evidence = head.evidence(features[row : row + 1], [*written, head.decoder.stop])
        assert evidence.sum().item() == pytest.approx(found.log_probabilities[row, 0].item(), abs=1e-5)


def followed(tokens: list[int], labels: int = 3) -> Followed:
    torch.manual_seed(1)
    steps = len(tokens)
    return Followed(
        torch.tensor([tokens]),
        torch.randn(1, steps, labels + 1).log_softmax(2),
        torch.arange(steps).float().view(1, -1, 1).expand(-1, -1, 4),
    )


def test_a_repeated_label_keeps_its_first_step():
    assert followed([1, 0, 1, 3]).steps([1, 0, 3]).tolist() == [[0, 1, 3]]


def test_stop_is_the_first_of_the_stops_that_fill_up():
    assert followed([1, 3, 3, 3]).steps([3]).tolist() == [[1]]


def test_a_label_that_is_not_written_belongs_to_its_most_probable_step_before_the_end():
    values = followed([1, 0, 3, 3])
    values.log_probabilities[0, :, 2] = torch.tensor([-3.0, -1.0, -2.0, -0.1])
    assert values.steps([2]).tolist() == [[1]]
    assert values.chosen_log_probabilities([2, 0]).tolist() == [[-1.0, values.log_probabilities[0, 1, 0].item()]]
    assert values.chosen_attention([2, 1])[0, :, 0].tolist() == [1.0, 0.0]


def test_an_empty_sequence_has_the_step_of_its_stop():
    assert followed([3, 3]).steps([0, 1, 3]).tolist() == [[0, 0, 0]]
