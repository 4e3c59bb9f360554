"""What every loss shares, its options; and every loss over labels: checks, precision, unknown targets, reduction."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from corelate.errors import ScoresError
from corelate.losses.options import resolve_options
from corelate.losses.reductions import REDUCTIONS
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """Options of every loss."""

    reduction: str = option(
        "mean",
        "how a batch becomes one number: the mean over what is known, or the sum",
        choices=(*REDUCTIONS,),
    )


IGNORED, ABSENT = "ignored", "absent"


@dataclass(frozen=True, kw_only=True)
class LabelLossOptions(LossOptions):
    """Options of every loss over labels."""

    unknown: str = option(
        IGNORED,
        "what an unknown label counts as: nothing at all, or absent",
        choices=(IGNORED, ABSENT),
    )


class Loss(nn.Module, ABC):
    """A module with checked options.

    Args:
        **options: Fields of the class's `Options`.

    Raises:
        OptionError: An unknown option, or a value out of its range.
    """

    Options: ClassVar[type[LossOptions]] = LossOptions

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = resolve_options(self.Options, options, type(self).__name__)

    def extra_repr(self) -> str:
        """Show the options in ``print(loss)``."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self.options).items())


class MultiLabelLoss(Loss):
    """Maps logits (B×L, before the sigmoid) and targets (B×L) to one number.

    Targets are 1 (the picture has the label), 0 (it has not) or -1 (unknown), of any number type or bool. With
    `unknown="ignored"` an unknown cell has no influence: neither on the loss, nor on the mean, nor on the gradient,
    even if its logit is not finite. With `unknown="absent"` it counts as one that is absent.

    Half-precision logits are computed in float32, float64 ones in float64, whatever autocast says.
    """

    Options: ClassVar[type[LossOptions]] = LabelLossOptions
    options: LabelLossOptions

    def forward(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """Return the reduced loss, a scalar in float32 or float64; 0 if no cell counts.

        Args:
            logits: B×L.
            targets: B×L.
            progress: Share of the training that is done, in [0, 1]; most losses do not look at it.

        Raises:
            ScoresError: Wrong shapes, or targets other than 1, 0 and -1.
        """
        values, ignored = self._evaluate(logits, targets, progress)
        return REDUCTIONS[self.options.reduction](values, self.count(values, ignored))

    def elements(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """Return the loss before the reduction: B×L with 0 in ignored cells, or B for a loss over whole pictures.

        Raises:
            ScoresError: Wrong shapes, or targets other than 1, 0 and -1.
        """
        return self._evaluate(logits, targets, progress)[0]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if not issubclass(cls.Options, LabelLossOptions):
            raise TypeError(f"{cls.__name__}.Options must derive from LabelLossOptions")

    @abstractmethod
    def compute(self, logits: Tensor, positive: Tensor, unknown: Tensor | None) -> Tensor:
        """Return the loss of each cell (B×L) or picture (B), without any influence of unknown cells.

        Args:
            logits: B×L, float32 or float64, 0 in unknown cells.
            positive: B×L, bool: the picture has the label.
            unknown: B×L, bool: cells to leave out; None if there are none. With `unknown="absent"` there are none.
        """

    def compute_during(self, progress: float, logits: Tensor, targets: Tensor, ignored: Tensor | None) -> Tensor:
        """Return what `compute` does; for a loss that also looks at the progress of the training, or doubts targets.

        Args:
            progress: Share of the training that is done, in [0, 1].
            logits: B×L, float32 or float64, 0 in ignored cells.
            targets: B×L of 1, 0 and -1, as they were given.
            ignored: B×L, bool: cells to leave out; None if there are none.
        """
        return self.compute(logits, targets > 0, ignored)

    def count(self, values: Tensor, unknown: Tensor | None) -> int | Tensor:
        """Return by what a mean divides, at least 1: here the number of pictures."""
        return max(len(values), 1)

    def _evaluate(self, logits: Tensor, targets: Tensor, progress: float) -> tuple[Tensor, Tensor | None]:
        _check_shapes(logits, targets)
        unknown = _unknown_cells(targets)
        ignored = unknown if self.options.unknown == IGNORED else None
        with without_autocast(logits.device.type):
            logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
            if ignored is not None:
                # Masked before and after: a NaN let in would come back out of the backward pass as 0 × NaN.
                logits = logits.masked_fill(ignored, 0.0)
            return self.compute_during(progress, logits, targets, ignored), ignored


class CellLoss(MultiLabelLoss):
    """A loss in which every cell (picture, label) stands for itself."""

    @abstractmethod
    def compute_cells(self, logits: Tensor, positive: Tensor) -> Tensor:
        """Return the loss of each cell, B×L.

        Args:
            logits: B×L, float32 or float64.
            positive: B×L, bool: the picture has the label.
        """

    def compute(self, logits: Tensor, positive: Tensor, unknown: Tensor | None) -> Tensor:
        """Return the loss of each cell, 0 where unknown."""
        values = self.compute_cells(logits, positive)
        return values if unknown is None else values.masked_fill(unknown, 0.0)

    def count(self, values: Tensor, unknown: Tensor | None) -> int | Tensor:
        """Return the number of cells that count, at least 1."""
        if unknown is None:
            return max(values.numel(), 1)
        return (~unknown).sum().clamp_(min=1)


def loss_of_logits(loss: nn.Module, logits: Tensor, targets: Tensor, progress: float) -> Tensor:
    """Return a loss of logits and targets, which is told the progress of the training if it is one of these here.

    Any module that maps logits and targets to a scalar, such as one of torch's, can stand in for a loss.
    """
    told = (progress,) if isinstance(loss, MultiLabelLoss) else ()
    result: Tensor = loss(logits, targets, *told)
    return result


def _check_shapes(logits: Tensor, targets: Tensor) -> None:
    if not (isinstance(logits, Tensor) and isinstance(targets, Tensor)):
        kinds = f"{type(logits).__name__} and {type(targets).__name__}"
        raise ScoresError(f"logits and targets must be torch tensors, got {kinds}")
    shapes = f"logits of shape {tuple(logits.shape)} and targets of shape {tuple(targets.shape)}"
    if logits.dim() != 2 or logits.shape != targets.shape:
        raise ScoresError(f"expected logits and targets of one shape, pictures × labels; got {shapes}")
    if logits.shape[1] == 0:
        raise ScoresError(f"expected at least one label; got {shapes}")
    if not logits.is_floating_point():
        raise ScoresError(f"logits must be floating-point numbers, got {logits.dtype}; are the arguments swapped?")


def _unknown_cells(targets: Tensor) -> Tensor | None:
    """Return which targets are unknown, or None if none is; check the values where that costs no waiting.

    On an accelerator, looking at the values would stop the queue at every step: there nothing is checked, a mask is
    always made, and anything above 0 counts as present, anything below as unknown.
    """
    if targets.dtype == torch.bool or targets.numel() == 0:
        return None
    if targets.device.type != "cpu":
        return targets < 0
    lowest, highest = (extreme.item() for extreme in targets.aminmax())
    fractional = targets.is_floating_point() and bool(targets.frac().any())
    if not (lowest >= -1 and highest <= 1) or fractional:  # written so that NaN is refused, too
        wrong = targets[(targets != 1) & (targets != 0) & (targets != -1)][0].item()
        raise ScoresError(f"targets must be 1 (present), 0 (absent) or -1 (unknown), got {wrong:g}")
    return targets < 0 if lowest < 0 else None


@contextlib.contextmanager
def without_autocast(device_type: str) -> Iterator[None]:
    """Switch autocast off for a while; does nothing where it is off already."""
    if not (torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type)):
        yield  # entering a context costs as much as a pass over a small batch
        return
    with torch.autocast(device_type, enabled=False):
        yield
