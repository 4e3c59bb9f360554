"""Generator and critic of ML-WGAN: their parameters, and what they compute.

Both are five halvings (or doublings) of a picture by convolutions with kernel 4, stride 2 and padding 1, and one kernel
as large as what is left:

    generator: noise 100 → 1024 (kernel H/32 × W/32) → 512 → 256 → 128 → 64 → 3, batch norm and ReLU between, tanh
    critic: 3 → 64 → 128 → 256 → 512 → 1024, batch norm and LeakyReLU 0.2 after each → 1 (kernel H/32 × W/32)

A batch is one picture, and batch norm always uses the statistics of its batch: each picture is normalised by itself.
What is computed does therefore not depend on how many pictures are put through at once, and running statistics are of
no use to anybody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from corelate.augment.ml_wgan.arithmetic import DOUBLE, GATHER, HALVE, SPREAD, Arithmetic
from corelate.augment.ml_wgan.settings import STRIDE, MLWGANSettings

NOISE = 100
CHANNELS = (64, 128, 256, 512, 1024)
KERNEL = 4
DEVIATION = 0.02
SLOPE = 0.2
EPSILON = 1e-5
GENERATOR = (SPREAD, *(DOUBLE for _ in CHANNELS))
CRITIC = (*(HALVE for _ in CHANNELS), GATHER)

Parameters = Mapping[str, Tensor]
Shapes = dict[str, tuple[int, ...]]


def generator_shapes(settings: MLWGANSettings) -> Shapes:
    """Return the shape of each parameter of a generator."""
    places = (settings.height // STRIDE, settings.width // STRIDE)
    shapes: Shapes = {}
    incoming, kernel = NOISE, places
    for number, outgoing in enumerate((*reversed(CHANNELS), 3)):
        shapes[f"{number}.weight"] = (incoming, outgoing, *kernel)
        shapes[f"{number}.bias"] = (outgoing,)
        if number < len(CHANNELS):
            shapes |= _norm_shapes(number, outgoing)
        incoming, kernel = outgoing, (KERNEL, KERNEL)
    return shapes


def critic_shapes(settings: MLWGANSettings) -> Shapes:
    """Return the shape of each parameter of a critic."""
    shapes: Shapes = {}
    incoming = 3
    for number, outgoing in enumerate(CHANNELS):
        shapes[f"{number}.weight"] = (outgoing, incoming, KERNEL, KERNEL)
        shapes[f"{number}.bias"] = (outgoing,)
        if settings.critic_norm:
            shapes |= _norm_shapes(number, outgoing)
        incoming = outgoing
    shapes[f"{len(CHANNELS)}.weight"] = (1, incoming, settings.height // STRIDE, settings.width // STRIDE)
    shapes[f"{len(CHANNELS)}.bias"] = (1,)
    return shapes


def starting_values(shapes: Shapes, norm_scale: float, random: torch.Generator) -> dict[str, Tensor]:
    """Draw the parameters of one network, in the order of their names.

    Weights are normal with standard deviation 0.02, scales of batch norm too, around `norm_scale`, shifts 0. Biases are
    torch's own start: uniform within ±1/√(weights of one channel), where a transposed convolution counts those of its
    second dimension.

    Args:
        shapes: As `generator_shapes` or `critic_shapes` gives them.
        norm_scale: Mean of batch norm's scale.
        random: Where the numbers come from; on the CPU.
    """
    values = {}
    for name, shape in shapes.items():
        kind = name.partition(".")[2]
        if kind == "weight":
            values[name] = torch.randn(shape, generator=random) * DEVIATION
        elif kind == "scale":
            values[name] = norm_scale + torch.randn(shape, generator=random) * DEVIATION
        elif kind == "shift":
            values[name] = torch.zeros(shape)
        else:
            bound = 1 / math.sqrt(math.prod(shapes[name.replace("bias", "weight")][1:]))
            values[name] = torch.empty(shape).uniform_(-bound, bound, generator=random)
    return values


def kernels(values: Mapping[str, Tensor], kinds: Sequence[str], arithmetic: Arithmetic) -> dict[str, Tensor]:
    """Return stacked parameters as an arithmetic takes them.

    Args:
        values: Each parameter as a torch module has it, N of them stacked.
        kinds: What each layer is: `GENERATOR` or `CRITIC`.
        arithmetic: Where they are used.
    """
    return {
        name: arithmetic.kernel(value, kinds[int(number)]).contiguous() if kind == "weight" else value
        for name, value in values.items()
        for number, _, kind in [name.partition(".")]
    }


def generate(parameters: Parameters, noise: Tensor, places: tuple[int, int], arithmetic: Arithmetic) -> Tensor:
    """Return pictures in [-1, 1], …×B×3×H×W, of noise, …×B×100.

    Args:
        parameters: As `kernels` gives them.
        noise: Standard normal.
        places: H/32 and W/32.
        arithmetic: How it is computed.
    """
    values = arithmetic.spread(noise, parameters["0.weight"], places)
    for number in range(len(CHANNELS)):
        # A bias in front of batch norm is subtracted again by it: it is there, as in the original, and never added.
        values, _ = _normalised(values, None, parameters, number, arithmetic)
        values = arithmetic.double(functional.relu(values), parameters[f"{number + 1}.weight"])
    values = values + arithmetic.by_channel(parameters[f"{len(CHANNELS)}.bias"])
    return torch.tanh(at_least_single(arithmetic.leave(values)))


def judge(parameters: Parameters, pictures: Tensor, arithmetic: Arithmetic, direction: Tensor | None = None) -> Tensor:
    """Return the critic's scores, …×B, of pictures, …×B×3×H×W.

    Args:
        parameters: As `kernels` gives them.
        pictures: In [-1, 1].
        arithmetic: How it is computed.
        direction: …×1×3×H×W or None. If given, one more score is returned: by how much the score of the last picture
            changes in this direction (its directional derivative, by forward differentiation).
    """
    values = arithmetic.enter(pictures if direction is None else torch.cat((pictures, direction), dim=-4))
    for number in range(len(CHANNELS)):
        values = arithmetic.halve(values, parameters[f"{number}.weight"])
        change = None
        if direction is not None:
            values, change = values.split([values.shape[arithmetic.pictures] - 1, 1], dim=arithmetic.pictures)
        if f"{number}.scale" in parameters:
            values, change = _normalised(values, change, parameters, number, arithmetic)
        else:
            values = values + arithmetic.by_channel(parameters[f"{number}.bias"])
        if change is not None:
            last = values.narrow(arithmetic.pictures, -1, 1)
            change = torch.where(last.detach() > 0, change, SLOPE * change)
        values = functional.leaky_relu(values, SLOPE)
        if change is not None:
            values = torch.cat((values, change), dim=arithmetic.pictures)
    last_layer = len(CHANNELS)
    # The last bias moves all scores alike: no difference of scores, and no slope, knows of it.
    return at_least_single(arithmetic.gather(values, parameters[f"{last_layer}.weight"]))


def _normalised(
    values: Tensor, change: Tensor | None, parameters: Parameters, number: int, arithmetic: Arithmetic
) -> tuple[Tensor, Tensor | None]:
    """Return batch norm of each picture, and how that of the last one changes with a change of its values."""
    scale = arithmetic.by_channel(parameters[f"{number}.scale"])
    shift = arithmetic.by_channel(parameters[f"{number}.shift"])
    exact = at_least_single(values)
    centred = exact - exact.mean(arithmetic.places, keepdim=True)
    factor = (centred.square().mean(arithmetic.places, keepdim=True) + EPSILON).rsqrt()
    unit = centred * factor
    normalised = torch.addcmul(shift, unit, scale).to(values.dtype)
    if change is None:
        return normalised, None
    last = unit.narrow(arithmetic.pictures, -1, 1)
    moved = at_least_single(change)
    moved = moved - moved.mean(arithmetic.places, keepdim=True)
    moved = torch.addcmul(moved, last, (last * moved).mean(arithmetic.places, keepdim=True), value=-1)
    return normalised, (moved * (factor.narrow(arithmetic.pictures, -1, 1) * scale)).to(values.dtype)


def at_least_single(values: Tensor) -> Tensor:
    """Return values in single precision, double ones in double."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _norm_shapes(number: int, channels: int) -> Shapes:
    return {f"{number}.scale": (channels,), f"{number}.shift": (channels,)}
