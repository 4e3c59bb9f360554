"""Log-sum-exp pairwise loss against a double loop over its definition, and its special pictures."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corelate.losses.lsep import LogSumExpPairwiseLoss


def looped_lsep(logits, targets):
    """The definition: for each picture every pair of an absent and a present label."""
    losses = []
    for row, target in zip(logits, targets, strict=True):
        total = torch.zeros((), dtype=logits.dtype)
        for v, u in ((v, u) for v in range(len(row)) for u in range(len(row)) if target[v] == 0 and target[u] == 1):
            total = total + torch.exp(row[v] - row[u])
        losses.append(torch.log(1 + total))
    return torch.stack(losses)


@pytest.mark.parametrize("unknown", [False, True])
def test_values_and_gradients_equal_the_double_loop(unknown):
    logits = (3 * torch.randn(9, 7, dtype=torch.float64)).requires_grad_()
    targets = torch.randint(-1 if unknown else 0, 2, (9, 7))
    targets[0], targets[1] = 0, 1
    expected = looped_lsep(logits, targets)
    (gradient,) = torch.autograd.grad(expected.mean(), logits)
    loss = LogSumExpPairwiseLoss()
    torch.testing.assert_close(loss.elements(logits, targets), expected)
    loss(logits, targets).backward()
    torch.testing.assert_close(logits.grad, gradient)


@pytest.mark.parametrize("shift", [0.0, 100.0, -1e4])
def test_single_precision_equals_the_double_loop(shift):
    logits = torch.randint(-80, 80, (6, 9)) / 8 + shift  # multiples of 1/8: the shift loses no digit
    targets = torch.tensor([1, 0, 0, 1, 0, 0, 0, 1, 0]).expand(6, 9)
    expected = looped_lsep(logits.double(), targets)
    torch.testing.assert_close(LogSumExpPairwiseLoss().elements(logits, targets).double(), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("target", [0, 1, -1], ids=["no present label", "no absent label", "all unknown"])
def test_picture_without_pairs_costs_nothing_and_spoils_nothing(target):
    logits = torch.randn(2, 5, requires_grad=True)
    targets = torch.tensor([[target] * 5, [1, 0, 0, 1, 0]])
    loss = LogSumExpPairwiseLoss()
    elements = loss.elements(logits, targets)
    value = loss(logits, targets)
    value.backward()
    assert elements[0] == 0
    torch.testing.assert_close(value, elements[1] / 2)
    assert (logits.grad[0] == 0).all()
    assert (logits.grad[1] != 0).all()


def test_large_differences_do_not_overflow():
    """exp(200) is not a float32; the loss is 200 and the gradient is whole."""
    logits = torch.tensor([[100.0, -100.0]], requires_grad=True)
    value = LogSumExpPairwiseLoss()(logits, torch.tensor([[0, 1]]))
    value.backward()
    assert value.item() == 200
    assert logits.grad.tolist() == [[1, -1]]


def test_small_losses_keep_their_digits():
    value = LogSumExpPairwiseLoss()(torch.tensor([[30.0, -30.0]]), torch.tensor([[1, 0]]))
    assert value.item() == pytest.approx(math.exp(-60), rel=1e-5)


def test_difference_beyond_the_largest_float_stops_there():
    largest = torch.finfo(torch.float32).max
    logits = torch.tensor([[largest, -largest]], requires_grad=True)
    value = LogSumExpPairwiseLoss()(logits, torch.tensor([[0, 1]]))
    value.backward()
    assert value.item() == largest
    assert logits.grad.tolist() == [[1, -1]]


@given(shift=st.integers(-1000, 1000), seed=st.integers(0, 50))
def test_only_differences_matter(shift, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 6, generator=generator, dtype=torch.float64)
    targets = torch.randint(-1, 2, (3, 6), generator=generator)
    loss = LogSumExpPairwiseLoss()
    torch.testing.assert_close(loss(logits + shift, targets), loss(logits, targets), rtol=1e-9, atol=1e-12)


def test_gradient_of_a_picture_sums_to_zero():
    logits = torch.randn(4, 10, dtype=torch.float64, requires_grad=True)
    LogSumExpPairwiseLoss()(logits, torch.tensor([1, 1, 0, 0, 0, -1, 0, 1, 0, 0]).expand(4, 10)).backward()
    torch.testing.assert_close(logits.grad.sum(dim=1), torch.zeros(4, dtype=torch.float64))
