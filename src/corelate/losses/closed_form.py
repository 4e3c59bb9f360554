"""Losses whose derivative is written down rather than left to automatic differentiation.

The chain rule multiplies factors that can be 0 and infinite where their product is an ordinary number, and keeps every
intermediate B×L matrix until the backward pass. A derivative in closed form has neither trouble: one matrix is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

ValuesAndSlopes = tuple[Tensor, Tensor]


def differentiable(formula: Callable[[Tensor], ValuesAndSlopes], logits: Tensor) -> Tensor:
    """Return the values of `formula` at `logits`, with the slopes it computed as their derivative.

    Args:
        formula: Maps logits (B×L) to values (B×L, or B for one value a picture) and slopes (B×L): slope (i, j) is the
            derivative of value (i, j), or of value i, by logit (i, j). It may work in place on what it made itself.
        logits: B×L.

    Second derivatives are refused by torch with an error, not silently taken as zero.
    """
    return _ClosedForm.apply(logits, formula)


class _ClosedForm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, formula: Callable[[Tensor], ValuesAndSlopes]) -> Tensor:
        values, slopes = formula(logits)
        ctx.save_for_backward(slopes)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (slopes,) = ctx.saved_tensors
        if gradient.dim() < slopes.dim():
            gradient = gradient.unsqueeze(-1)  # B×1: one value a picture
        return gradient * slopes, None
