"""How much memory the training of one picture's networks takes."""

from __future__ import annotations

import math

from corelate.augment.ml_wgan.networks import critic_shapes, generator_shapes
from corelate.augment.ml_wgan.settings import MLWGANSettings

# Weights, gradients and Adam's two moments, in float32, and what a step copies of them.
COPIES = 6
# Of activations, their gradients and those of the gradient penalty, for each pixel; measured at 128×192.
BYTES_A_PIXEL = 12_000


def memory_per_picture(settings: MLWGANSettings, precision: str) -> int:
    """Return the bytes that training takes for each picture that is trained at once.

    Args:
        settings: Size of the pictures.
        precision: ``"bf16-mixed"`` stores activations in half the space.
    """
    shapes = [*generator_shapes(settings).values(), *critic_shapes(settings).values()]
    parameters = sum(math.prod(shape) for shape in shapes)
    activations = BYTES_A_PIXEL * settings.height * settings.width
    return 4 * COPIES * parameters + (activations // 2 if precision == "bf16-mixed" else activations)
