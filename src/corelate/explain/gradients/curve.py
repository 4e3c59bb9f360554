"""One curve: the gradient of a loss by one logit, against the probability that the logit stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PRESENT, ABSENT, UNKNOWN, LATER = "present", "absent", "unknown", "later"

Gradient = Callable[[np.ndarray], np.ndarray]
"""Maps logits to the gradient at each of them."""

READ_AT = (0.01, 0.1, 0.5, 0.9, 0.95, 0.98, 0.99)
"""Probabilities at which every curve has a point of its own."""
OUTERMOST = 0.9999
"""The highest probability of a curve; the lowest is as far from 0 as this is from 1."""
# A step between neighbouring points is looked at more closely from this share of the curve's height on.
_STEEP = 0.02
_BISECTIONS = 60


@dataclass(frozen=True)
class Place:
    """A point of a curve.

    Attributes:
        probability: In (0, 1).
        gradient: Derivative of the loss by the logit there.
        inside: False at an end of the curve, which would go on beyond it.
    """

    probability: float
    gradient: float
    inside: bool


@dataclass(frozen=True)
class Jump:
    """A place where a gradient changes at once, from `before` to `after`."""

    probability: float
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class GradientCurve:
    """The gradient of a loss by one logit.

    Attributes:
        target: What is true of the label: ``present``, ``absent`` or ``unknown``; for a loss over sequences ``present``
            is the label that is due, ``absent`` one that the picture does not have, ``later`` one that the given order
            asks for at another step.
        logits: Log-odds of the probability, ascending.
        gradients: dL/dlogit at each.
        jump_starts: Numbers of the points after which the gradient jumps.
    """

    target: str
    logits: np.ndarray
    gradients: np.ndarray
    jump_starts: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """The probability at each point."""
        return probability(self.logits)

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """Where the gradient jumps, by ascending probability."""
        starts = self.jump_starts.tolist()
        values, places = self.gradients.tolist(), self.probabilities.tolist()
        return tuple(Jump(places[start + 1], values[start], values[start + 1]) for start in starts)

    @property
    def peak(self) -> Place | None:
        """Where the logit is pushed hardest towards its target: up if present, down otherwise; None if nowhere."""
        pushes = -self.gradients if self.target == PRESENT else self.gradients
        number = int(pushes.argmax())
        return self._place(number) if pushes[number] > 0 else None

    @property
    def half_beyond_peak(self) -> float | None:
        """The first probability beyond an inner peak at which half of it is left; None if there is none."""
        peak = self.peak
        if peak is None or not peak.inside:
            return None
        shares = self.gradients / peak.gradient
        beyond = np.flatnonzero((self.probabilities > peak.probability) & (shares <= 0.5))
        if not len(beyond):
            return None
        last, first = beyond[0] - 1, beyond[0]
        between = np.interp(0.5, [shares[first], shares[last]], [self.logits[first], self.logits[last]])
        return float(probability(between))

    @property
    def zero_up_to(self) -> float | None:
        """The highest probability up to which the gradient is exactly 0; None if it never is from the start."""
        pushed = np.flatnonzero(self.gradients)
        first = int(pushed[0]) if len(pushed) else len(self.gradients)
        return float(self.probabilities[first - 1]) if first else None

    def at(self, probabilities: float | np.ndarray) -> np.ndarray:
        """Return the gradient at probabilities; exact where the curve has a point, between two it is interpolated."""
        return np.interp(logit(np.asarray(probabilities)), self.logits, self.gradients)

    def same_as(self, other: GradientCurve) -> bool:
        """Say whether two curves with the same number of points are one, but for rounding."""
        ours, theirs = (np.array([jump.probability for jump in curve.jumps]) for curve in (self, other))
        if len(ours) != len(theirs) or not np.allclose(ours, theirs, rtol=1e-9):
            return False
        shared, mine, others = np.intersect1d(self.logits, other.logits, return_indices=True)
        # On a jump rounding decides which side a point belongs to.
        clear = np.abs(probability(shared)[:, None] - ours).min(1, initial=1.0) > 1e-9
        return np.allclose(self.gradients[mine][clear], other.gradients[others][clear], rtol=1e-9, atol=1e-12)

    def _place(self, number: int) -> Place:
        inside = 0 < number < len(self.logits) - 1
        return Place(float(self.probabilities[number]), float(self.gradients[number]), inside)


def sample_curve(gradient: Gradient, target: str, points: int) -> GradientCurve:
    """Return a curve with evenly spaced points, more of them near 0 and 1, and those where something happens.

    Added are both sides of a jump, the last point of a stretch of zeros, and the peak.

    Args:
        gradient: The function.
        target: What is true of the label.
        points: Into how many steps the probabilities from 0 to 1 are divided.
    """
    logits = grid(points)
    gradients = gradient(logits)
    before, after, jumps = _borders(gradient, logits, gradients)
    wanted = np.unique(np.concatenate([logits, before, after]))
    wanted = np.union1d(wanted, _summits(gradient, wanted))
    starts = np.searchsorted(wanted, before[jumps])
    return GradientCurve(target, wanted, gradient(wanted), starts)


def grid(points: int) -> np.ndarray:
    """Return logits: of evenly spaced probabilities, of those in `READ_AT`, and evenly spaced ones for both tails."""
    even = np.arange(1, points) / points
    most = float(logit(np.array(OUTERMOST)))
    tails = np.linspace(-most, most, points // 2 + 1)
    everything = np.sort(np.concatenate([logit(even), logit(np.array(READ_AT)), tails]))
    everything = everything[np.abs(everything) <= most]
    # The same probability reached in two ways is one point.
    return everything[np.diff(everything, prepend=-np.inf) > 1e-9]


def probability(logits: float | np.ndarray) -> np.ndarray:
    """Return the sigmoid of logits."""
    # exp of a number below 0 can't overflow; the two halves are exact each at its own end.
    small = np.exp(-np.abs(logits))
    return np.where(np.asarray(logits) < 0, small, 1.0) / (1 + small)


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Return the log-odds of probabilities."""
    return np.log(probabilities) - np.log1p(-probabilities)


