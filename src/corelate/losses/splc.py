"""Self-paced loss correction: labels that are not marked, and that the network is sure of, count as present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from corelate.errors import OptionError
from corelate.losses.base import IGNORED, CellLoss, LossOptions
from corelate.losses.closed_form import ValuesAndSlopes, differentiable
from corelate.losses.focusing import error_signs, focused_cross_entropy
from corelate.losses.hill import UnmarkedLossOptions
from corelate.options import option

ALL, UNKNOWN = "all", "unknown"


@dataclass(frozen=True, kw_only=True)
class SelfPacedOptions(UnmarkedLossOptions):
    """Options of self-paced loss correction."""

    tau: float = option(
        0.6, "probability above which a label that is not marked counts as present", minimum=0.0, below=1.0
    )
    start: float = option(
        0.05, "share of the training (of its epochs) after which labels are corrected", minimum=0.0, maximum=1.0
    )
    corrected: str = option(
        ALL,
        "which labels may be corrected: all that are not marked present, or only unknown ones",
        choices=(ALL, UNKNOWN),
    )

    def __post_init__(self) -> None:
        if self.unknown == IGNORED and self.corrected == UNKNOWN:
            raise OptionError(
                "loss splc: with unknown = 'ignored' and corrected = 'unknown' nothing is left to correct; "
                "set unknown to 'absent', or corrected to 'all'"
            )


class SelfPacedLossCorrection(CellLoss):
    """Focal loss with a margin, in which unmarked labels with p > τ are taken for present once training has begun well.

    The loss is -(1-pₘ)^γ log pₘ for a label that is marked, -(1-p)^γ log p for one that is corrected, and
    -p^γ log(1-p) for any other, with p = sigmoid(x) and pₘ = sigmoid(x - margin). At p = τ it jumps.

    Source:
        Zhang, Cheng, Huang, Wen, Feng, Li and Guo, Simple and Robust Loss Design for Multi-Label Learning with Missing
        Labels, arXiv 2112.07368 (SPLC with the focal margin loss). Its published code sums over all cells
        (`reduction="sum"`), and corrects from the second of 80 epochs on (`start=0.0125`). It is followed in that
        corrected labels have no margin.
    """

    Options: ClassVar[type[LossOptions]] = SelfPacedOptions
    options: SelfPacedOptions

    def compute_during(self, progress: float, logits: Tensor, targets: Tensor, ignored: Tensor | None) -> Tensor:
        """Return the loss of each cell, B×L, corrected if the training is far enough."""
        marked = targets > 0
        if progress < self.options.start:
            return self.compute(logits, marked, ignored)
        sure = logits.detach().sigmoid() > self.options.tau
        corrected = sure & (targets < 0 if self.options.corrected == UNKNOWN else ~marked)
        values = self._focal(logits, marked, marked | corrected)
        return values if ignored is None else values.masked_fill(ignored, 0.0)

    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell without correction, B×L."""
        return self._focal(logits, positive, positive)

    def _focal(self, logits: Tensor, marked: Tensor, present: Tensor) -> Tensor:
        shifts = marked.to(logits.dtype).mul_(self.options.margin)
        signs = error_signs(present, like=logits)

        def formula(logits: Tensor) -> ValuesAndSlopes:
            values, slopes = focused_cross_entropy((logits - shifts).mul_(signs), self.options.gamma)
            return values, slopes.mul_(signs)

        return differentiable(formula, logits)
