"""Asymmetric loss against the formula as it is written, its derivative in closed form, and its special places."""

import math

import mpmath
import pytest
import torch

from corelate.losses.asymmetric import AsymmetricLoss
from corelate.losses.focal import FocalLoss


def clamped_asymmetric(logits, targets, *, gamma_positive=0.0, gamma_negative=4.0, margin=0.05, detached=False):
    """The published formulation: probabilities first, both logarithms clamped at 1e-8."""
    p = torch.sigmoid(logits)
    absent = (1 - p + margin).clamp(max=1)
    log_likelihood = targets * p.clamp(min=1e-8).log() + (1 - targets) * absent.clamp(min=1e-8).log()
    right = p * targets + absent * (1 - targets)
    weights = (1 - right) ** (gamma_positive * targets + gamma_negative * (1 - targets))
    return -log_likelihood * (weights.detach() if detached else weights)


def absent_gradient(logits, **options):
    logits = torch.as_tensor(logits, dtype=torch.float64).view(1, -1).requires_grad_()
    AsymmetricLoss(reduction="sum", **options)(logits, torch.zeros_like(logits)).backward()
    return logits.grad[0]


@pytest.mark.parametrize("margin", [0, 0.05, 0.2])
@pytest.mark.parametrize("gamma_negative", [0, 0.5, 1, 2, 4, 5])
@pytest.mark.parametrize("gamma_positive", [0, 1, 2.5])
def test_equals_the_clamped_formula_where_it_does_not_clamp(gamma_positive, gamma_negative, margin):
    options = {"gamma_positive": gamma_positive, "gamma_negative": gamma_negative, "margin": margin}
    logits = torch.linspace(-12, 12, 241, dtype=torch.float64).repeat(2, 1)
    targets = torch.tensor([[1.0], [0.0]], dtype=torch.float64).expand(2, 241)
    expected = clamped_asymmetric(logits, targets, **options)
    torch.testing.assert_close(AsymmetricLoss(**options).elements(logits, targets), expected, rtol=1e-6, atol=1e-15)


def test_single_precision_equals_the_clamped_formula_in_double():
    logits = 4 * torch.randn(64, 260)
    targets = (torch.rand(64, 260) < 0.02).double()
    expected = clamped_asymmetric(logits.double(), targets).mean()
    value = AsymmetricLoss()(logits, targets).double()
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=0)


def test_values_by_hand():
    zero = torch.zeros(1, 1)
    assert AsymmetricLoss()(zero, zero).item() == pytest.approx(0.0245150, abs=5e-8)
    assert AsymmetricLoss()(zero, zero + 1).item() == pytest.approx(0.693147, abs=5e-7)
    assert AsymmetricLoss()(zero + 2, zero).item() == pytest.approx(0.846414, abs=1e-6)


def test_with_equal_gammas_and_no_margin_it_is_the_focal_loss():
    logits, targets = 5 * torch.randn(8, 9), torch.rand(8, 9) < 0.5
    loss = AsymmetricLoss(gamma_positive=3, gamma_negative=3, margin=0)
    torch.testing.assert_close(loss(logits, targets), FocalLoss(gamma=3)(logits, targets))


# Derivative


@pytest.mark.parametrize("margin", [0.05, 0.3])
@pytest.mark.parametrize("gamma", [0, 0.5, 1, 4])
def test_gradient_of_an_absent_label_in_closed_form(gamma, margin):
    p = torch.linspace(margin + 0.001, 0.9999, 500, dtype=torch.float64)
    shifted = p - margin
    expected = p * (1 - p) * shifted**gamma * (1 / (1 - shifted) - gamma * (1 - shifted).log() / shifted)
    torch.testing.assert_close(absent_gradient(p.logit(), gamma_negative=gamma, margin=margin), expected)


def test_gradient_of_an_absent_label_peaks_at_nine_tenths():
    p = torch.linspace(0.05, 0.999, 9491, dtype=torch.float64)
    gradient = absent_gradient(p.logit())
    assert p[gradient.argmax()].item() == pytest.approx(0.900, abs=1e-3)
    assert gradient.max().item() == pytest.approx(0.7326, abs=5e-5)
    at = dict(zip((0.95, 0.98, 0.99), absent_gradient(torch.tensor([0.95, 0.98, 0.99]).double().logit()), strict=True))
    assert [round(value.item(), 3) for value in at.values()] == [0.631, 0.377, 0.221]


def test_gradient_of_a_present_label_is_that_of_cross_entropy():
    logits = torch.linspace(-40, 40, 81, dtype=torch.float64).view(1, -1).requires_grad_()
    AsymmetricLoss(reduction="sum")(logits, torch.ones_like(logits)).backward()
    torch.testing.assert_close(logits.grad, -(-logits.detach()).sigmoid())


