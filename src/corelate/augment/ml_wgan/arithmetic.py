"""How many small networks of one shape are computed at once: the same steps in three orders of a tensor's dimensions.

`enter` and `leave` change between an order and pictures …×B×C×H×W, where N stacked networks have N in front. `kernel`
brings the weights of torch's modules into the form that the steps take, once.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor
from torch.nn import functional

from corelate.augment.ml_wgan.products import Double, Halve, Product

SPREAD, HALVE, DOUBLE, GATHER = "spread", "halve", "double", "gather"
"""The four kinds of convolutions, by what they do to a picture."""


class Arithmetic(Protocol):
    """The steps that both networks are made of. B pictures, C channels.

    Attributes:
        pictures: The dimension of the B pictures.
        places: The dimensions of rows and columns.
    """

    pictures: ClassVar[int]
    places: ClassVar[tuple[int, int]]

    def enter(self, pictures: Tensor) -> Tensor:
        """Return pictures …×B×C×H×W in the own order."""

    def leave(self, values: Tensor) -> Tensor:
        """Return values in the own order as …×B×C×H×W."""

    def kernel(self, weight: Tensor, kind: str) -> Tensor:
        """Return a stacked weight, N×(that of a torch module), as the steps take it."""

    def by_channel(self, values: Tensor) -> Tensor:
        """Return numbers …×C so that they can be multiplied with values."""

    def spread(self, noise: Tensor, kernel: Tensor, places: tuple[int, int]) -> Tensor:
        """Return the transposed convolution of noise …×B×C, seen as one place, with a kernel as large as the result."""

    def halve(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return the convolution with kernel 4, stride 2, padding 1."""

    def double(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return the transposed convolution with kernel 4, stride 2, padding 1."""

    def gather(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return the convolution with a kernel as large as the values and one channel, …×B."""


class Plain:
    """One network, by torch's own convolutions; values are B×C×H×W."""

    pictures: ClassVar[int] = 0
    places: ClassVar[tuple[int, int]] = (2, 3)

    def enter(self, pictures: Tensor) -> Tensor:
        """Return the pictures."""
        return pictures

    def leave(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values

    def kernel(self, weight: Tensor, kind: str) -> Tensor:
        """Return the weight."""
        return weight

    def by_channel(self, values: Tensor) -> Tensor:
        """Return C×1×1."""
        return values[:, None, None]

    def spread(self, noise: Tensor, kernel: Tensor, places: tuple[int, int]) -> Tensor:
        """Return B×C×h×w."""
        return functional.conv_transpose2d(noise[:, :, None, None].to(kernel.dtype), kernel)

    def halve(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return B×out×(H/2)×(W/2)."""
        return functional.conv2d(values.to(kernel.dtype), kernel, stride=2, padding=1)

    def double(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return B×out×2H×2W."""
        return functional.conv_transpose2d(values.to(kernel.dtype), kernel, stride=2, padding=1)

    def gather(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return B scores."""
        return functional.conv2d(values.to(kernel.dtype), kernel).flatten()


class Grouped:
    """N networks as the groups of one convolution; values are B×NC×H×W."""

    pictures: ClassVar[int] = 0
    places: ClassVar[tuple[int, int]] = (2, 3)

    def __init__(self, count: int) -> None:
        self.count = count

    def enter(self, pictures: Tensor) -> Tensor:
        """Return pictures N×B×C×H×W as B×NC×H×W."""
        return pictures.transpose(0, 1).flatten(1, 2)

    def leave(self, values: Tensor) -> Tensor:
        """Return values B×NC×H×W as N×B×C×H×W."""
        return values.unflatten(1, (self.count, -1)).transpose(0, 1)

    def kernel(self, weight: Tensor, kind: str) -> Tensor:
        """Return the weights of all networks as those of one."""
        return weight.flatten(0, 1)

    def by_channel(self, values: Tensor) -> Tensor:
        """Return NC×1×1."""
        return values.flatten()[:, None, None]

    def spread(self, noise: Tensor, kernel: Tensor, places: tuple[int, int]) -> Tensor:
        """Return B×NC×h×w."""
        values = noise.transpose(0, 1).flatten(1)[:, :, None, None]
        return functional.conv_transpose2d(values.to(kernel.dtype), kernel, groups=self.count)

    def halve(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return B×N·out×(H/2)×(W/2)."""
        return functional.conv2d(values.to(kernel.dtype), kernel, stride=2, padding=1, groups=self.count)

    def double(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return B×N·out×2H×2W."""
        return functional.conv_transpose2d(values.to(kernel.dtype), kernel, stride=2, padding=1, groups=self.count)

    def gather(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return N×B scores."""
        return functional.conv2d(values.to(kernel.dtype), kernel, groups=self.count).flatten(1).T


class Products:
    """N networks by batched matrix products; values are N×B×H×W×C."""

    pictures: ClassVar[int] = 1
    places: ClassVar[tuple[int, int]] = (2, 3)

    def enter(self, pictures: Tensor) -> Tensor:
        """Return N×B×C×H×W as N×B×H×W×C."""
        return pictures.permute(0, 1, 3, 4, 2).contiguous()

    def leave(self, values: Tensor) -> Tensor:
        """Return N×B×H×W×C as N×B×C×H×W."""
        return values.permute(0, 1, 4, 2, 3)

    def kernel(self, weight: Tensor, kind: str) -> Tensor:
        """Return the matrices of the products."""
        if kind == SPREAD:  # N×100×out×h×w
            return weight.permute(0, 1, 3, 4, 2).flatten(2)
        if kind == GATHER:  # N×1×in×h×w
            return weight.permute(0, 3, 4, 2, 1).flatten(1, 3)
        # Each side of the kernel as cell and place in the cell: dimensions 3 to 6.
        cells = weight.unflatten(3, (2, 2)).unflatten(5, (2, 2))
        if kind == HALVE:  # N×out×in×4×4
            return cells.permute(0, 3, 5, 4, 6, 2, 1).flatten(1, 5)
        return cells.permute(0, 1, 3, 5, 4, 6, 2).flatten(2)  # N×in×out×4×4

    def by_channel(self, values: Tensor) -> Tensor:
        """Return N×1×1×1×C."""
        return values[:, None, None, None, :]

    def spread(self, noise: Tensor, kernel: Tensor, places: tuple[int, int]) -> Tensor:
        """Return N×B×h×w×C."""
        result: Tensor = Product.apply(noise.to(kernel.dtype), kernel)
        return result.unflatten(2, (*places, -1))

    def halve(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return N×B×(H/2)×(W/2)×out."""
        result: Tensor = Halve.apply(values.to(kernel.dtype), kernel)
        return result

    def double(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return N×B×2H×2W×out."""
        result: Tensor = Double.apply(values.to(kernel.dtype), kernel)
        return result

    def gather(self, values: Tensor, kernel: Tensor) -> Tensor:
        """Return N×B scores."""
        result: Tensor = Product.apply(values.flatten(2).to(kernel.dtype), kernel)
        return result.squeeze(2)
