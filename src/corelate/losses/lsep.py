"""Log-sum-exp pairwise loss: a smooth ranking loss over whole pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from corelate.losses.base import MultiLabelLoss
from corelate.losses.closed_form import ValuesAndSlopes, differentiable
from corelate.losses.focusing import cross_entropy


class LogSumExpPairwiseLoss(MultiLabelLoss):
    """log(1 + Σ exp(x_v - x_u)) for each picture, over its absent labels v and present labels u, x being the logits.

    A picture without present or without absent labels has an empty sum: loss and gradient 0. It still counts in the
    mean over pictures.

    The loss sees differences of logits only: it orders the labels and sets no level, so sigmoid(logit) is not a
    probability.

    Source:
        Li, Song and Luo, Improving Pairwise Ranking for Multi-label Image Classification, CVPR 2017 (LSEP).
    """

    def compute(self, logits: Tensor, positive: Tensor, unknown: Tensor | None) -> Tensor:
        """Return the loss of each picture, B."""
        negative = ~positive if unknown is None else ~(positive | unknown)
        return differentiable(lambda logits: log_sum_exp_pairwise(logits, positive, negative), logits)


def log_sum_exp_pairwise(logits: Tensor, positive: Tensor, negative: Tensor) -> ValuesAndSlopes:
    """Return the loss of each picture (B) and its derivative by each logit (B×L).

    The double sum is a product, Σ_v exp(x_v) · Σ_u exp(-x_u), so its logarithm z is the sum of two log-sum-exps and the
    loss is softplus(z).

    Args:
        logits: B×L.
        positive: B×L, bool: the picture has the label.
        negative: B×L, bool: it has not; cells in neither are left out.
    """
    highest_negative = logits.masked_fill(~negative, -torch.inf).amax(dim=1, keepdim=True)
    lowest_positive = logits.masked_fill(~positive, torch.inf).amin(dim=1, keepdim=True)
    negatives = (logits - highest_negative).exp_().masked_fill_(~negative, 0.0)
    positives = (lowest_positive - logits).exp_().masked_fill_(~positive, 0.0)
    # The largest term of a sum is exp(0), so only an empty sum is below 1, and then z is -inf whatever stands here.
    negative_sum = negatives.sum(dim=1, keepdim=True).clamp_(min=1)
    positive_sum = positives.sum(dim=1, keepdim=True).clamp_(min=1)
    z = highest_negative - lowest_positive + negative_sum.log() + positive_sum.log()
    z = z.clamp_(max=torch.finfo(logits.dtype).max)
    slopes = negatives.div_(negative_sum).sub_(positives.div_(positive_sum)).mul_(z.sigmoid())
    return cross_entropy(z).squeeze(1), slopes
