"""The ways to compute N networks at once, by name. All give the same pictures; they differ in how long they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from corelate.augment.ml_wgan.arithmetic import Arithmetic, Grouped, Plain, Products
from corelate.augment.ml_wgan.networks import Parameters, generate, judge, kernels
from corelate.augment.ml_wgan.settings import STRIDE, MLWGANSettings
from corelate.errors import OptionError

AUTO = "auto"
ONE_BY_ONE, VMAP, GROUPED, PRODUCTS = "one-by-one", "vmap", "grouped", "products"
METHODS = (ONE_BY_ONE, VMAP, GROUPED, PRODUCTS)


class Method(Protocol):
    """Computes N stacked networks."""

    def kernels(self, values: Parameters, kinds: Sequence[str]) -> dict[str, Tensor]:
        """Return stacked parameters of torch modules as the other two take them."""

    def generate(self, generators: Parameters, noise: Tensor) -> Tensor:
        """Return pictures N×B×3×H×W of noise N×B×100."""

    def judge(self, critics: Parameters, pictures: Tensor, direction: Tensor | None = None) -> Tensor:
        """Return scores N×B of pictures N×B×3×H×W; with a direction N×1×3×H×W one more, as `networks.judge`."""


def build_method(name: str, count: int, settings: MLWGANSettings) -> Method:
    """Return the method of a name.

    Args:
        name: One of `METHODS`, or ``"auto"``: `PRODUCTS`, the fastest that was measured (benchmarks/ml_wgan_speed.py).
        count: The number N of networks.
        settings: Size of the pictures.

    Raises:
        OptionError: There is no such method.
    """
    places = (settings.height // STRIDE, settings.width // STRIDE)
    if name in (AUTO, PRODUCTS):
        return _Stacked(Products(), places)
    if name == GROUPED:
        return _Stacked(Grouped(count), places)
    if name == VMAP:
        return _Mapped(places, torch.func.vmap)
    if name == ONE_BY_ONE:
        return _Mapped(places, _for_each)
    raise OptionError(f"method {name!r}: choose one of {', '.join((AUTO, *METHODS))}")


class _Stacked:
    """Arithmetic that knows of N."""

    def __init__(self, arithmetic: Arithmetic, places: tuple[int, int]) -> None:
        self.arithmetic = arithmetic
        self.places = places

    def kernels(self, values: Parameters, kinds: Sequence[str]) -> dict[str, Tensor]:
        return kernels(values, kinds, self.arithmetic)

    def generate(self, generators: Parameters, noise: Tensor) -> Tensor:
        return generate(generators, noise, self.places, self.arithmetic)

    def judge(self, critics: Parameters, pictures: Tensor, direction: Tensor | None = None) -> Tensor:
        return judge(critics, pictures, self.arithmetic, direction)


class _Mapped:
    """Arithmetic of one network, mapped over N of them."""

    def __init__(
        self, places: tuple[int, int], mapping: Callable[[Callable[..., Tensor]], Callable[..., Tensor]]
    ) -> None:
        self._generate = mapping(lambda parameters, noise: generate(parameters, noise, places, Plain()))
        self._judge = mapping(lambda parameters, *inputs: judge(parameters, inputs[0], Plain(), *inputs[1:]))

    def kernels(self, values: Parameters, kinds: Sequence[str]) -> dict[str, Tensor]:
        return dict(values)

    def generate(self, generators: Parameters, noise: Tensor) -> Tensor:
        return self._generate(dict(generators), noise)

    def judge(self, critics: Parameters, pictures: Tensor, direction: Tensor | None = None) -> Tensor:
        return self._judge(dict(critics), pictures, *(() if direction is None else (direction,)))


def _for_each(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the function of one network for N stacked ones, called for one after another."""

    def each(parameters: Parameters, *inputs: Tensor) -> Tensor:
        return torch.stack(
            [
                function(
                    {name: value[number] for name, value in parameters.items()}, *(value[number] for value in inputs)
                )
                for number in range(len(inputs[0]))
            ]
        )

    return each
