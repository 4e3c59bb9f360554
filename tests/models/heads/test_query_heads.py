"""What the heads with queries have in common: they find places, take any map, and cost less than the backbone."""

from __future__ import annotations

import io
from typing import Any

import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from corelate.data.vocabulary import Vocabulary
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs

FEATURES = 6
# Multiply-adds of timm's inception_v3 for one picture of 448 × 448, counted like those below; its map is 2048×12×12.
INCEPTION_MULTIPLY_ADDS = 13.17e9

pytestmark = pytest.mark.parametrize("name", ["ml_decoder", "query2label"])


def build(name: str, labels: int, **options: Any) -> nn.Module:
    torch.manual_seed(0)
    inputs = HeadInputs(FEATURES, Vocabulary([f"label {number}" for number in range(labels)]))
    return build_head(name, {"width": 16, "heads": 4, "feed_forward": 24, **options}, inputs).eval()


@torch.no_grad()
def test_without_dropout_training_scores_as_evaluation_does(name: str):
    head, maps = build(name, 4, dropout=0.0), torch.randn(2, FEATURES, 3, 3)
    expected = head(maps)
    assert torch.allclose(head.train()(maps), expected, atol=1e-6)


@torch.no_grad()
def test_dropout_makes_training_random(name: str):
    head, maps = build(name, 4).train(), torch.randn(2, FEATURES, 3, 3)
    assert not torch.allclose(head(maps), head(maps), atol=1e-3)


@torch.no_grad()
def test_a_saved_head_comes_back(name: str):
    head, maps = build(name, 4), torch.randn(2, FEATURES, 3, 3)
    expected, state = head(maps), {key: tensor.clone() for key, tensor in head.state_dict().items()}
    for tensor in head.state_dict().values():
        tensor.zero_()
    assert not torch.allclose(head(maps), expected)
    head.load_state_dict(state)
    assert torch.equal(head(maps), expected)


def test_it_learns_what_stands_in_one_place_only(name: str):
    head = build(name, 3).train()
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        targets = torch.randint(0, 2, (32, 3)).float()
        maps = 0.3 * torch.randn(32, FEATURES, 4, 4)
        for label in range(3):
            maps[:, label, torch.randint(4, ()), torch.randint(4, ())] += 3 * targets[:, label]
        loss = functional.binary_cross_entropy_with_logits(head(maps), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.3 * sum(losses[:10])


def test_at_260_labels_it_costs_less_than_a_quarter_of_the_backbone(name: str):
    inputs = HeadInputs(2048, Vocabulary([f"label {number}" for number in range(260)]))
    with torch.device("meta"):
        head, maps = build_head(name, {}, inputs).eval(), torch.empty(1, 2048, 12, 12)
        with FlopCounterMode(display=False) as counter:
            head(maps)
    multiply_adds = counter.get_total_flops() / 2
    assert 0.01 * INCEPTION_MULTIPLY_ADDS < multiply_adds < 0.25 * INCEPTION_MULTIPLY_ADDS


def test_the_exported_head_takes_any_batch_and_any_map(name: str):
    head, file = build(name, 5), io.BytesIO()
    shape = {0: torch.export.Dim("batch"), 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    example = torch.randn(2, FEATURES, 3, 4)
    program = torch.onnx.export(head.deployed(), (example,), dynamo=True, verbose=False, dynamic_shapes=(shape,))
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    for batch, height, width in ((1, 1, 1), (1, 3, 4), (5, 7, 2)):
        maps = torch.randn(batch, FEATURES, height, width)
        (logits,) = session.run(None, {session.get_inputs()[0].name: maps.numpy()})
        assert torch.allclose(torch.from_numpy(logits), head(maps), atol=1e-5), (batch, height, width)
