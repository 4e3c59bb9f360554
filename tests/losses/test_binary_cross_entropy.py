"""Binary cross-entropy against torch and by hand."""

import math

import mpmath
import pytest
import torch

from corelate.losses.binary_cross_entropy import BinaryCrossEntropyLoss


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equals_multi_label_soft_margin_loss(dtype):
    logits = 5 * torch.randn(32, 260, dtype=dtype)
    targets = (torch.rand(32, 260) < 0.05).to(dtype)
    theirs = torch.nn.MultiLabelSoftMarginLoss()(logits, targets)
    torch.testing.assert_close(BinaryCrossEntropyLoss()(logits, targets), theirs, rtol=1e-6, atol=0)


@pytest.mark.parametrize("target", [0, 1])
def test_zero_logit_costs_the_logarithm_of_two(target):
    value = BinaryCrossEntropyLoss()(torch.zeros(1, 1), torch.tensor([[target]]))
    assert value.item() == pytest.approx(0.693147, abs=5e-7)


def test_gradient_is_probability_minus_target():
    logits = torch.linspace(-30, 30, 61, dtype=torch.float64).repeat(2, 1).requires_grad_()
    targets = torch.tensor([[1], [0]]).expand(2, 61)
    BinaryCrossEntropyLoss(reduction="sum")(logits, targets).backward()
    torch.testing.assert_close(logits.grad, logits.sigmoid() - targets)


@pytest.mark.parametrize(
    "x", [-1e4, -700.0, -41.0, -40.0, -39.0, -20.0, -0.5, 20.5, 30.0, 39.0, 40.0, 41.0, 700.0, 1e4]
)
def test_every_digit_is_right_far_from_zero(x):
    with mpmath.workdps(400):
        exact = float(mpmath.log1p(mpmath.exp(x)))
    value = BinaryCrossEntropyLoss()(torch.tensor([[x]], dtype=torch.float64), torch.zeros(1, 1)).item()
    assert value == pytest.approx(exact, rel=1e-14, abs=5e-324)


def test_loss_goes_on_growing_where_a_clamped_form_stops():
    value = BinaryCrossEntropyLoss()(torch.tensor([[-30.0]]), torch.ones(1, 1)).item()
    assert value == pytest.approx(30, rel=1e-6)
    assert value > -math.log(1e-8)
