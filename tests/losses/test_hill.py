"""Hill loss against the formula as it is written, its derivative in closed form, and its special places."""

import mpmath
import pytest
import torch

from corelate.losses.focal import FocalLoss
from corelate.losses.hill import HillLoss


def naive_hill(logits, targets, peak=1.5, margin=1.0, gamma=2.0):
    """Probabilities first, then logarithms and powers, as the paper and its code write it, in float64."""
    logits, targets = logits.double(), targets.double()
    shifted, p = torch.sigmoid(logits - margin), torch.sigmoid(logits)
    marked = -((1 - shifted) ** gamma) * torch.log(shifted)
    return targets * marked + (1 - targets) * (peak - p) * p**2


@pytest.mark.parametrize(
    "options", [{}, {"peak": 2}, {"margin": 0.5}, {"gamma": 0}, {"gamma": 0.5, "margin": 0, "peak": 7}]
)
@pytest.mark.parametrize("target", [0, 1])
def test_equals_the_formula_as_written(target, options):
    logits = torch.linspace(-12, 12, 241, dtype=torch.float64).unsqueeze(0).requires_grad_()
    targets = torch.full((1, 241), target)
    naive = naive_hill(logits, targets, **options)
    (expected,) = torch.autograd.grad(naive.sum(), logits)
    loss = HillLoss(reduction="sum", **options)
    loss(logits, targets).backward()
    torch.testing.assert_close(loss.elements(logits, targets), naive, rtol=1e-9, atol=1e-15)
    torch.testing.assert_close(logits.grad, expected, rtol=1e-7, atol=1e-12)
    single = loss.elements(logits.detach().float(), targets).double()
    torch.testing.assert_close(single, naive_hill(logits.detach().float(), targets, **options), rtol=3e-6, atol=1e-15)


def test_the_whole_batch_equals_the_formula_with_sum_and_mean():
    logits, targets = 3 * torch.randn(16, 40), torch.rand(16, 40) < 0.1
    expected = naive_hill(logits, targets)
    torch.testing.assert_close(HillLoss(reduction="sum")(logits, targets).double(), expected.sum(), rtol=1e-6, atol=0)
    torch.testing.assert_close(HillLoss()(logits, targets).double(), expected.mean(), rtol=1e-6, atol=0)


def test_values_by_hand():
    zero = torch.zeros(1, 1)
    assert HillLoss()(zero, zero).item() == pytest.approx(0.25)  # (1.5 - 0.5) · 0.25
    assert HillLoss()(zero, zero + 1).item() == pytest.approx(0.731059**2 * 1.313262, rel=1e-5)


def test_gradient_of_an_unmarked_label_is_a_hill():
    logits = torch.linspace(-9, 9, 181, dtype=torch.float64).view(1, -1).requires_grad_()
    HillLoss(reduction="sum")(logits, torch.zeros(1, 181)).backward()
    p = logits.detach().sigmoid()
    torch.testing.assert_close(logits.grad, 3 * p**2 * (1 - p) ** 2)
    assert logits.grad.argmax() == 90  # p = 0.5
    torch.testing.assert_close(logits.grad, logits.grad.flip(1))


@pytest.mark.parametrize("peak", [1.5, 2.0, 1000.0])
@pytest.mark.parametrize("x", [-700.0, -40.0, -9.0, 9.0, 20.0, 40.0, 300.0])
def test_every_digit_is_right_far_from_zero(x, peak):
    with mpmath.workdps(400):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        value = float((mpmath.mpf(peak) - p) * p**2)
        slope = float(p**2 * (1 - p) * (2 * mpmath.mpf(peak) - 3 * p))
    for dtype, digits in ((torch.float64, 1e-13), (torch.float32, 2e-6)):
        logits = torch.tensor([[x]], dtype=dtype, requires_grad=True)
        loss = HillLoss(peak=peak)(logits, torch.zeros(1, 1))
        loss.backward()
        smallest = torch.finfo(dtype).tiny
        assert loss.item() == pytest.approx(value, rel=digits, abs=smallest)
        assert logits.grad.item() == pytest.approx(slope, rel=digits, abs=smallest)


def test_a_label_that_the_network_is_sure_of_is_not_pushed_down():
    logits = torch.tensor([[0.0, 8.0]], requires_grad=True)
    HillLoss(reduction="sum")(logits, torch.zeros(1, 2)).backward()
    assert logits.grad[0, 1] < logits.grad[0, 0] / 10_000


def test_a_marked_label_keeps_its_full_gradient_where_it_is_missed():
    logits = torch.tensor([[-20.0, -1e4]], requires_grad=True)
    HillLoss(reduction="sum")(logits, torch.ones(1, 2)).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[-1.0, -1.0]]))


def test_without_margin_a_marked_label_has_the_focal_loss():
    logits = 5 * torch.randn(4, 7)
    found = HillLoss(margin=0, gamma=3)(logits, torch.ones(4, 7))
    torch.testing.assert_close(found, FocalLoss(gamma=3)(logits, torch.ones(4, 7)))


def test_labels_known_to_be_absent_and_unknown_ones_get_the_same_hill_unless_these_are_ignored():
    logits = torch.tensor([[0.3, 0.3, 0.3]])
    known, unknown, marked = HillLoss().elements(logits, torch.tensor([[0, -1, 1]]))[0]
    assert known == unknown != marked
    assert HillLoss(unknown="ignored").elements(logits, torch.tensor([[0, -1, 1]]))[0].tolist() == [known, 0, marked]
