"""Every registered loss has the right gradient."""

import pytest
import torch

from corelate.losses.build import build_loss

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_is_the_derivative(build, reduction, batch):
    loss = build(reduction=reduction)
    if getattr(loss.options, "focusing_gradient", "") == "detached":
        pytest.skip("a detached focusing weight is on purpose not part of the derivative")
    logits, targets = batch()
    targets[2, 3] = targets[4, :] = -1
    assert torch.autograd.gradcheck(lambda x: loss(x, targets), (logits,), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_logit_gets_a_gradient_towards_its_target(name, dtype, batch):
    logits, targets = batch(dtype=dtype, spread=1.0)
    build_loss(name, reduction="sum")(logits, targets).backward()
    assert (logits.grad[targets == 1] < 0).all()
    # An absent label with p ≤ 0.05 is below the asymmetric loss's margin: the one place without a gradient. One with
    # p > 0.6 is present to splc.
    counted = (targets == 0) & (logits.sigmoid() > (0.05 if name == "asymmetric" else 0))
    counted &= logits.sigmoid() <= (0.6 if name == "splc" else 1)
    assert counted.any()
    assert (logits.grad[counted] > 0).all()


def test_backward_runs_twice_when_the_graph_is_kept(name, batch):
    logits, targets = batch()
    loss = build_loss(name)(logits, targets)
    loss.backward(retain_graph=True)
    once = logits.grad.clone()
    loss.backward()
    torch.testing.assert_close(logits.grad, 2 * once)


def test_elements_take_a_weight_for_each_value(name, batch):
    logits, targets = batch()
    elements = build_loss(name).elements(logits, targets)
    weights = torch.rand(elements.shape, dtype=elements.dtype)
    (elements * weights).sum().backward()
    weighted, logits.grad = logits.grad, None
    build_loss(name).elements(logits, targets).sum().backward()
    expected = logits.grad * (weights if weights.dim() == 2 else weights.unsqueeze(1))
    torch.testing.assert_close(weighted, expected)
