"""Stands in for the networks: as exact and as resumable, and quick."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from corelate.augment.ml_wgan.settings import MLWGANSettings


class FakeTrainer:
    """Each iteration's picture is the last one, half faded, with a colour that name and iteration choose."""

    def __init__(
        self,
        pictures: Tensor,
        names: Sequence[str],
        settings: MLWGANSettings,
        *,
        device: torch.device,
        precision: str,
        method: str,
    ) -> None:
        self.names, self.settings = list(names), settings
        self.device, self.precision, self.method = device, precision, method
        self.iteration = 0
        self.state = pictures.clone()
        self.last: list[Tensor] = []

    @property
    def finished(self) -> bool:
        return self.iteration >= self.settings.iterations

    @property
    def fakes(self) -> Tensor:
        return torch.stack(self.last[-self.settings.per_image :])

    def step(self) -> None:
        colours = torch.tensor([[*_bytes(f"{name} {self.iteration}")] for name in self.names]) / 127.5 - 1
        self.state = self.state * 0.5 + 0.5 * colours[:, :, None, None]
        self.last = [*self.last, self.state][-self.settings.per_image :]
        self.iteration += 1

    def state_tensors(self) -> dict[str, Tensor]:
        tensors = {"state": self.state, "iteration": torch.tensor(self.iteration)}
        return {**tensors, "last": torch.stack(self.last)} if self.last else tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        self.state, self.iteration = tensors["state"], int(tensors["iteration"])
        self.last = list(tensors.get("last", ()))


def _bytes(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:3]
