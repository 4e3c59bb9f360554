"""Asymmetric loss over labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from corelate.losses.base import CellLoss, LabelLossOptions, LossOptions
from corelate.losses.closed_form import ValuesAndSlopes, differentiable
from corelate.losses.focusing import focused_cross_entropy, power
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class AsymmetricOptions(LabelLossOptions):
    """Options of the asymmetric loss."""

    gamma_positive: float = option(
        0.0, "how strongly present labels that are nearly right are played down", minimum=0.0, maximum=1000.0
    )
    gamma_negative: float = option(
        4.0, "how strongly absent labels that are nearly right are played down", minimum=0.0, maximum=1000.0
    )
    margin: float = option(
        0.05, "probability up to which an absent label costs nothing; 0 for no margin", minimum=0.0, below=1.0
    )
    focusing_gradient: str = option(
        "attached",
        "whether the gradient includes that of the focusing weights (attached) or takes them as constants (detached)",
        choices=("attached", "detached"),
    )


class AsymmetricLoss(CellLoss):
    """-[y (1-p)^γ₊ log p + (1-y) pₘ^γ₋ log(1-pₘ)] for each cell, with p = sigmoid(logit) and pₘ = max(p - margin, 0).

    For p ≤ margin an absent label has loss and gradient 0, for every γ₋ (0^0 counts as 0).

    Source:
        Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter and Zelnik-Manor, Asymmetric Loss For Multi-Label
        Classification, ICCV 2021 (asymmetric focusing with probability shifting). Its published code sums over all
        cells (`reduction="sum"`) and its training script keeps the weights out of the gradient
        (`focusing_gradient="detached"`).
    """

    Options: ClassVar[type[LossOptions]] = AsymmetricOptions
    options: AsymmetricOptions

    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell, B×L."""

        def formula(logits: Tensor) -> ValuesAndSlopes:
            values, slopes = self._present(logits)
            absent_values, absent_slopes = self._absent(logits)
            return torch.where(positive, values, absent_values), torch.where(positive, slopes, absent_slopes)

        return differentiable(formula, logits)

    def _present(self, logits: Tensor) -> ValuesAndSlopes:
        values, slopes = focused_cross_entropy(-logits, self.options.gamma_positive, self._attached)
        return values, slopes.neg_()

    def _absent(self, logits: Tensor) -> ValuesAndSlopes:
        gamma, margin = self.options.gamma_negative, self.options.margin
        if margin < torch.finfo(logits.dtype).tiny:  # no margin, or one that this float type can't hold
            return focused_cross_entropy(logits, gamma, self._attached)
        return shifted_cross_entropy(logits, gamma, margin, self._attached)

    @property
    def _attached(self) -> bool:
        return self.options.focusing_gradient == "attached"


def shifted_cross_entropy(logits: Tensor, gamma: float, margin: float, focus_attached: bool) -> ValuesAndSlopes:
    """Return -pₘ^gamma log(1-pₘ) with pₘ = max(p - margin, 0), and its derivative by the logit.

    With r = 1-pₘ and k = -log(r)/pₘ the value is pₘ^(gamma+1) k and, for p > margin, the derivative
    p (1-p) pₘ^gamma (1/r + gamma k). k goes to 1 as pₘ goes to 0, so nothing is infinite there, even for gamma < 1,
    where the weight alone has an infinite derivative.
    """
    p = logits.sigmoid()
    complement = (-logits).sigmoid_()  # 1-p, exact also where p is near 1
    shifted = (p - margin).clamp_(min=0)
    rest = (complement + margin).clamp_(max=1)
    # -log(r)/pₘ. Dividing by the rounded 1-r keeps all digits where pₘ is tiny; 0/0 there is 1.
    ratios = rest.log().div_(rest - 1).nan_to_num_(nan=1.0)
    weights = power(shifted, gamma) if gamma > 0 else (shifted > 0).to(logits.dtype)
    values = shifted.mul_(ratios).mul_(weights)
    slopes = rest.reciprocal_()
    if focus_attached:
        slopes = slopes.add_(ratios, alpha=gamma)
    return values, slopes.mul_(complement).mul_(p).mul_(weights)