def test_detached_focusing_keeps_the_values_and_changes_the_gradient():
    logits, targets = torch.randn(32, 260, dtype=torch.float64), (torch.rand(32, 260) < 0.013).double()
    gradients = {}
    for choice in ("attached", "detached"):
        leaf = logits.clone().requires_grad_()
        loss = AsymmetricLoss(focusing_gradient=choice)(leaf, targets)
        loss.backward()
        gradients[choice] = leaf.grad
        reference = logits.clone().requires_grad_()
        expected = clamped_asymmetric(reference, targets, detached=choice == "detached").mean()
        expected.backward()
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(leaf.grad, reference.grad)
    ratio = gradients["attached"].abs().sum() / gradients["detached"].abs().sum()
    assert ratio > 2


@pytest.mark.parametrize("options", [{"gamma_positive": 2}, {"gamma_positive": 2, "margin": 0}])
def test_detached_focusing_agrees_with_a_detached_weight_for_all_gammas(options):
    logits = torch.randn(8, 20, dtype=torch.float64, requires_grad=True)
    targets = (torch.rand(8, 20) < 0.5).double()
    (expected,) = torch.autograd.grad(clamped_asymmetric(logits, targets, detached=True, **options).mean(), logits)
    AsymmetricLoss(focusing_gradient="detached", **options)(logits, targets).backward()
    torch.testing.assert_close(logits.grad, expected)


# Below and at the margin


@pytest.mark.parametrize("focusing_gradient", ["attached", "detached"])
@pytest.mark.parametrize("gamma", [0, 0.3, 1, 4])
@pytest.mark.parametrize("margin", [0.05, 0.5])  # sigmoid(0) is the margin 0.5 exactly
def test_below_the_margin_an_absent_label_costs_nothing(gamma, margin, focusing_gradient):
    logits = torch.tensor(
        [[-1e30, -1e4, -104.0, -20.0, -3.0, math.log(margin / (1 - margin)) - 1e-3]], requires_grad=True
    )
    if margin == 0.5:
        logits = torch.cat([logits.detach(), torch.zeros(1, 1)], dim=1).requires_grad_()
    loss = AsymmetricLoss(gamma_negative=gamma, margin=margin, focusing_gradient=focusing_gradient, reduction="sum")
    value = loss(logits, torch.zeros_like(logits))
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("gamma", [0.01, 0.3, 0.9])
def test_fractional_gamma_is_finite_just_above_the_margin(gamma):
    """There the weight alone has an infinite derivative, its product with the logarithm goes to 0."""
    above = math.log(0.05 / 0.95) + torch.logspace(-15, -3, 40, dtype=torch.float64)
    gradient = absent_gradient(above, gamma_negative=gamma)
    assert gradient.isfinite().all()
    assert (gradient >= 0).all()
    assert (gradient < 0.05 * 0.95 * (1 + gamma)).all()


# Far above it


def exact_absent_loss(x, gamma, margin):
    with mpmath.workdps(60):
        x, margin = mpmath.mpf(x), mpmath.mpf(margin)
        p, q = 1 / (1 + mpmath.exp(-x)), 1 / (1 + mpmath.exp(x))
        return float(-((p - margin) ** gamma) * mpmath.log(q + margin))


@pytest.mark.parametrize("margin", [0, 1e-12, 1e-6, 1e-3, 0.05, 0.3])
@pytest.mark.parametrize("x", [3.0, 8.0, 16.0, 20.0, 40.0, 300.0])
def test_logarithm_is_exact_near_probability_one(x, margin):
    double = torch.tensor([[x]], dtype=torch.float64)
    exact = exact_absent_loss(x, 4, margin)
    loss = AsymmetricLoss(margin=margin)
    assert loss(double, torch.zeros(1, 1)).item() == pytest.approx(exact, rel=1e-12)
    assert loss(double.float(), torch.zeros(1, 1)).item() == pytest.approx(exact, rel=1e-6)


def test_without_margin_a_confident_mistake_keeps_its_full_gradient():
    gradient = absent_gradient([20.0, 100.0, 1e4], margin=0)
    torch.testing.assert_close(gradient, torch.ones(3, dtype=torch.float64), rtol=1e-6, atol=0)


def test_with_margin_the_gradient_of_a_confident_mistake_fades_as_the_formula_says():
    """Where 1-p falls below float32's spacing at 1 a clamped form has lost it; the true gradient is small, not 0."""
    logits = torch.tensor([[20.0, 60.0]], requires_grad=True)
    AsymmetricLoss(reduction="sum")(logits, torch.zeros(1, 2)).backward()
    rest = 0.95**4 * (1 / 0.05 + 4 * math.log(20) / 0.95)
    assert logits.grad[0].tolist() == pytest.approx([math.exp(-20) * rest, math.exp(-60) * rest], rel=1e-5)
