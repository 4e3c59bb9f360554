"""Build a loss from its name and options, as a recipe or the command line gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corelate.losses import LOSSES, SEQUENCE_LOSSES

if TYPE_CHECKING:
    from corelate.losses.base import MultiLabelLoss
    from corelate.losses.sequence_loss import SequenceLoss


def build_loss(name: str, **options: Any) -> MultiLabelLoss:
    """Return the loss registered under `name`.

    Example:
        >>> build_loss("focal", gamma=2)
        FocalLoss(reduction='mean', gamma=2.0)

    Args:
        name: A name or alias in `LOSSES`.
        **options: Fields of the loss's `Options` dataclass; those left out keep their default.

    Raises:
        OptionError: Unknown loss, unknown option, or a value out of its range.
    """
    return LOSSES.load(name)(**options)


def build_sequence_loss(name: str, **options: Any) -> SequenceLoss:
    """Return the sequence loss registered under `name`.

    Example:
        >>> build_sequence_loss("pla")
        PredictedLabelAlignment(reduction='mean', late_hits='reassign')

    Args:
        name: A name or alias in `SEQUENCE_LOSSES`.
        **options: Fields of the loss's `Options` dataclass; those left out keep their default.

    Raises:
        OptionError: Unknown loss, unknown option, or a value out of its range.
    """
    return SEQUENCE_LOSSES.load(name)(**options)
