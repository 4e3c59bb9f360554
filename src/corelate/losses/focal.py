"""Focal loss over labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from corelate.losses.base import CellLoss, LabelLossOptions, LossOptions
from corelate.losses.closed_form import ValuesAndSlopes, differentiable
from corelate.losses.focusing import error_signs, focused_cross_entropy
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class FocalOptions(LabelLossOptions):
    """Options of the focal loss."""

    gamma: float = option(
        3.0, "how strongly cells that are nearly right are played down; 0 is bce", minimum=0.0, maximum=1000.0
    )


class FocalLoss(CellLoss):
    """-[y (1-p)^γ log p + (1-y) p^γ log(1-p)] for each cell, with p = sigmoid(logit).

    There is no balancing factor alpha. The gradient includes that of the weights (1-p)^γ and p^γ.

    Source:
        Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection, ICCV 2017, Eq. 4.
    """

    Options: ClassVar[type[LossOptions]] = FocalOptions
    options: FocalOptions

    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell, B×L."""
        signs = error_signs(positive, like=logits)

        def formula(logits: Tensor) -> ValuesAndSlopes:
            values, slopes = focused_cross_entropy(logits * signs, self.options.gamma)
            return values, slopes.mul_(signs)

        return differentiable(formula, logits)
