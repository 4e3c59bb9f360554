"""Binary cross-entropy over labels."""

from __future__ import annotations

from torch import Tensor

from corelate.losses.base import CellLoss
from corelate.losses.focusing import cross_entropy, error_signs


class BinaryCrossEntropyLoss(CellLoss):
    """-[y log p + (1 - y) log(1 - p)] for each cell, with p = sigmoid(logit).

    With `reduction="mean"` and no unknown target this is `torch.nn.MultiLabelSoftMarginLoss`.
    """

    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell, B×L."""
        return cross_entropy(logits * error_signs(positive, like=logits))
