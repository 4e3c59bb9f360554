"""Hill loss over labels: labels that are probably there although they are not marked are left in peace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from corelate.losses.base import ABSENT, IGNORED, CellLoss, LabelLossOptions, LossOptions
from corelate.losses.closed_form import ValuesAndSlopes, differentiable
from corelate.losses.focusing import focused_cross_entropy
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class UnmarkedLossOptions(LabelLossOptions):
    """Options of the losses for pictures of which only some labels are marked."""

    unknown: str = option(
        ABSENT, "what an unknown label counts as: nothing at all, or absent", choices=(IGNORED, ABSENT)
    )
    gamma: float = option(2.0, "how strongly labels that are nearly right are played down", minimum=0.0, maximum=1000.0)
    margin: float = option(
        1.0, "by how much the logit of a marked label must be higher for the same loss", minimum=0.0, maximum=100.0
    )


@dataclass(frozen=True, kw_only=True)
class HillOptions(UnmarkedLossOptions):
    """Options of the Hill loss."""

    peak: float = option(
        1.5, "λ of (λ - p) p², the loss of a label that is not marked; 1.5 gives the hill", minimum=1.5, maximum=1000.0
    )


class HillLoss(CellLoss):
    """-(1-pₘ)^γ log pₘ for a marked label and (λ-p) p² for any other, with p = sigmoid(x), pₘ = sigmoid(x - margin).

    With λ = 1.5 the gradient of an unmarked label is 3 p² (1-p)²: largest at p = 0.5, a hill. A label of which the
    network is all but sure, although it is not marked, is not pushed down.

    Every label that is not marked gets the hill, those that are known to be absent too. Unknown labels are among them
    unless `unknown="ignored"`.

    Source:
        Zhang, Cheng, Huang, Wen, Feng, Li and Guo, Simple and Robust Loss Design for Multi-Label Learning with Missing
        Labels, arXiv 2112.07368. Its published code sums over all cells (`reduction="sum"`).
    """

    Options: ClassVar[type[LossOptions]] = HillOptions
    options: HillOptions

    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell, B×L."""
        options = self.options

        def formula(logits: Tensor) -> ValuesAndSlopes:
            values, slopes = focused_cross_entropy(options.margin - logits, options.gamma)
            hill_values, hill_slopes = hill(logits, options.peak)
            return torch.where(positive, values, hill_values), torch.where(positive, slopes.neg_(), hill_slopes)

        return differentiable(formula, logits)


def hill(logits: Tensor, peak: float) -> ValuesAndSlopes:
    """Return (peak - p) p² and its derivative by the logit, p² (1-p) (2 peak - 3 p), both B×L."""
    p = logits.sigmoid()
    complement = (-logits).sigmoid_()  # 1-p, exact also where p is near 1
    squares = p.square_()
    values = (complement + (peak - 1)).mul_(squares)
    # Where peak is 1.5 the bracket is 3 (1-p), and the difference of two numbers would lose its digits.
    slopes = (complement * 3).add_(2 * peak - 3).mul_(complement).mul_(squares)
    return values, slopes
