"""Query2Label against its definition with torch's own modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.annotator import build_head
from corelate.models.heads.attention import AttentionBlock, FeedForwardBlock
from corelate.models.heads.base import HeadInputs
from corelate.models.heads.positions import sine_positions

FEATURES = 6
SMALL = {"width": 16, "feed_forward": 24}


def build(labels: int, **options: Any) -> nn.Module:
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    return build_head("query2label", {**SMALL, **options}, HeadInputs(FEATURES, vocabulary)).eval()


@torch.no_grad()
def randomise(head: nn.Module) -> nn.Module:
    """Fill every parameter, so that biases and norms take part in the comparison."""
    for parameter in head.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.3)
    return head


def by_definition(head: nn.Module, maps: torch.Tensor) -> torch.Tensor:
    """Return the logits by torch's attention module and a loop over the labels."""
    batch = len(maps)
    convolution = nn.Conv2d(FEATURES, head.options.width, 1)
    convolution.weight, convolution.bias = nn.Parameter(head.embed.weight[..., None, None]), head.embed.bias
    places = convolution(maps).flatten(2).mT
    positions = sine_positions(maps, head.options.width).repeat(batch, 1, 1)
    for layer in head.encoder:
        places = _attended(layer.attention, places, places + positions, places + positions, places)
        places = _fed_forward(layer.feed_forward, places)
    queries = head.queries.repeat(batch, 1, 1)
    vectors = torch.zeros_like(queries)
    for number, layer in enumerate(head.decoder):
        if number and head.options.self_attention:
            vectors = _attended(layer.among_labels, vectors, vectors + queries, vectors + queries, vectors)
        vectors = _attended(layer.attention, vectors, vectors + queries, places + positions, places)
        vectors = _fed_forward(layer.feed_forward, vectors)
    vectors, weights = head.norm(vectors), head.classifier.weight[:, :, 0]
    columns = [(vectors[:, label] * weights[label]).sum(1) for label in range(len(weights))]
    return torch.stack(columns, dim=1) + head.classifier.bias


def _attended(block: AttentionBlock, vectors: torch.Tensor, *inputs: torch.Tensor) -> torch.Tensor:
    ours = block.attention
    oracle = nn.MultiheadAttention(vectors.shape[-1], ours.heads, batch_first=True)
    projections = (ours.query, ours.key, ours.value)
    biases = torch.cat([ours.query.bias, torch.zeros_like(ours.query.bias), ours.value.bias])
    oracle.in_proj_weight = nn.Parameter(torch.cat([projection.weight for projection in projections]))
    oracle.in_proj_bias = nn.Parameter(biases)
    oracle.out_proj = ours.output
    return block.norm(vectors + oracle(*inputs)[0])


def _fed_forward(block: FeedForwardBlock, vectors: torch.Tensor) -> torch.Tensor:
    return block.norm(vectors + block.outer(torch.relu(block.inner(vectors))))


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("labels", [1, 2, 9])
@pytest.mark.parametrize(
    "options",
    [{}, {"self_attention": False}, {"encoder_layers": 0}, {"encoder_layers": 2, "decoder_layers": 3, "heads": 2}],
    ids=str,
)
def test_logits_follow_the_definition(labels: int, options: dict[str, Any]):
    head, maps = randomise(build(labels, **options)), torch.randn(3, FEATURES, 2, 5)
    assert torch.allclose(head(maps), by_definition(head, maps), atol=1e-5)


@torch.no_grad()
def labels_changed_by_another_query(head: nn.Module) -> list[int]:
    """Return the labels whose logits change with the query of label 1."""
    maps = torch.randn(2, FEATURES, 3, 3)
    before = head(maps)
    head.queries[:, 1] += 1
    return (head(maps) != before).any(0).nonzero().flatten().tolist()


def test_labels_see_each_other():
    assert labels_changed_by_another_query(randomise(build(4))) == [0, 1, 2, 3]


@pytest.mark.parametrize("options", [{"self_attention": False}, {"decoder_layers": 1}], ids=str)
def test_labels_do_not_see_each_other_without_self_attention(options: dict[str, Any]):
    assert labels_changed_by_another_query(randomise(build(4, **options))) == [1]


def test_in_the_first_layer_self_attention_would_tell_the_labels_nothing():
    """The reason why it is left out: what is gathered there is the same for all labels, whatever they ask."""
    block = randomise(AttentionBlock(16, 4, 0.1)).eval()
    queries, nothing = torch.randn(1, 5, 16), torch.zeros(1, 5, 16)
    gathered = block(nothing, queries, queries, nothing)
    assert torch.allclose(gathered, gathered[:, :1].expand_as(gathered), atol=1e-6)
    assert [layer.among_labels is not None for layer in build(4, decoder_layers=3).decoder] == [False, True, True]


def test_where_things_stand_matters():
    head, maps = randomise(build(4)), torch.randn(2, FEATURES, 3, 3)
    assert not torch.allclose(head(maps.flip(3)), head(maps), atol=1e-3)


def test_the_start_is_that_of_the_original():
    head = build(300, width=64)
    assert head.queries.std().item() == pytest.approx(1, rel=0.05)
    assert head.classifier.weight.abs().max().item() == pytest.approx(1 / 8, rel=1e-2)
    assert 0 < head.classifier.bias.abs().max().item() <= 1 / 8
    assert head.decoder[1].attention.attention.output.weight.abs().max().item() == pytest.approx(
        (6 / 128) ** 0.5, rel=1e-2
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 18}, "width = 18 must be a multiple of heads = 4; the nearest is 16"),
        ({"width": 18, "heads": 3}, "width = 18 must be a multiple of heads = 3 and of 4; the nearest is 24"),
        ({"heads": 0}, "heads = 0: must be at least 1"),
        ({"encoder_layers": -1}, "encoder_layers = -1: must be at least 0"),
        ({"decoder_layers": 0}, "decoder_layers = 0: must be at least 1"),
    ],
    ids=str,
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str):
    with pytest.raises(OptionError, match=f"head query2label: {message}"):
        build(4, **options)
