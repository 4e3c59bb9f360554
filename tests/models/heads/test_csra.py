from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs
from corelate.models.heads.csra import CsraHead

LABELS, FEATURES = 4, 6
PAPER = {
    1: [1],
    2: [1, 99],
    4: [1, 2, 4, 99],
    6: [1, 2, 3, 4, 5, 99],
    8: [1, 2, 3, 4, 5, 6, 7, 99],
}


def build(labels: int = LABELS, features: int = FEATURES, **options) -> CsraHead:
    torch.manual_seed(0)
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    return build_head("csra", options, HeadInputs(features, vocabulary)).eval()


def maps(*size: int) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(1))


def slow_logit(places: list[list[float]], classifier: list[float], temperature: float, weight: float) -> float:
    """The definition for one label of one picture, a place at a time."""
    length = math.sqrt(sum(value * value for value in classifier))
    scores = [sum(x * m for x, m in zip(place, classifier, strict=True)) / length for place in places]
    if temperature == 99:
        attended = max(scores)
    else:
        shares = [math.exp(temperature * score) for score in scores]
        attended = sum(share / sum(shares) * score for share, score in zip(shares, scores, strict=True))
    return sum(scores) / len(scores) + weight * attended


@pytest.mark.parametrize("heads", PAPER)
def test_logits_are_those_of_the_definition(heads: int):
    head = build(heads=heads, attention_weight=0.4).double()
    batch = maps(2, FEATURES, 3, 2).double()
    classifiers = head.classifiers.weight.detach().view(heads, LABELS, FEATURES).tolist()
    expected = [
        [
            sum(
                slow_logit(picture.flatten(1).T.tolist(), classifiers[number][label], temperature, 0.4)
                for number, temperature in enumerate(PAPER[heads])
            )
            for label in range(LABELS)
        ]
        for picture in batch
    ]
    assert torch.allclose(head(batch), torch.tensor(expected, dtype=torch.float64), rtol=1e-12)


def test_own_temperatures_take_the_place_of_the_paper_s():
    batch = maps(2, FEATURES, 3, 2)
    own, paper = build(heads=2, temperatures=[3, 0.5]), build(heads=2)
    assert own.temperatures == (3.0, 0.5)
    assert not torch.allclose(own(batch), paper(batch))


def test_without_attention_it_is_a_linear_layer_of_unit_rows_on_the_mean():
    head = build(attention_weight=0)
    batch = maps(3, FEATURES, 4, 2)
    rows = functional.normalize(head.classifiers.weight, dim=1)
    assert torch.allclose(head(batch), batch.mean((2, 3)) @ rows.T, atol=1e-6)


def test_temperature_zero_attends_to_all_places_alike():
    batch = maps(3, FEATURES, 4, 2)
    mean = build(attention_weight=0)(batch)
    assert torch.allclose(build(temperatures=[0], attention_weight=0.5)(batch), 1.5 * mean, atol=1e-6)


def test_a_large_temperature_attends_to_the_maximum():
    batch = 1000 * maps(3, FEATURES, 4, 2)
    nearly = build(temperatures=[98], attention_weight=0.5)(batch)
    assert torch.allclose(nearly, build(temperatures=[99], attention_weight=0.5)(batch), rtol=1e-5)
    assert not torch.allclose(nearly, build(temperatures=[0], attention_weight=0.5)(batch), rtol=1e-2)


@pytest.mark.parametrize("heads", PAPER)
def test_with_one_place_mean_and_attention_agree(heads: int):
    batch = maps(3, FEATURES, 1, 1)
    plain = build(heads=heads, attention_weight=0)(batch)
    assert torch.allclose(build(heads=heads, attention_weight=0.3)(batch), 1.3 * plain, atol=1e-6)


def test_the_order_of_the_places_does_not_matter():
    head, batch = build(heads=4), maps(2, FEATURES, 3, 3)
    assert torch.allclose(head(batch.flip(3).transpose(2, 3)), head(batch), atol=1e-6)


@settings(deadline=None, max_examples=50)
@given(
    temperature=st.floats(0, 200),
    scale=st.floats(1e-3, 1e6),
    seed=st.integers(0, 2**16),
    places=st.integers(1, 6),
)
def test_attention_lies_between_mean_and_maximum(temperature: float, scale: float, seed: int, places: int):
    batch = scale * torch.randn(2, FEATURES, places, 1, generator=torch.Generator().manual_seed(seed)).double()
    mean, most, attended = (
        build(temperatures=[value], attention_weight=1).double()(batch) for value in (0, 99, temperature)
    )
    slack = 1e-9 * scale
    assert (attended >= mean - slack).all()
    assert (attended <= most + slack).all()


