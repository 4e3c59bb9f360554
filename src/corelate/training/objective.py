"""What training makes smaller, as one module: its forward is all that devices, precisions and processes need to see."""

from __future__ import annotations

import torch
from torch import nn

from corelate.losses.base import loss_of_logits


class Objective(nn.Module):
    """A network and its loss.

    Args:
        module: An annotator or a head, which have an ``objective`` of their own, or anything else that gives logits.
        loss: Maps what the network gives, and targets, to a scalar.
    """

    def __init__(self, module: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.loss = loss

    def forward(self, inputs: torch.Tensor, targets: torch.Tensor, progress: float) -> torch.Tensor:
        """Return the scalar to make smaller.

        Args:
            inputs: A batch for the network.
            targets: B×L, as in `Head.objective`.
            progress: Share of the training that is done, in [0, 1).
        """
        own = getattr(self.module, "objective", None)
        if own is None:
            return loss_of_logits(self.loss, self.module(inputs), targets, progress)
        result: torch.Tensor = own(inputs, targets, self.loss, progress)
        return result
