from __future__ import annotations

import pytest
import torch

from corelate.data.vocabulary import Vocabulary
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_it_is_a_linear_layer_on_the_pooled_map(pooling: str):
    head = build_head("linear", {"pooling": pooling}, HeadInputs(5, Vocabulary(["a", "b"]))).eval()
    maps = torch.randn(3, 5, 4, 2)
    pooled = maps.mean((2, 3)) if pooling == "avg" else maps.amax((2, 3))
    assert torch.allclose(head(maps), pooled @ head.classifier.weight.T + head.classifier.bias, atol=1e-6)


def test_the_bias_can_begin_at_the_labels_frequencies():
    inputs = HeadInputs(5, Vocabulary(["a", "b", "c"]), torch.tensor([0.25, 0.0, 1.0]))
    head = build_head("linear", {"bias": "prior"}, inputs)
    shares = torch.sigmoid(head.classifier.bias.detach())
    assert shares[0] == pytest.approx(0.25)
    assert 0 < shares[1] < 0.001
    assert 0.999 < shares[2] < 1
    assert torch.equal(build_head("linear", {}, inputs).classifier.bias, torch.zeros(3))


def test_dropout_works_in_training_only():
    head = build_head("linear", {"dropout": 0.5}, HeadInputs(50, Vocabulary(["a"])))
    maps = torch.ones(1, 50, 1, 1)
    head.train()
    assert len({head(maps).item() for _ in range(5)}) > 1
    head.eval()
    assert len({head(maps).item() for _ in range(5)}) == 1
