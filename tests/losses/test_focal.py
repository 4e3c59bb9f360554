"""Focal loss against the formula as it is written, and its derivative in closed form."""

import pytest
import torch

from corelate.losses.binary_cross_entropy import BinaryCrossEntropyLoss
from corelate.losses.focal import FocalLoss


def clamped_focal(logits, targets, gamma):
    """The formula of the paper, word by word, in float64."""
    p = torch.sigmoid(logits.double())
    present = (1 - p) ** gamma * torch.log(p.clamp(min=1e-8))
    absent = p**gamma * torch.log((1 - p).clamp(min=1e-8))
    return -(targets * present + (1 - targets) * absent)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("target", [0, 1])
def test_equals_the_clamped_formula_where_it_does_not_clamp(gamma, target):
    logits = torch.linspace(-12, 12, 241, dtype=torch.float64).unsqueeze(0)
    targets = torch.full_like(logits, target)
    expected = clamped_focal(logits, targets, gamma)
    torch.testing.assert_close(FocalLoss(gamma=gamma).elements(logits, targets), expected, rtol=1e-6, atol=1e-15)
    single = FocalLoss(gamma=gamma).elements(logits.float(), targets).double()
    torch.testing.assert_close(single, clamped_focal(logits.float(), targets, gamma), rtol=2e-6, atol=1e-15)


@pytest.mark.parametrize("target", [0, 1])
def test_value_at_zero(target):
    value = FocalLoss()(torch.zeros(1, 1), torch.tensor([[target]])).item()
    assert value == pytest.approx(0.0866434, abs=5e-8)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 3, 5])
def test_gradient_in_closed_form(gamma):
    logits = torch.linspace(-15, 15, 301, dtype=torch.float64).repeat(2, 1).requires_grad_()
    FocalLoss(gamma=gamma, reduction="sum")(logits, torch.tensor([[1], [0]]).expand(2, 301)).backward()
    p = logits.detach()[0].sigmoid()
    q = (-logits.detach()[0]).sigmoid()
    torch.testing.assert_close(logits.grad[0], q**gamma * (gamma * p * p.log() - q))
    torch.testing.assert_close(logits.grad[1], -(p**gamma) * (gamma * q * q.log() - p))


def test_gradient_keeps_its_digits_where_the_answer_is_almost_surely_wrong():
    gradients = {}
    for dtype in (torch.float32, torch.float64):
        logits = torch.linspace(8, 20, 200).to(dtype).view(1, -1).requires_grad_()
        FocalLoss(gamma=5, reduction="sum")(logits, torch.zeros(1, 200)).backward()
        gradients[dtype] = logits.grad.double()
    torch.testing.assert_close(gradients[torch.float32], gradients[torch.float64], rtol=7e-7, atol=0)


def test_gamma_zero_is_binary_cross_entropy():
    logits, targets = 5 * torch.randn(4, 7), torch.rand(4, 7) < 0.5
    torch.testing.assert_close(FocalLoss(gamma=0)(logits, targets), BinaryCrossEntropyLoss()(logits, targets))


def test_present_and_absent_mirror_each_other():
    logits = 5 * torch.randn(4, 7)
    present = FocalLoss()(logits, torch.ones(4, 7))
    torch.testing.assert_close(present, FocalLoss()(-logits, torch.zeros(4, 7)), rtol=0, atol=0)
