"""How much memory the training of one picture's networks takes."""

from __future__ import annotations

import math

from corelate.augment.ml_wgan.networks import critic_shapes, generator_shapes
from corelate.augment.ml_wgan.settings import MLWGANSettings

# Of each parameter: weight, gradient and Adam's two moments, in float32.
BYTES_A_PARAMETER = 4 * 4
# Beside them with bfloat16: weight and gradient as the convolutions take them.
BYTES_A_HALF_PARAMETER = 2 * 2
# Activations and what goes backwards through them. Measured on a CPU in float32, by how much the peak of the memory
# grows with each further picture: 370 MiB at 64×64, 438 at 128×192, 611 at 256×256.
BYTES_A_PIXEL = 3000


def memory_per_picture(settings: MLWGANSettings, precision: str) -> int:
    """Return the bytes that training takes for each picture that is trained at once.

    Args:
        settings: Size of the pictures.
        precision: ``"bf16-mixed"`` has parameters in both precisions. Its activations take less, which is not counted
            on: batch norm is computed in float32.
    """
    shapes = [*generator_shapes(settings).values(), *critic_shapes(settings).values()]
    parameters = sum(math.prod(shape) for shape in shapes)
    each = BYTES_A_PARAMETER + (BYTES_A_HALF_PARAMETER if precision == "bf16-mixed" else 0)
    return each * parameters + BYTES_A_PIXEL * settings.height * settings.width
