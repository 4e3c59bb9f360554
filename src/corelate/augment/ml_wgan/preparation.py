"""From a picture to what a generator learns from, and from what it made back to a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from corelate.augment.ml_wgan.settings import MIRRORED, TURNED, MLWGANSettings
from corelate.errors import ImageReadError

# Proportions that differ by less are the frame's: to resize by a pixel or two would only blur.
ALIKE = 0.02
# JPEG takes no more.
LONGEST_SIDE = 65_500


@dataclass(frozen=True)
class Plan:
    """How a picture was brought into the frame, and so how what was made from it gets out again.

    Attributes:
        turned: Whether it was turned by 90° counter-clockwise, since it is higher than wide and the frame is not, or
            the other way round.
        width: Width of a generated picture that stands as the original does, pixels.
        height: Its height.
    """

    turned: bool
    width: int
    height: int


def prepare(picture: Image.Image, name: str, settings: MLWGANSettings) -> tuple[Tensor, Plan]:
    """Bring a picture into the frame.

    Args:
        picture: RGB, upright.
        name: What it is called in messages.
        settings: The frame's size, and how much is cut off each side.

    Returns:
        3×H×W float32 in [-1, 1], and how to undo it.

    Raises:
        ImageReadError: Nothing is left of the picture when its border is cut off.

    Source:
        As the plain CNN system prepares pictures; of 192×128 pixels 186×122 are left.
    """
    border = settings.border
    if min(picture.size) <= 2 * border:
        raise ImageReadError(
            f"{name}: {picture.width}×{picture.height} pixels, of which nothing is left when {border} are cut off each "
            "side; use a smaller border"
        )
    plan = make_plan(picture.width, picture.height, settings)
    framed = picture.transpose(Image.Transpose.ROTATE_90) if plan.turned else picture
    inner = framed.crop((border, border, framed.width - border, framed.height - border))
    resized = inner.resize((settings.width, settings.height), Image.Resampling.BILINEAR)
    values = np.asarray(resized, dtype=np.float32).transpose(2, 0, 1) / 127.5 - 1.0
    return torch.from_numpy(np.ascontiguousarray(values)), plan


def make_plan(width: int, height: int, settings: MLWGANSettings) -> Plan:
    """Return how a picture of so many pixels gets into the frame and out again."""
    turned = (height - width) * (settings.height - settings.width) < 0
    frame = (settings.height, settings.width) if turned else (settings.width, settings.height)
    proportions = width / height
    if abs(math.log(proportions * frame[1] / frame[0])) < ALIKE:
        return Plan(turned, *frame)
    area = settings.height * settings.width
    sides = (math.sqrt(area * proportions), math.sqrt(area / proportions))
    return Plan(turned, *(min(max(1, round(side)), LONGEST_SIDE) for side in sides))


def finish(fake: Tensor, view: str, plan: Plan) -> Image.Image:
    """Return a generated picture as it is shown.

    Args:
        fake: 3×H×W in [-1, 1], on the CPU.
        view: One of `settings.VIEWS`. The turned one is turned by 90° clockwise from the frame: what was turned to get
            into the frame stands as the original does again, all else lies on its side.
        plan: How the original was brought into the frame.
    """
    values = torch.nan_to_num(fake.float() * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    framed = Image.fromarray(values.permute(1, 2, 0).contiguous().numpy())
    upright = framed.transpose(Image.Transpose.ROTATE_270) if plan.turned else framed
    if upright.size != (plan.width, plan.height):
        upright = upright.resize((plan.width, plan.height), Image.Resampling.BILINEAR)
    if view == MIRRORED:
        return upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if view == TURNED and not plan.turned:
        return upright.transpose(Image.Transpose.ROTATE_270)
    return upright
