from __future__ import annotations

import copy
import math

import pytest
import torch
from torch.nn import functional

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs
from corelate.models.heads.gcn_dynamic import GcnDynamicHead

LABELS, FEATURES, WIDTH = 4, 6, 5


def build(labels: int = LABELS, features: int = FEATURES, width: int = WIDTH, **options) -> GcnDynamicHead:
    torch.manual_seed(0)
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    return build_head("gcn_dynamic", {"width": width, **options}, HeadInputs(features, vocabulary)).eval()


def with_seen_statistics(head: GcnDynamicHead) -> GcnDynamicHead:
    """Let the batch norm have seen something and learned something."""
    norm = head.relations.global_norm
    with torch.no_grad():
        for tensor in (norm.running_mean, norm.bias):
            tensor.normal_()
        for tensor in (norm.running_var, norm.weight):
            tensor.uniform_(0.5, 2)
    return head


def maps(*size: int) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(1))


def leaky(value: float) -> float:
    return value if value > 0 else 0.2 * value


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def affine(layer: torch.nn.Linear, vector: list[float]) -> list[float]:
    biases = [0.0] * layer.out_features if layer.bias is None else layer.bias.tolist()
    return [dot(row, vector) + bias for row, bias in zip(layer.weight.tolist(), biases, strict=True)]


def slow_common(
    head: GcnDynamicHead, picture: torch.Tensor
) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """Return one picture's label vectors, the same after the static graph, and their mean before its batch norm."""
    places = picture.flatten(1).T.tolist()
    transformed = [affine(head.transform, place) for place in places]
    vectors = [
        [
            sum(sigmoid(dot(row, place)) * values[k] for place, values in zip(places, transformed, strict=True))
            for k in range(WIDTH)
        ]
        for row in head.map_classifier.weight.tolist()
    ]
    after_static = []
    for row, vector in zip(head.relations.static_graph.weight.tolist(), vectors, strict=True):
        mixed = [leaky(dot(row, [other[k] for other in vectors])) for k in range(WIDTH)]
        change = affine(head.relations.static_weight, mixed)
        after_static.append([v + leaky(c) for v, c in zip(vector, change, strict=True)])
    mean = [sum(vector[k] for vector in after_static) / LABELS for k in range(WIDTH)]
    return vectors, after_static, affine(head.relations.global_weight, mean)


def slow_logits(head: GcnDynamicHead, batch: torch.Tensor, share: float) -> list[list[float]]:
    """The definition, a number at a time, with the statistics of the batch in training."""
    relations, norm = head.relations, head.relations.global_norm
    parts = [slow_common(head, picture) for picture in batch]
    means, variances = norm.running_mean.tolist(), norm.running_var.tolist()
    if head.training:
        columns = list(zip(*(common for _, _, common in parts), strict=True))
        means = [sum(column) / len(column) for column in columns]
        variances = [sum((x - m) ** 2 for x in column) / len(column) for column, m in zip(columns, means, strict=True)]
    rows = []
    for picture, (vectors, after_static, common) in zip(batch, parts, strict=True):
        normed = [
            leaky((x - m) / math.sqrt(v + norm.eps) * scale + shift)
            for x, m, v, scale, shift in zip(
                common, means, variances, norm.weight.tolist(), norm.bias.tolist(), strict=True
            )
        ]
        logits = []
        for label in range(LABELS):
            # What label i hears from label j: channel j of a layer on (common, own vector of i).
            hears = [sigmoid(value) for value in affine(relations.dynamic_graph, normed + after_static[label])]
            heard = [leaky(share * dot(hears, [vector[k] for vector in after_static])) for k in range(WIDTH)]
            change = [leaky(value) for value in affine(relations.dynamic_weight, heard)]
            related = [v + c for v, c in zip(vectors[label], change, strict=True)]
            own = affine(head.label_classifiers, related)[label]
            seen = max(
                dot(head.map_classifier.weight[label].tolist(), place) for place in picture.flatten(1).T.tolist()
            )
            logits.append((seen + own) / 2)
        rows.append(logits)
    return rows


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("aggregation", "share"), [("sum", 1.0), ("mean", 1 / LABELS)])
def test_logits_are_those_of_the_definition(aggregation: str, share: float, training: bool):
    head = with_seen_statistics(build(aggregation=aggregation)).double().train(training)
    batch = maps(3, FEATURES, 3, 2).double()
    expected = torch.tensor(slow_logits(head, batch, share), dtype=torch.float64)
    assert torch.allclose(head(batch), expected, rtol=1e-10)


def test_sum_is_the_default_as_in_the_original():
    batch = maps(2, FEATURES, 2, 2)
    assert torch.equal(build()(batch), build(aggregation="sum")(batch))
    assert not torch.allclose(build()(batch), build(aggregation="mean")(batch))


