"""Reductions: from the loss of every cell or picture to the one number that is minimised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Reduction = Callable[[Tensor, "int | Tensor"], Tensor]


def mean(values: Tensor, count: int | Tensor) -> Tensor:
    """Return the sum of `values` divided by `count`, the number of values that are known (at least 1)."""
    return _Mean.apply(values, count)


def sum_all(values: Tensor, count: int | Tensor) -> Tensor:
    """Return the sum of `values`, whatever `count` is."""
    return values.sum()


REDUCTIONS: dict[str, Reduction] = {"mean": mean, "sum": sum_all}


class _Mean(torch.autograd.Function):
    """A mean that divides first, so that values near the largest float do not overflow on the way.

    Left to autograd, dividing first would make the backward pass write out a full matrix of equal numbers.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, count: int | Tensor) -> Tensor:
        ctx.count, ctx.shape = count, values.shape
        return (values / count).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return (gradient / ctx.count).expand(ctx.shape), None
