"""The attention blocks against torch's own modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from corelate.errors import OptionError
from corelate.models.heads.attention import AttentionBlock, FeedForwardBlock, MultiHeadAttention, check_width

WIDTH = 24
HIDDEN = 40


def torch_attention(attention: MultiHeadAttention) -> nn.MultiheadAttention:
    """Return torch's module with the same weights, and a key bias that should change nothing."""
    width = attention.query.in_features
    oracle = nn.MultiheadAttention(width, attention.heads, batch_first=True)
    copy_attention(attention, oracle)
    return oracle.eval()


def copy_attention(attention: MultiHeadAttention, oracle: nn.MultiheadAttention) -> None:
    projections = (attention.query, attention.key, attention.value)
    biases = (attention.query.bias, torch.randn_like(attention.query.bias), attention.value.bias)
    oracle.load_state_dict(
        {
            "in_proj_weight": torch.cat([projection.weight for projection in projections]),
            "in_proj_bias": torch.cat(biases),
            "out_proj.weight": attention.output.weight,
            "out_proj.bias": attention.output.bias,
        }
    )


def copy_block(block: AttentionBlock, oracle: nn.MultiheadAttention, norm: nn.LayerNorm) -> None:
    copy_attention(block.attention, oracle)
    norm.load_state_dict(block.norm.state_dict())


def copy_feed_forward(block: FeedForwardBlock, oracle: nn.Module, norm: nn.LayerNorm) -> None:
    oracle.linear1.load_state_dict(block.inner.state_dict())
    oracle.linear2.load_state_dict(block.outer.state_dict())
    norm.load_state_dict(block.norm.state_dict())


@torch.no_grad()
def randomise(module: nn.Module) -> nn.Module:
    """Fill every parameter, so that biases and norms take part in the comparison."""
    for parameter in module.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.3)
    return module.eval()


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("heads", [1, 2, 8])
def test_attention_is_that_of_torch(heads: int):
    attention = randomise(MultiHeadAttention(WIDTH, heads, dropout=0.1))
    query, key, value = torch.randn(3, 5, WIDTH), torch.randn(3, 7, WIDTH), torch.randn(3, 7, WIDTH)
    expected, _ = torch_attention(attention)(query, key, value)
    assert torch.allclose(attention(query, key, value), expected, atol=1e-6)


def test_queries_of_all_pictures_need_not_be_repeated():
    attention = randomise(MultiHeadAttention(WIDTH, 4, dropout=0.1))
    query, places = torch.randn(1, 5, WIDTH), torch.randn(3, 7, WIDTH)
    assert torch.allclose(attention(query, places, places), attention(query.repeat(3, 1, 1), places, places), atol=1e-6)


def test_an_encoder_layer_is_that_of_torch():
    attention, feed_forward = AttentionBlock(WIDTH, 4, 0.1), FeedForwardBlock(WIDTH, HIDDEN, 0.1)
    oracle = nn.TransformerEncoderLayer(WIDTH, 4, HIDDEN, batch_first=True, norm_first=False).eval()
    copy_block(randomise(attention), oracle.self_attn, oracle.norm1)
    copy_feed_forward(randomise(feed_forward), oracle, oracle.norm2)
    vectors = torch.randn(3, 6, WIDTH)
    assert torch.allclose(feed_forward(attention(vectors, vectors, vectors, vectors)), oracle(vectors), atol=1e-5)


def test_a_decoder_layer_is_that_of_torch():
    among, across = randomise(AttentionBlock(WIDTH, 4, 0.1)), randomise(AttentionBlock(WIDTH, 4, 0.1))
    feed_forward = randomise(FeedForwardBlock(WIDTH, HIDDEN, 0.1))
    oracle = nn.TransformerDecoderLayer(WIDTH, 4, HIDDEN, batch_first=True, norm_first=False).eval()
    copy_block(among, oracle.self_attn, oracle.norm1)
    copy_block(across, oracle.multihead_attn, oracle.norm2)
    copy_feed_forward(feed_forward, oracle, oracle.norm3)
    vectors, places = torch.randn(3, 5, WIDTH), torch.randn(3, 7, WIDTH)
    seen = among(vectors, vectors, vectors, vectors)
    assert torch.allclose(feed_forward(across(seen, seen, places, places)), oracle(vectors, places), atol=1e-5)


