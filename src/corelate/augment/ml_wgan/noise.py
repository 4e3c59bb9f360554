"""What is random in a training, drawn for each picture by itself.

Every number depends on the seed, the picture's name and the iteration, and on nothing else: not on which pictures are
trained together, on how many processes share the work, or on whether the training was interrupted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corelate.augment.ml_wgan.networks import NOISE
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.training.randomness import derived_seed


@dataclass(frozen=True)
class Draws:
    """The random numbers of one iteration for N pictures.

    Attributes:
        upside_down: Whether the original is turned upside down, N, bool.
        critic: Noise of the pictures that the critic sees, N×K×100 for its K steps.
        between: Where between original and fake the gradient is taken, N×K, in [0, 1).
        generator: Noise of the picture that the generator learns from, N×1×100.
    """

    upside_down: Tensor
    critic: Tensor
    between: Tensor
    generator: Tensor

    @classmethod
    def of(cls, names: Sequence[str], settings: MLWGANSettings, iteration: int) -> Draws:
        """Draw them.

        Args:
            names: The pictures' names.
            settings: Seed, number of steps, chance of turning.
            iteration: From 0.
        """
        steps = settings.critic_steps
        noise, shares = [], []
        for name in names:
            random = picture_generator(settings.seed, name, "noise", iteration)
            noise.append(torch.randn(steps + 1, NOISE, generator=random))
            shares.append(torch.rand(steps + 1, generator=random))
        every, share = torch.stack(noise), torch.stack(shares)
        return cls(share[:, steps] < settings.upside_down, every[:, :steps], share[:, :steps], every[:, steps:])

    def to(self, device: torch.device, dtype: torch.dtype) -> Draws:
        """Return the numbers on a device, in a floating-point type."""
        values = (self.critic, self.between, self.generator)
        return Draws(self.upside_down.to(device), *(value.to(device, dtype) for value in values))


def picture_generator(seed: int, name: str, purpose: str, *position: int) -> torch.Generator:
    """Return a generator for one purpose of one picture, on the CPU."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return torch.Generator().manual_seed(derived_seed(seed, f"ml-wgan {purpose}", int.from_bytes(digest), *position))
