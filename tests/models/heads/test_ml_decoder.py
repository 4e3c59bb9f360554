"""ML-Decoder against its definition with torch's own modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.annotator import build_head
from corelate.models.heads.attention import MultiHeadAttention
from corelate.models.heads.base import HeadInputs

FEATURES = 6
SMALL = {"width": 16, "heads": 4, "feed_forward": 24, "groups": 4}


def build(labels: int, features: int = FEATURES, **options: Any) -> nn.Module:
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    return build_head("ml_decoder", {**SMALL, **options}, HeadInputs(features, vocabulary)).eval()


@torch.no_grad()
def randomise(head: nn.Module) -> nn.Module:
    """Fill every parameter, so that biases and norms take part in the comparison."""
    for parameter in head.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.3)
    return head


def by_definition(head: nn.Module, maps: torch.Tensor) -> torch.Tensor:
    """Return the logits by torch's attention module and a loop over the labels."""
    batch, features = maps.shape[:2]
    places = functional.relu(maps.reshape(batch, features, -1).mT @ head.embed.weight.T + head.embed.bias)
    vectors = head.queries.repeat(batch, 1, 1)
    for layer in head.layers:
        vectors = layer.norm(vectors + vectors)
        vectors = layer.attention.norm(vectors + _attention(layer.attention.attention, vectors, places))
        block = layer.feed_forward
        vectors = block.norm(vectors + block.outer(torch.relu(block.inner(vectors))))
    classifier = head.classifier
    columns = []
    for label in range(classifier.labels):
        group, column = divmod(label, classifier.factor)
        columns.append(vectors[:, group] @ classifier.weight[group, :, column] + classifier.bias[label])
    return torch.stack(columns, dim=1)


def _attention(ours: MultiHeadAttention, query: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    projections = (ours.query, ours.key, ours.value)
    biases = torch.cat([ours.query.bias, torch.zeros_like(ours.query.bias), ours.value.bias])
    oracle = nn.MultiheadAttention(query.shape[-1], ours.heads, batch_first=True)
    oracle.in_proj_weight = nn.Parameter(torch.cat([projection.weight for projection in projections]))
    oracle.in_proj_bias = nn.Parameter(biases)
    oracle.out_proj = ours.output
    return oracle(query, places, places)[0]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        pytest.param(12, {}, id="groups divide labels"),
        pytest.param(10, {}, id="the last group has fewer labels"),
        pytest.param(9, {}, id="fewer groups hold all labels"),
        pytest.param(3, {}, id="fewer labels than groups"),
        pytest.param(1, {}, id="one label"),
        pytest.param(10, {"groups": 0}, id="one query a label"),
        pytest.param(10, {"layers": 3}, id="three layers"),
        pytest.param(10, {"learned_queries": True}, id="learned queries"),
    ],
)
def test_logits_follow_the_definition(labels: int, options: dict[str, Any]):
    head, maps = randomise(build(labels, **options)), torch.randn(3, FEATURES, 2, 5)
    assert torch.allclose(head(maps), by_definition(head, maps), atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "groups", "queries"), [(10, 4, 4), (9, 4, 3), (3, 4, 3), (10, 0, 10), (10, 10, 10), (10, 99, 10)]
)
def test_there_are_no_more_queries_than_groups_with_labels(labels: int, groups: int, queries: int):
    assert build(labels, groups=groups).queries.shape == (1, queries, 16)


def test_queries_are_fixed_but_saved():
    head, other = build(10), build(10)
    assert "queries" not in dict(head.named_parameters())
    maps = torch.randn(2, FEATURES, 3, 3)
    assert not torch.allclose(other(maps), head(maps))
    other.load_state_dict(head.state_dict())
    assert torch.equal(other(maps), head(maps))


def test_queries_can_be_learned():
    head = build(10, learned_queries=True)
    head(torch.randn(2, FEATURES, 3, 3)).sum().backward()
    assert head.queries.grad.abs().sum() > 0


def test_queries_do_not_see_each_other():
    head, maps = randomise(build(12)), torch.randn(2, FEATURES, 3, 3)
    before = head(maps)
    head.queries[:, 1] = 0
    changed = (head(maps) != before).any(0).nonzero().flatten().tolist()
    assert changed == [3, 4, 5]


def test_the_order_of_the_places_does_not_matter():
    head, maps = randomise(build(12)), torch.randn(2, FEATURES, 3, 4)
    shuffled = maps.flatten(2)[:, :, torch.randperm(12)].unflatten(2, (4, 3))
    assert torch.allclose(head(shuffled), head(maps), atol=1e-5)


def test_each_picture_drops_other_parts_of_the_queries():
    head = build(12, dropout=0.5).train()
    maps = torch.randn(1, FEATURES, 3, 3).repeat(2, 1, 1, 1)
    first_layer = head.layers[0]
    seen = []
    first_layer.norm.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    head(maps)
    assert not torch.equal(seen[0][0], seen[0][1])


@pytest.mark.parametrize("options", [{}, {"layers": 2}, {"groups": 0}, {"learned_queries": True}], ids=str)
def test_the_deployed_head_gives_the_same_logits(options: dict[str, Any]):
    head, maps = randomise(build(10, **options)), torch.randn(3, FEATURES, 2, 3)
    deployed, expected = head.deployed(), head(maps)
    assert torch.allclose(deployed(maps), expected, atol=1e-6)
    randomise(head)
    assert torch.allclose(deployed(maps), expected, atol=1e-6), "later training must not reach what was deployed"


def test_the_deployed_head_does_not_project_its_queries_again():
    head, maps = build(10), torch.randn(3, FEATURES, 2, 3)
    deployed = head.deployed()
    projections = []
    deployed.layers[0].attention.attention.query.register_forward_hook(lambda *_: projections.append(1))
    deployed(maps)
    assert not projections


def test_a_width_that_the_heads_cannot_share_is_refused():
    with pytest.raises(OptionError, match="head ml_decoder: width = 18 must be a multiple of heads = 4"):
        build(10, width=18)


def test_options_beyond_their_limits_are_refused():
    with pytest.raises(OptionError, match=r"width = 0: .*; .*groups = -1: .*; .*layers = 0: .*; .*dropout = 1\.0: "):
        build(10, width=0, groups=-1, layers=0, dropout=1.0)


def multiply_adds(labels: int, **options: Any) -> float:
    """Return the cost of one picture's 12 × 12 map of 2048 channels, with default options but those given."""
    inputs = HeadInputs(2048, Vocabulary([f"label {number}" for number in range(labels)]))
    with torch.device("meta"):
        head, maps = build_head("ml_decoder", options, inputs).eval(), torch.empty(1, 2048, 12, 12)
        with FlopCounterMode(display=False) as counter:
            head(maps)
    return counter.get_total_flops() / 2


def test_with_groups_the_cost_hardly_grows_with_the_labels():
    assert multiply_adds(10_000) < 1.1 * multiply_adds(100)
    assert multiply_adds(10_000) < 0.1 * multiply_adds(10_000, groups=0)