@pytest.mark.parametrize("with_labels", [False, True], ids=["encoder", "decoder"])
def test_training_drops_what_torch_drops(with_labels: bool):
    blocks = [AttentionBlock(WIDTH, 4, 0.5), AttentionBlock(WIDTH, 4, 0.5)][: 1 + with_labels]
    feed_forward = FeedForwardBlock(WIDTH, HIDDEN, 0.5)
    # One picture: with several, torch draws the random numbers in another order.
    vectors, places = torch.randn(1, 5, WIDTH), torch.randn(1, 7, WIDTH)
    if with_labels:
        oracle = nn.TransformerDecoderLayer(WIDTH, 4, HIDDEN, dropout=0.5, batch_first=True)
        copy_block(blocks[1], oracle.multihead_attn, oracle.norm2)
        inputs, last_norm = (vectors, places), oracle.norm3
    else:
        oracle = nn.TransformerEncoderLayer(WIDTH, 4, HIDDEN, dropout=0.5, batch_first=True)
        inputs, last_norm = (vectors,), oracle.norm2
    copy_block(blocks[0], oracle.self_attn, oracle.norm1)
    copy_feed_forward(feed_forward, oracle, last_norm)
    torch.manual_seed(1)
    expected = oracle(*inputs)
    torch.manual_seed(1)
    found = blocks[0](vectors, vectors, vectors, vectors)
    for block in blocks[1:]:
        found = block(found, found, places, places)
    assert torch.allclose(feed_forward(found), expected, atol=1e-5)


def test_gradients_are_those_of_torch():
    attention = randomise(MultiHeadAttention(WIDTH, 4, dropout=0.0))
    oracle = torch_attention(attention)
    query, places = torch.randn(3, 5, WIDTH), torch.randn(3, 7, WIDTH)
    attention(query, places, places).square().sum().backward()
    oracle(query, places, places)[0].square().sum().backward()
    expected = oracle.in_proj_weight.grad.chunk(3)
    for projection, gradient in zip((attention.query, attention.key, attention.value), expected, strict=True):
        assert torch.allclose(projection.weight.grad, gradient, rtol=1e-4, atol=1e-4)


def test_the_start_is_that_of_torch():
    ours, oracle = MultiHeadAttention(512, 4, 0.0), nn.MultiheadAttention(512, 4)
    weights = torch.cat([projection.weight for projection in (ours.query, ours.key, ours.value)])
    expected = oracle.in_proj_weight
    assert weights.abs().max().item() == pytest.approx(expected.abs().max().item(), rel=1e-3)
    assert weights.std().item() == pytest.approx(expected.std().item(), rel=1e-2)
    assert not any(bias.any() for bias in (ours.query.bias, ours.value.bias, ours.output.bias))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_stay_near_float32(dtype: torch.dtype):
    block = randomise(AttentionBlock(WIDTH, 4, 0.0))
    vectors, places = torch.randn(2, 5, WIDTH), torch.randn(2, 9, WIDTH)
    expected = block(vectors, vectors, places, places)
    vectors, places = vectors.to(dtype), places.to(dtype)
    found = block.to(dtype)(vectors, vectors, places, places)
    assert found.dtype == dtype
    assert torch.allclose(found.float(), expected, atol={torch.float64: 1e-5}.get(dtype, 0.1))


def test_huge_scores_stay_finite():
    attention = randomise(MultiHeadAttention(WIDTH, 4, 0.0))
    assert torch.isfinite(attention(*(1e6 * torch.randn(3, 2, 6, WIDTH)))).all()


def test_a_width_that_the_heads_cannot_share_is_refused():
    message = "head ml_decoder: width = 770 must be a multiple of heads = 8; the nearest is 768"
    with pytest.raises(OptionError, match=f"^{message}$"):
        check_width("ml_decoder", 770, 8)


@pytest.mark.parametrize(("width", "nearest"), [(31, 36), (30, 24), (3, 12)])
def test_a_width_that_is_no_multiple_of_the_step_is_refused(width: int, nearest: int):
    with pytest.raises(OptionError, match=rf"heads = 3 and of 4; the nearest is {nearest}$"):
        check_width("query2label", width, 3, 4)


def test_fitting_widths_pass():
    check_width("ml_decoder", 768, 8)
    check_width("query2label", 24, 3, 4)