def test_a_single_label_hears_only_itself_so_that_sum_and_mean_agree():
    batch = maps(2, FEATURES, 3, 3)
    assert torch.allclose(build(1)(batch), build(1, aggregation="mean")(batch))


def test_the_graph_of_a_picture_is_its_own_and_within_zero_and_one():
    graphs = build().relations.picture_graphs(maps(2, LABELS, WIDTH))
    assert graphs.shape == (2, LABELS, LABELS)
    assert graphs.min() > 0
    assert graphs.max() < 1
    assert not torch.allclose(graphs[0], graphs[1])


def test_a_label_s_classifier_acts_on_its_own_logit_alone():
    head, batch = build(), maps(2, FEATURES, 3, 3)
    before = head(batch)
    with torch.no_grad():
        head.label_classifiers.weight[2] += 1
    assert ((head(batch) != before).any(0) == torch.tensor([False, False, True, False])).all()


def test_what_one_label_shows_changes_what_another_scores():
    head, batch = build(), maps(1, FEATURES, 3, 3)
    before = head(batch)
    with torch.no_grad():
        head.map_classifier.weight[0] += 1
    assert (head(batch)[:, 1:] != before[:, 1:]).all()


def test_the_order_of_the_places_does_not_matter():
    head, batch = build(), maps(2, FEATURES, 3, 3)
    assert torch.allclose(head(batch.flip(3).transpose(2, 3)), head(batch), atol=1e-5)


def test_a_mean_keeps_its_size_at_any_number_of_labels():
    batch = maps(4, FEATURES, 7, 7)
    sizes = {
        (aggregation, labels): build(labels, aggregation=aggregation)(batch).abs().mean().item()
        for aggregation in ("sum", "mean")
        for labels in (10, 1000)
    }
    assert sizes["mean", 1000] < 2 * sizes["mean", 10]
    assert sizes["sum", 1000] > 20 * sizes["sum", 10]


def test_a_mean_of_thousands_of_labels_stays_within_half_precision():
    batch = 10 + maps(1, FEATURES, 7, 7)
    exact = build(4000, aggregation="mean")(batch)
    logits = build(4000, aggregation="mean").half()(batch.half())
    assert torch.allclose(logits.float(), exact, atol=0.02 * exact.abs().max().item())
    assert not torch.isfinite(build(4000).half()(batch.half())).all()


def test_one_picture_can_be_trained_on():
    head = with_seen_statistics(build()).train()
    batch = maps(1, FEATURES, 3, 3)
    norm = copy.deepcopy(head.relations.global_norm.state_dict())
    logits = head(batch)
    logits.square().sum().backward()
    assert head.relations.global_weight.weight.grad.abs().sum() > 0
    assert all(torch.equal(value, norm[name]) for name, value in head.relations.global_norm.state_dict().items())
    assert torch.allclose(logits, head.eval()(batch), atol=1e-6)


def test_several_pictures_teach_the_running_statistics():
    head = build().train()
    head(maps(3, FEATURES, 3, 3))
    assert head.relations.global_norm.num_batches_tracked == 1
    assert head.relations.global_norm.running_mean.abs().sum() > 0


def test_mixed_precision_gives_finite_gradients():
    head = build(aggregation="mean").train()
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(maps(3, FEATURES, 3, 3))
    logits.float().square().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in head.parameters())


def test_parameters_are_as_many_as_in_the_original_for_coco():
    # 5,665,184 learned numbers beside the backbone: map classifier 80 × 2048, transform 1024 × 2049, static graph 80²,
    # three layers 1024 × 1025, batch norm 2 × 1024, dynamic graph 80 × 2049 and label classifiers 80 × 1025. One bias,
    # that of the layer before the batch norm, is left out here.
    head = build(80, 2048, 1024)
    assert sum(parameter.numel() for parameter in head.parameters()) == 5_665_184 - 1024


@pytest.mark.parametrize("options", [{"width": 0}, {"aggregation": "max"}, {"dropout": 1.0}])
def test_options_have_limits(options: dict):
    with pytest.raises(OptionError, match=f"head gcn_dynamic: {next(iter(options))} = "):
        build(**options)


def test_dropout_works_in_training_only():
    head, batch = build(dropout=0.5), maps(2, FEATURES, 3, 3)
    assert torch.equal(head(batch), head(batch))
    head.train()
    assert not torch.equal(head(batch), head(batch))


def test_a_label_that_only_others_imply_is_learned():
    # The third label shows nowhere; it is there when both others are.
    torch.manual_seed(0)
    head = build(3, 8, 16, aggregation="mean").train()
    targets = torch.tensor([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]] * 8).float()
    batch = 0.1 * torch.randn(32, 8, 3, 3)
    batch[targets[:, 0] == 1, 2, 0, 1] += 2
    batch[targets[:, 1] == 1, 5, 2, 2] += 2
    optimiser = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(150):
        loss = functional.binary_cross_entropy_with_logits(head(batch), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ((head.eval()(batch) > 0) == (targets == 1)).all()
