"""What every registered loss makes of odd batches and wrong input, and what holds for any batch."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.errors import ScoresError
from corelate.losses import LOSSES
from corelate.losses.base import MultiLabelLoss
from corelate.losses.build import build_loss

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def test_every_loss_has_a_variant(variants):
    assert {name for name, _ in variants.values()} == set(LOSSES.names)


def test_batch_of_one_equals_its_row(build, batch):
    logits, targets = batch()
    loss = build()
    rows = [loss.elements(logits[i : i + 1], targets[i : i + 1])[0] for i in range(len(logits))]
    torch.testing.assert_close(torch.stack(rows), loss.elements(logits, targets))


@pytest.mark.parametrize("target", [0, 1], ids=["picture without labels", "picture with all labels"])
def test_one_sided_picture_is_finite(build, target, batch):
    logits, targets = batch(rows=1)
    loss = build()(logits, torch.full_like(targets, target))
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


def test_one_label_and_empty_batch(build, batch):
    logits, targets = batch(rows=3, labels=2)
    assert build()(logits[:, :1], targets[:, :1]).isfinite()
    empty = build()(logits[:0], targets[:0])
    empty.backward()
    assert empty == 0


@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.uint8, torch.int64, *FLOATS])
def test_targets_of_any_type_give_the_same(name, dtype, batch):
    logits, targets = batch()
    assert torch.equal(build_loss(name)(logits, targets.to(dtype)), build_loss(name)(logits, targets))


def test_inputs_are_left_as_they_were(name, batch):
    logits, targets = batch()
    logits_before, targets_before = logits.detach().clone(), targets.clone()
    build_loss(name)(logits, targets).backward()
    assert torch.equal(logits, logits_before)
    assert torch.equal(targets, targets_before)


def test_memory_order_of_the_input_does_not_matter(name, batch):
    logits, targets = batch()
    transposed = build_loss(name)(logits.detach().T.contiguous().T, targets.T.contiguous().T)
    torch.testing.assert_close(transposed, build_loss(name)(logits.detach(), targets))


def test_no_gradient_is_made_where_none_is_asked_for(name, batch):
    logits, targets = batch()
    assert not build_loss(name)(logits.detach(), targets).requires_grad
    with torch.no_grad():
        assert not build_loss(name)(logits, targets).requires_grad


def test_copy_of_a_loss_is_the_same_loss(name, batch):
    logits, targets = batch()
    loss = build_loss(name)
    assert torch.equal(copy.deepcopy(loss)(logits, targets), loss(logits, targets))


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 2), r"logits of shape \(2, 3\) and targets of shape \(3, 2\)"),
        (torch.zeros(2, 3), torch.zeros(1, 3), r"\(2, 3\).*\(1, 3\)"),
        (torch.zeros(3), torch.zeros(3), r"pictures × labels.*\(3,\)"),
        (torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), r"pictures × labels.*\(2, 3, 4\)"),
        (torch.zeros(2, 0), torch.zeros(2, 0), "at least one label"),
        (torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3), "floating-point.*int64.*swapped"),
        ([[0.0]], torch.zeros(1, 1), "torch tensors, got list and Tensor"),
        (torch.zeros(1, 2), torch.tensor([[1, 2]]), "got 2"),
        (torch.zeros(1, 2), torch.tensor([[0, -2]]), "got -2"),
        (torch.zeros(1, 2), torch.tensor([[0.0, 0.5]]), "got 0.5"),
        (torch.zeros(1, 2), torch.tensor([[0.0, torch.nan]]), "got nan"),
        (torch.zeros(1, 2), torch.tensor([[torch.nan, 0.0]]), "got nan"),
        (torch.zeros(1, 2), torch.tensor([[0.0, torch.inf]]), "got inf"),
    ],
)
def test_wrong_input_is_refused(name, logits, targets, message):
    with pytest.raises(ScoresError, match=message):
        build_loss(name)(logits, targets)


def test_base_class_can_not_be_used_itself():
    with pytest.raises(TypeError, match="abstract"):
        MultiLabelLoss()


@st.composite
def batches(draw):
    rows, labels = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    cells = rows * labels
    logits = draw(st.lists(st.floats(-1e4, 1e4, width=32), min_size=cells, max_size=cells))
    targets = draw(st.lists(st.sampled_from([1, 0, -1]), min_size=cells, max_size=cells))
    return torch.tensor(logits).view(rows, labels), torch.tensor(targets, dtype=torch.int8).view(rows, labels)


@settings(max_examples=40, deadline=None)
@given(data=batches(), seed=st.integers(0, 100))
def test_any_batch(build_ignoring, data, seed):
    logits, targets = data[0].requires_grad_(), data[1]
    loss = build_ignoring()
    elements = loss.elements(logits, targets)
    value = loss(logits, targets)
    value.backward()
    assert (elements >= 0).all()
    assert value.isfinite() and logits.grad.isfinite().all()
    # Present labels are never pushed down, absent ones never up (unless they are corrected), unknown ones not at all.
    corrected = logits.sigmoid() > getattr(loss.options, "tau", 1)
    assert (logits.grad[targets == 1] <= 0).all()
    assert (logits.grad[(targets == 0) & ~corrected] >= 0).all()
    assert (logits.grad[targets == -1] == 0).all()
    # The order of the labels and of the pictures means nothing.
    generator = torch.Generator().manual_seed(seed)
    columns = torch.randperm(logits.shape[1], generator=generator)
    shuffled = loss.elements(logits[:, columns], targets[:, columns])
    torch.testing.assert_close(shuffled, elements[:, columns] if elements.dim() == 2 else elements)
    # The mean is the sum divided by what is known.
    count = len(targets) if elements.dim() == 1 else max(int((targets >= 0).sum()), 1)
    torch.testing.assert_close(value, elements.sum() / count)
