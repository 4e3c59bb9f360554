"""From the values of a batch to one number."""

import pytest
import torch

from corelate.losses import LOSSES
from corelate.losses.build import build_loss
from corelate.losses.reductions import REDUCTIONS, mean

CELL_LOSSES = [name for name in LOSSES.names if name != "lsep"]


@pytest.mark.parametrize("name", CELL_LOSSES)
def test_sum_is_rows_times_labels_times_the_mean(name):
    logits, targets = torch.randn(32, 260), torch.rand(32, 260) < 0.02
    total = build_loss(name, reduction="sum")(logits, targets)
    torch.testing.assert_close(total, 8320 * build_loss(name)(logits, targets))


def test_sum_of_lsep_is_rows_times_the_mean():
    logits, targets = torch.randn(32, 260), torch.rand(32, 260) < 0.02
    total = build_loss("lsep", reduction="sum")(logits, targets)
    torch.testing.assert_close(total, 32 * build_loss("lsep")(logits, targets))


@pytest.mark.parametrize("name", CELL_LOSSES)
def test_mean_is_over_known_cells_only(name):
    logits, targets = torch.randn(4, 5), torch.tensor([[1, 0, -1, -1, 0]]).repeat(4, 1)
    loss = build_loss(name, unknown="ignored")
    torch.testing.assert_close(loss(logits, targets), loss.elements(logits, targets)[targets >= 0].mean())


@pytest.mark.parametrize("name", CELL_LOSSES)
def test_mean_is_over_all_cells_where_unknown_ones_count_as_absent(name):
    logits, targets = torch.randn(4, 5), torch.tensor([[1, 0, -1, -1, 0]]).repeat(4, 1)
    loss = build_loss(name, unknown="absent")
    torch.testing.assert_close(loss(logits, targets), loss.elements(logits, targets).mean())


def test_mean_of_lsep_counts_every_picture():
    logits = torch.randn(3, 4)
    targets = torch.tensor([[1, 0, 0, 0], [0, 0, 0, 0], [-1, -1, -1, -1]])
    only = build_loss("lsep")(logits[:1], targets[:1])
    torch.testing.assert_close(build_loss("lsep")(logits, targets), only / 3)


def test_mean_of_the_largest_floats_does_not_overflow():
    values = torch.full((10,), 3e38, requires_grad=True)
    result = mean(values, 10)
    result.backward()
    torch.testing.assert_close(result, torch.tensor(3e38))
    torch.testing.assert_close(values.grad, torch.full((10,), 0.1))


def test_mean_is_differentiable_in_each_value():
    values = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: mean(values, 7), (values,))
    assert torch.autograd.gradcheck(lambda values: mean(values, torch.tensor(7)), (values,))


def test_reductions_are_named():
    assert set(REDUCTIONS) == {"mean", "sum"}
