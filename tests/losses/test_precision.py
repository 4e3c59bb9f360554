"""Every registered loss computes in float32 at least, and survives the largest logits."""

import itertools

import pytest
import torch

from corelate.losses.base import CellLoss
from corelate.losses.build import build_loss

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", FLOATS)
def test_result_is_at_least_float32(name, dtype, batch):
    logits, targets = batch(dtype=dtype)
    loss = build_loss(name)
    value = loss(logits, targets)
    assert value.dtype == loss.elements(logits, targets).dtype == torch.promote_types(dtype, torch.float32)
    assert value.dim() == 0
    value.backward()
    assert logits.grad.dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_logits_are_computed_in_float32(name, dtype, batch):
    logits, targets = batch(dtype=dtype)
    assert build_loss(name)(logits, targets) == build_loss(name)(logits.float(), targets)


def test_autocast_changes_nothing(name, batch):
    logits, targets = batch(dtype=torch.float32)
    expected = build_loss(name)(logits, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(build_loss(name)(logits, targets), expected)


def test_autocast_is_off_inside_a_loss_that_would_suffer_from_it(batch):
    class Products(CellLoss):
        def compute_cells(self, logits, positive):
            return logits @ torch.eye(logits.shape[1])

    logits, targets = batch(dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert Products().elements(logits, targets).dtype == torch.float32


def test_float32_agrees_with_float64(build, batch):
    logits, targets = batch(rows=20, labels=50)
    loss = build()
    single = logits.detach().float()
    exact = loss.elements(single.double(), targets)
    # A power of 1000 multiplies the rounding of its base by 1000; p - margin has lost digits where they are close.
    gamma = max(getattr(loss.options, option, 0) for option in ("gamma", "gamma_positive", "gamma_negative"))
    torch.testing.assert_close(loss.elements(single, targets).double(), exact, rtol=1e-6 * max(gamma, 10), atol=1e-8)


def extreme_logits(dtype):
    largest = torch.finfo(dtype).max
    magnitudes = [0.0, 1e-4, 17.0, 18.5, 30.0, 88.0, 89.0, 104.0, 1e3, 1e4, largest / 2, largest]
    values = [value for value in magnitudes if value <= largest]
    return torch.tensor(values + [-value for value in values], dtype=dtype)


@pytest.mark.parametrize("dtype", FLOATS)
def test_extreme_logits_give_finite_losses_and_gradients(build, dtype):
    extremes = extreme_logits(dtype)
    pairs = torch.tensor(list(itertools.product(extremes.tolist(), repeat=2)), dtype=dtype)
    for target in ((1, 0), (0, 1), (1, 1), (0, 0), (1, -1)):
        logits = pairs.clone().requires_grad_()
        loss = build()(logits, torch.tensor(target, dtype=torch.int8).expand(len(pairs), 2))
        loss.backward()
        assert loss.isfinite()
        assert loss >= 0
        assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", ["bce", "focal", "lsep"])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [20.0, 100.0, 1e4])
def test_wrong_side_keeps_its_full_gradient(name, dtype, size):
    logits = torch.tensor([[-size, size]], dtype=dtype, requires_grad=True)
    build_loss(name, reduction="sum")(logits, torch.tensor([[1, 0]])).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[-1.0, 1.0]], dtype=dtype))


def test_not_a_number_is_not_hidden(name, batch):
    logits, targets = batch()
    with torch.no_grad():
        logits[0, 0] = torch.nan
    assert build_loss(name)(logits, targets).isnan()