def test_the_length_of_a_classifier_does_not_matter_unless_it_is_meant_to():
    batch = maps(2, FEATURES, 3, 3)
    for normalise in (True, False):
        head = build(heads=2, normalise=normalise)
        before = head(batch)
        with torch.no_grad():
            head.classifiers.weight *= 7
        assert torch.allclose(head(batch), before, atol=1e-5) == normalise


def test_unit_classifiers_need_no_normalising():
    plain, normalised = build(heads=4, normalise=False), build(heads=4)
    with torch.no_grad():
        plain.classifiers.weight.copy_(functional.normalize(normalised.classifiers.weight, dim=1))
    batch = maps(2, FEATURES, 3, 3)
    assert torch.allclose(plain(batch), normalised(batch), atol=1e-6)


def test_the_deployed_head_has_unit_classifiers_and_divides_no_more():
    head = build(heads=2)
    deployed = head.deployed()
    assert torch.allclose(deployed.classifiers.weight.norm(dim=1), torch.ones(2 * LABELS))
    assert not deployed.options.normalise
    assert not torch.allclose(head.classifiers.weight.norm(dim=1), torch.ones(2 * LABELS), atol=0.01)


def test_a_classifier_of_zeros_gives_zero():
    head = build()
    with torch.no_grad():
        head.classifiers.weight[1] = 0
    logits = head(maps(2, FEATURES, 3, 3))
    logits.sum().backward()
    assert (logits[:, 1] == 0).all()
    assert torch.isfinite(head.classifiers.weight.grad).all()


def test_attention_is_exact_where_half_precision_would_overflow():
    # Times the temperature these scores are beyond 65504, the end of float16.
    batch = 3000 * maps(2, FEATURES, 3, 3)
    exact = build(temperatures=[60], attention_weight=1).double()(batch.double())
    for dtype, tolerance in ((torch.float16, 2e-3), (torch.bfloat16, 3e-2)):
        logits = build(temperatures=[60], attention_weight=1).to(dtype)(batch.to(dtype))
        assert logits.dtype == dtype
        assert torch.allclose(logits.double(), exact, atol=tolerance * exact.abs().max().item())


def test_mixed_precision_gives_full_logits():
    head, batch = build(heads=4), maps(2, FEATURES, 3, 3)
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(batch)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, head(batch), atol=0.05)


@pytest.mark.parametrize(("heads", "count"), [(1, 163_840), (4, 655_360), (6, 983_040)])
def test_parameters_are_as_many_as_in_the_original_for_coco(heads: int, count: int):
    # A 1×1 convolution without bias for each head, 80 × 2048.
    assert sum(parameter.numel() for parameter in build(80, 2048, heads=heads).parameters()) == count


def test_each_head_needs_a_temperature():
    with pytest.raises(OptionError, match="head csra: heads is 1, but temperatures holds 2; give one for each head"):
        build(temperatures=[1, 2])


@pytest.mark.parametrize("options", [{"heads": 3}, {"temperatures": [-1]}, {"attention_weight": -0.1}, {"dropout": 1}])
def test_options_have_limits(options: dict):
    with pytest.raises(OptionError, match=f"head csra: {next(iter(options))} = "):
        build(**options)


def test_dropout_takes_whole_channels_in_training_only():
    head = build(1, 40, dropout=0.5, attention_weight=0.5, normalise=False)
    batch = torch.ones(1, 40, 3, 3)
    assert len({head(batch).item() for _ in range(5)}) == 1
    head.train()
    # All places are alike, and stay so when the same channels are missing everywhere: mean and maximum agree.
    mean = build(1, 40, dropout=0.5, attention_weight=0, normalise=False).train()
    torch.manual_seed(3)
    logit = head(batch)
    torch.manual_seed(3)
    assert torch.allclose(logit, 1.5 * mean(batch))
    assert len({head(batch).item() for _ in range(5)}) > 1


def test_an_object_in_one_place_is_learned():
    torch.manual_seed(0)
    head = build(1, 8, temperatures=[4], attention_weight=1).train()
    batch, targets = 0.3 * torch.randn(32, 8, 4, 4), torch.arange(32) % 2
    batch[targets == 1, 2, 1, 3] += 3
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        loss = functional.binary_cross_entropy_with_logits(head(batch)[:, 0], targets.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    scores = head.eval()(batch)[:, 0]
    assert losses[-1] < 0.7 * losses[0]
    assert scores[targets == 1].min() > scores[targets == 0].max()
