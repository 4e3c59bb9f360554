"""Values whose derivative is given with them."""

import pytest
import torch

from corelate.losses.closed_form import differentiable


def squares(logits):
    return logits**2, 2 * logits


def test_slopes_become_the_gradient():
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: differentiable(squares, x), (logits,))


def test_one_value_a_picture():
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: differentiable(lambda logits: (logits.square().sum(1), 2 * logits), x), (logits,)
    )


def test_second_derivative_is_refused_rather_than_wrong():
    logits = torch.randn(3, 4, requires_grad=True)
    # Squared once more, the gradient holds the value, through which a second derivative could go half-way.
    (gradient,) = torch.autograd.grad(differentiable(squares, logits).square().sum(), logits, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
