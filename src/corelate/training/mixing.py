"""Pictures mixed with others of their batch: MixUp blends two, CutMix puts a box of one into the other.

A batch has one share λ, one box and one permutation, which are drawn from a seed for the step, and from nothing that
lives on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from corelate.losses.base import loss_of_logits
from corelate.training.recipe import AugmentationOptions

Box = tuple[int, int, int, int]


class Mix(NamedTuple):
    """How the pictures of one batch are mixed. A named tuple, which devices and processes hand through.

    Attributes:
        partners: Picture i is mixed with picture ``partners[i]``; B, int64.
        share: λ, how much of the mixed picture is the picture itself, in [0, 1].
        box: Top, bottom, left and right of what CutMix takes from the partner; None for MixUp.
        union: Whether the labels of both are taught, and not the mean of both losses.
    """

    partners: torch.Tensor
    share: float
    box: Box | None = None
    union: bool = False

    def blend(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the mixed pictures, B×C×H×W, with the type and the memory format of the given ones."""
        mixed = inputs.clone()
        if self.box is None:
            return mixed.lerp_(inputs[self.partners], 1 - self.share)
        top, bottom, left, right = self.box
        mixed[:, :, top:bottom, left:right] = inputs[:, :, top:bottom, left:right][self.partners]
        return mixed

    def union_of(self, targets: torch.Tensor) -> torch.Tensor:
        """Return targets B×L of both pictures: 1 where either has the label, 0 where neither has, else -1 (unknown).

        A picture of which nothing is left, or that got nothing, has the labels of the one that is seen.
        """
        others = targets[self.partners]
        if self.share in (0.0, 1.0):
            return targets if self.share else others
        unknown = (targets < 0) | (others < 0)
        either = torch.zeros_like(targets).masked_fill_(unknown, -1)
        return either.masked_fill_((targets > 0) | (others > 0), 1)


class MixedLoss(nn.Module):
    """The loss of mixed pictures: λ times that of their own targets and 1-λ times that of their partners'.

    For a loss that is linear in the targets, as binary cross-entropy is, it is the loss of the mixed targets; any other
    loss over labels needs no targets between 0 and 1 then.

    Args:
        loss: Of logits and targets.
        mix: How the batch was mixed.
        progress: Share of the training that is done, in [0, 1).

    Source:
        Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018, arXiv 1710.09412.
    """

    def __init__(self, loss: nn.Module, mix: Mix, progress: float) -> None:
        super().__init__()
        self.loss = loss
        self.mix = mix
        self.progress = progress

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the scalar loss of logits of mixed pictures, B×L, and targets of the pictures as they were, B×L."""
        share = self.mix.share
        if self.mix.union:
            return self._of(logits, self.mix.union_of(targets))
        # What has no share is not computed: 0 times an infinite loss would be no number.
        if share in (0.0, 1.0):
            return self._of(logits, targets if share else targets[self.mix.partners])
        return share * self._of(logits, targets) + (1 - share) * self._of(logits, targets[self.mix.partners])

    def _of(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return loss_of_logits(self.loss, logits, targets, self.progress)


def draw_mix(options: AugmentationOptions, seed: int, shape: torch.Size) -> Mix | None:
    """Return how a batch is mixed, or None for one that is not, or that has no second picture.

    Args:
        options: Which kinds, how strong and how often.
        seed: Of this step and process; equal seeds give equal mixes.
        shape: Of the batch, B×C×H×W.
    """
    kinds = [name for name in ("mixup", "cutmix") if getattr(options, name)]
    if not kinds or shape[0] < 2:
        return None
    generator = np.random.Generator(np.random.PCG64(seed))
    if generator.random() >= options.mix_chance:
        return None
    kind = kinds[generator.integers(len(kinds))]
    strength = getattr(options, kind)
    share, box = float(generator.beta(strength, strength)), None
    if kind == "cutmix":
        box = draw_box(share, shape[2], shape[3], generator)
        share = own_share(box, shape[2], shape[3])
    partners = torch.from_numpy(generator.permutation(shape[0]))
    return Mix(partners, share, box, options.mix_targets == "union")


def draw_box(share: float, height: int, width: int, generator: np.random.Generator) -> Box:
    """Return top, bottom, left and right of a box of about 1-λ of the area, in the picture's proportions.

    Its centre may be anywhere, and what lies outside of the picture is cut off.

    Args:
        share: λ, in [0, 1].
        height: Of the picture, pixels.
        width: Of the picture, pixels.
        generator: Draws the centre.

    Source:
        Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features, ICCV 2019,
        arXiv 1905.04899, equation 2.
    """
    top, bottom = _cut(share, height, generator)
    left, right = _cut(share, width, generator)
    return top, bottom, left, right


def own_share(box: Box, height: int, width: int) -> float:
    """Return which share of a picture lies outside of a box: λ as it came out, since boxes are cut and rounded."""
    top, bottom, left, right = box
    return 1 - (bottom - top) * (right - left) / (height * width)


def _cut(share: float, length: int, generator: np.random.Generator) -> tuple[int, int]:
    side = int(length * (1 - share) ** 0.5)
    start = int(generator.integers(length)) - side // 2
    return max(start, 0), min(start + side, length)