def _borders(
    gradient: Gradient, logits: np.ndarray, gradients: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return neighbouring logits around each jump and each end of a stretch of zeros, and which are jumps."""
    height = np.abs(gradients).max() or 1.0
    steep = np.abs(np.diff(gradients)) > _STEEP * height
    turns = np.diff((gradients == 0).astype(int)) != 0
    starts = np.flatnonzero(steep | turns)
    left, right = logits[starts], logits[starts + 1]
    left_values, right_values = gradients[starts], gradients[starts + 1]
    for _ in range(_BISECTIONS if len(starts) else 0):
        middle = (left + right) / 2
        values = gradient(middle)
        ends_left = ((left_values == 0) != (values == 0)) & ((left_values == 0) != (right_values == 0))
        ends_right = ((right_values == 0) != (values == 0)) & ((left_values == 0) != (right_values == 0))
        in_left = ends_left | (~ends_right & (np.abs(values - left_values) > np.abs(right_values - values)))
        right, right_values = np.where(in_left, middle, right), np.where(in_left, values, right_values)
        left, left_values = np.where(in_left, left, middle), np.where(in_left, left_values, values)
    # A continuous curve has nothing left between two floats that touch each other.
    jumps = np.abs(right_values - left_values) > 1e-3 * height
    kept = jumps | turns[starts]
    return left[kept], right[kept], jumps[kept]


def _summits(gradient: Gradient, logits: np.ndarray) -> np.ndarray:
    """Return the logits of the highest and the lowest gradient, closer than the points lie."""
    values = gradient(logits)
    summits = []
    for sign in (1.0, -1.0):
        number = int((sign * values).argmax())
        low, high = logits[max(number - 1, 0)], logits[min(number + 1, len(logits) - 1)]
        best = logits[number]
        for _ in range(4):
            near = np.append(np.linspace(low, high, 41), best)
            best = near[int((sign * gradient(near)).argmax())]
            low, high = max(low, best - (high - low) / 40), min(high, best + (high - low) / 40)
        summits.append(best)
    return np.array(summits)
