"""What training makes smaller, as one module: its forward is all that devices, precisions and processes need to see."""

from __future__ import annotations

import torch
from torch import nn

from corelate.losses.base import loss_of_logits
from corelate.training.mixing import Mix, MixedLoss


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

    def forward(
        self, inputs: torch.Tensor, targets: torch.Tensor, progress: float, mix: Mix | None = None
    ) -> torch.Tensor:
        """Return the scalar to make smaller.

        Args:
            inputs: A batch for the network.
            targets: B×L, as in `Head.objective`.
            progress: Share of the training that is done, in [0, 1).
            mix: How the pictures of the batch are mixed; None if they are not.
        """
        loss = self.loss
        if mix is not None:
            inputs, loss = mix.blend(inputs), MixedLoss(self.loss, mix, progress)
        own = getattr(self.module, "objective", None)
        if own is None:
            return loss_of_logits(loss, self.module(inputs), targets, progress)
        result: torch.Tensor = own(inputs, targets, loss, progress)
        return result
