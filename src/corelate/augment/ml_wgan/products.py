"""Convolutions of N networks as batched matrix products of neighbourhoods; values are N×B×H×W×C.

With the channels last, a place's neighbourhood is copied in long runs. Kernel 4 with stride 2 is a kernel of 2 by 2
cells, each of 2 by 2 places, so that a neighbourhood is four shifted views of the cells. Kernels are kept as the
matrices that the products need, and each has one gradient, made by one product.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional


class Product(torch.autograd.Function):
    """N products of matrices."""

    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor) -> Tensor:
        """Return the products."""
        ctx.save_for_backward(left, right)
        return product(left, right)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return the gradients of both, as far as they are wanted."""
        left, right = ctx.saved_tensors
        of_left = product(gradient, right.mT) if ctx.needs_input_grad[0] else None
        of_right = product(left.mT, gradient) if ctx.needs_input_grad[1] else None
        return of_left, of_right


class Halve(torch.autograd.Function):
    """Convolution with kernel 4, stride 2, padding 1: N×B×H×W×in and N×16in×out to N×B×(H/2)×(W/2)×out."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, kernel: Tensor) -> Tensor:
        """Multiply each neighbourhood with the kernel."""
        around = _neighbourhoods(values)
        ctx.save_for_backward(around, kernel)
        ctx.shape = values.shape
        networks, pictures, height, width, _ = values.shape
        return product(around, kernel).view(networks, pictures, height // 2, width // 2, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return the gradients of values and kernel, as far as they are wanted."""
        around, kernel = ctx.saved_tensors
        flat = gradient.flatten(1, 3)
        of_values = of_kernel = None
        if ctx.needs_input_grad[0]:
            of_values = _overlapped(product(flat, kernel.mT), ctx.shape)
        if ctx.needs_input_grad[1]:
            of_kernel = product(around.mT, flat)
        return of_values, of_kernel


class Double(torch.autograd.Function):
    """Transposed convolution with kernel 4, stride 2, padding 1: N×B×H×W×in and N×in×16out to N×B×2H×2W×out."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, kernel: Tensor) -> Tensor:
        """Add up what each place gives to its neighbourhood."""
        flat = values.flatten(1, 3)
        ctx.save_for_backward(flat, kernel)
        ctx.shape = values.shape
        networks, pictures, height, width, _ = values.shape
        shape = (networks, pictures, 2 * height, 2 * width, kernel.shape[2] // 16)
        return _overlapped(product(flat, kernel), shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return the gradients of values and kernel, as far as they are wanted."""
        flat, kernel = ctx.saved_tensors
        around = _neighbourhoods(gradient)
        of_values = of_kernel = None
        if ctx.needs_input_grad[0]:
            of_values = product(around, kernel.mT).view(ctx.shape)
        if ctx.needs_input_grad[1]:
            of_kernel = product(flat.mT, around)
        return of_values, of_kernel


def product(left: Tensor, right: Tensor) -> Tensor:
    """Return N products of matrices, N×a×b and N×b×c to N×a×c, each the same whatever N is.

    On a CPU a batched product divides its work between threads in another way for another N, and so adds up in another
    order; one product after the other costs nothing for matrices as large as these.
    """
    if left.device.type != "cpu":
        return torch.bmm(left, right)
    result = left.new_empty((len(left), left.shape[1], right.shape[2]))
    for number in range(len(left)):
        torch.mm(left[number], right[number], out=result[number])
    return result


def _neighbourhoods(values: Tensor) -> Tensor:
    """Return the 4×4 places around each second place: N×B×H×W×C as N×(B·H/2·W/2)×16C.

    The 16 are cell row, cell column, row in the cell and column in the cell.
    """
    networks, pictures, height, width, channels = values.shape
    cells = functional.pad(values, (0, 0, 1, 1, 1, 1)).view(
        networks, pictures, height // 2 + 1, 2, width // 2 + 1, 2, channels
    )
    cells = cells.transpose(3, 4)
    around = values.new_empty((networks, pictures, height // 2, width // 2, 2, 2, 2, 2, channels))
    for row in range(2):
        for column in range(2):
            around[:, :, :, :, row, column] = cells[:, :, row : row + height // 2, column : column + width // 2]
    return around.view(networks, -1, 16 * channels)


def _overlapped(around: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Add up neighbourhoods where they overlap: the adjoint of `_neighbourhoods`, to N×B×H×W×C."""
    networks, pictures, height, width, channels = shape
    parts = around.view(networks, pictures, height // 2, width // 2, 2, 2, 2, 2, channels)
    padded = around.new_zeros((networks, pictures, height // 2 + 1, 2, width // 2 + 1, 2, channels))
    cells = padded.transpose(3, 4)
    for row in range(2):
        for column in range(2):
            cells[:, :, row : row + height // 2, column : column + width // 2] += parts[:, :, :, :, row, column]
    return padded.view(networks, pictures, height + 2, width + 2, channels)[:, :, 1:-1, 1:-1]
