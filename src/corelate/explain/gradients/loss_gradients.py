"""How hard losses push a logit, against how probable the network holds its label to be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from corelate.errors import OptionError
from corelate.explain.gradients.curve import ABSENT, UNKNOWN, GradientCurve, sample_curve
from corelate.explain.table import Table
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from corelate.explain.gradients.probe import Situation
    from corelate.losses.base import Loss

LossChoice = str | tuple[str, Mapping[str, Any]]
"""A loss by its name, or by its name and options."""

AXES = ("probability", "logit")
ALL_LOSSES = Registry("loss", (*LOSSES, *SEQUENCE_LOSSES))
"""Losses over labels and over sequences."""


@dataclass(frozen=True, eq=False)
class LossCurves:
    """The gradients of one loss.

    Attributes:
        name: Its registered name.
        given: The options that were given; all others have their default.
        options: All options.
        curves: A curve for each target: ``present``, ``absent`` and, for a sequence loss, ``later``; ``unknown`` only
            if unknown labels have a gradient that is not that of absent ones.
        unknown: What an unknown label gets: ``none``, no gradient; ``absent``, that of an absent one; ``own``.
        of_sequences: Whether it is a loss over sequences.
        situation: What else the gradients depend on: ``other_logit`` for a loss that compares labels, ``progress`` for
            one that looks at how far the training is.
    """

    name: str
    given: Mapping[str, Any]
    options: Mapping[str, Any]
    curves: Mapping[str, GradientCurve]
    unknown: str
    of_sequences: bool
    situation: Mapping[str, float]

    @property
    def title(self) -> str:
        """The name, with the options that were given and the situation: ``focal (gamma=2)``."""
        details = ", ".join([*_assignments(self.given), *_assignments(self.situation)])
        return f"{self.name} ({details})" if details else self.name

    @property
    def parameters(self) -> str:
        """All that the gradient of a label depends on, such as ``gamma=2, unknown=ignored``."""
        options = {name: value for name, value in self.options.items() if name != "reduction"}
        return ", ".join(_assignments({**options, **self.situation}))

    def same_as(self, other: LossCurves) -> bool:
        """Say whether two losses have the same gradients."""
        if self.of_sequences != other.of_sequences or set(self.curves) != set(other.curves):
            return False
        return all(curve.same_as(other.curves[target]) for target, curve in self.curves.items())


@dataclass(frozen=True, eq=False)
class LossGradients:
    """The gradients of some losses, on one sheet.

    Attributes:
        losses: In the order in which they were asked for.
        situation: What else they depend on.
        axis: Along which they are drawn: ``probability``, or ``logit`` with more room for what is nearly 0 or 1.
    """

    losses: tuple[LossCurves, ...]
    situation: Situation
    axis: str = field(default="probability")

    @cached_property
    def distinct(self) -> tuple[tuple[LossCurves, ...], ...]:
        """The losses in groups with the same gradients, as some are one."""
        groups: list[list[LossCurves]] = []
        for loss in self.losses:
            group = next((group for group in groups if group[0].same_as(loss)), None)
            if group is None:
                groups.append([loss])
            else:
                group.append(loss)
        return tuple(map(tuple, groups))

    def table(self) -> Table:
        """Return one row for each point of each curve."""
        rows = [
            (loss.name, loss.parameters, target, *point)
            for loss in self.losses
            for target, curve in loss.curves.items()
            for point in zip(curve.probabilities.tolist(), curve.logits.tolist(), curve.gradients.tolist(), strict=True)
        ]
        about = {
            "what": "dL/dlogit of one label, before any mean over a batch",
            "other_logit": self.situation.other_logit,
            "progress": self.situation.progress,
            "losses": [{"loss": loss.name, "options": loss.options, "unknown": loss.unknown} for loss in self.losses],
        }
        return Table(("loss", "parameters", "target", "probability", "logit", "gradient"), rows, about)

    def describe(self) -> list[str]:
        """Return lines that say in words and numbers what is to be seen."""
        from corelate.explain.gradients.text import describe

        return describe(self)

    def draw(self) -> Figure:
        """Return the sheet: losses over labels in the first row, losses over sequences in a row of their own."""
        from corelate.explain.gradients.drawing import draw

        return draw(self)


def loss_gradients(
    losses: Sequence[LossChoice] | None = None,
    *,
    other_logit: float = 0.0,
    progress: float = 1.0,
    points: int = 400,
    axis: str = "probability",
) -> LossGradients:
    """Return the gradients of losses by one logit, as the losses themselves compute them, in float64.

    Example:
        >>> sheet = loss_gradients(["bce", ("focal", {"gamma": 2})])
        >>> round(float(sheet.losses[1].curves["absent"].at(0.5)), 4)
        0.2983

    Args:
        losses: Names, or names with options; one loss may come several times. None for every registered loss with its
            defaults.
        other_logit: For losses that compare labels: the logit of the picture's one other label, which is absent if the
            one looked at is present, and present if it is not.
        progress: Share of the training that is done, in [0, 1], for losses that look at it.
        points: Into how many steps the probabilities from 0 to 1 are divided, from 20 to 10,000.
        axis: Along which to draw: ``probability`` or ``logit``.

    Raises:
        OptionError: Unknown loss or option, a value out of range, or no loss at all.
    """
    from corelate.explain.gradients.probe import Situation

    choices = ALL_LOSSES.names if losses is None else [losses] if isinstance(losses, str) else losses
    _check(choices, other_logit, progress, points, axis)
    situation = Situation(float(other_logit), float(progress))
    pairs = [(choice, {}) if isinstance(choice, str) else choice for choice in choices]
    return LossGradients(tuple(_curves(name, given, situation, points) for name, given in pairs), situation, axis)


def gradients_of(name: str, options: Mapping[str, Any] | None = None) -> LossGradients:
    """Return the gradients of one loss, with plain cross-entropy beside it.

    Args:
        name: A loss over labels, which stands beside ``bce``, or over sequences, beside ``cross_entropy``.
        options: Its options.

    Raises:
        OptionError: Unknown loss or option, or a value out of range.
    """
    plainest = "cross_entropy" if ALL_LOSSES.get(name).name in SEQUENCE_LOSSES else "bce"
    sheet = loss_gradients([plainest, (name, dict(options or {}))])
    if sheet.losses[1].name != plainest:
        return sheet
    return LossGradients(sheet.losses[1:], sheet.situation, sheet.axis)


def _curves(name: str, given: Mapping[str, Any], situation: Situation, points: int) -> LossCurves:
    from corelate.explain.gradients.probe import label_gradients, sequence_gradients
    from corelate.losses.base import MultiLabelLoss
    from corelate.losses.sequence_loss import SequenceLoss

    entry = ALL_LOSSES.get(name)
    loss: Loss = entry.load()(**given)
    if isinstance(loss, SequenceLoss):
        gradients = sequence_gradients(loss)
    elif isinstance(loss, MultiLabelLoss):
        gradients = label_gradients(loss, situation)
    else:
        raise TypeError(f"{entry.target} is neither a loss over labels nor one over sequences")
    curves = {target: sample_curve(gradient, target, points) for target, gradient in gradients}
    unknown = _unknown(curves)
    if unknown != "own":
        curves.pop(UNKNOWN, None)
    return LossCurves(
        name=entry.name,
        given={option: getattr(loss.options, option) for option in given},
        options=vars(loss.options),
        curves=curves,
        unknown=unknown,
        of_sequences=isinstance(loss, SequenceLoss),
        situation=_relevant(loss, situation),
    )


def _relevant(loss: Loss, situation: Situation) -> dict[str, float]:
    """Return the part of the situation that the gradients of a loss may depend on."""
    from corelate.losses.base import CellLoss, MultiLabelLoss

    relevant = {}
    if isinstance(loss, MultiLabelLoss):
        if not isinstance(loss, CellLoss):
            relevant["other_logit"] = situation.other_logit
        if type(loss).compute_during is not MultiLabelLoss.compute_during:
            relevant["progress"] = situation.progress
    return relevant


def _unknown(curves: Mapping[str, GradientCurve]) -> str:
    if UNKNOWN not in curves or not curves[UNKNOWN].gradients.any():
        return "none"
    return "absent" if curves[UNKNOWN].same_as(curves[ABSENT]) else "own"


def _check(choices: Sequence[LossChoice], other_logit: float, progress: float, points: int, axis: str) -> None:
    problems = []
    if not choices:
        problems.append(f"no loss is given: choose from {', '.join(ALL_LOSSES.names)}")
    if not math.isfinite(other_logit):
        problems.append(f"other_logit is {other_logit!r}: must be a finite number")
    if not 0 <= progress <= 1:
        problems.append(f"progress is {progress!r}: must be a number from 0 to 1")
    if not 20 <= points <= 10_000:
        problems.append(f"points is {points!r}: must be a whole number from 20 to 10000")
    if axis not in AXES:
        problems.append(f"axis is {axis!r}: must be {' or '.join(AXES)}")
    if problems:
        raise OptionError("; ".join(problems))


def _assignments(options: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in options.items()]
