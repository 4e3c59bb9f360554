"""What is to be seen on a sheet of gradients, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from corelate.explain.gradients.curve import ABSENT, LATER, PRESENT, UNKNOWN, GradientCurve, probability

if TYPE_CHECKING:
    from corelate.explain.gradients.loss_gradients import LossCurves, LossGradients

_SUBJECTS = {
    False: {PRESENT: "present label", ABSENT: "absent label", UNKNOWN: "unknown label"},
    True: {PRESENT: "label that is due", ABSENT: "token that is not due", LATER: "label given for a later step"},
}


def describe(gradients: LossGradients) -> list[str]:
    """Return lines about each group of losses, then what must be known to read them."""
    lines = ["Gradient dL/dlogit of one label: above 0 it lowers the logit, below 0 it raises it."]
    for group in gradients.distinct:
        loss = group[0]
        lines.append(", ".join(each.title for each in group))
        lines += [
            f"  {_SUBJECTS[loss.of_sequences][target]}: {_about_curve(curve)}" for target, curve in loss.curves.items()
        ]
    return [*lines, *notes(gradients.losses)]


def notes(losses: Sequence[LossCurves]) -> list[str]:
    """Return sentences on what the curves of some losses do not say by themselves."""
    about = (_late_fading, _detached, _unknown, _other_label, _progress, _softmax)
    sentences = [sentence(losses) for sentence in about]
    return [sentence for sentence in sentences if sentence]


def number(value: float) -> str:
    """Return a gradient with three decimals, or with two digits where that would hide it."""
    return f"{value:.3f}" if abs(value) >= 0.001 else f"{value + 0.0:.2g}"  # -0.0 as 0


def _about_curve(curve: GradientCurve) -> str:
    return "; ".join([_about_peak(curve), *_readings(curve), *_special_places(curve)])


def _about_peak(curve: GradientCurve) -> str:
    peak = curve.peak
    if peak is None:
        return "never " + ("raised" if curve.target == PRESENT else "lowered")
    if peak.inside:
        return f"strongest at p = {peak.probability:.3f} ({number(peak.gradient)})"
    return f"strongest towards p = {0 if peak.probability < 0.5 else 1}"


def _readings(curve: GradientCurve) -> list[str]:
    places = (0.1, 0.01) if curve.target == PRESENT else (0.9, 0.99)
    return [", ".join(f"{number(float(curve.at(place)))} at {place:g}" for place in places)]


def _special_places(curve: GradientCurve) -> list[str]:
    places = [
        f"jumps from {number(jump.before)} to {number(jump.after)} at {jump.probability:.3f}" for jump in curve.jumps
    ]
    half, zero = curve.half_beyond_peak, curve.zero_up_to
    if half is not None and not curve.jumps:
        places.append(f"half as strong at {half:.3f}")
    if zero is not None:
        places.append(f"0 up to {zero:.3f}" if curve.gradients.any() else "0 everywhere")
    return places


def _late_fading(losses: Sequence[LossCurves]) -> str:
    """Say of asymmetric losses that they are not as it is often said; nothing where they are."""
    parts = []
    for loss in losses:
        curve = loss.curves[ABSENT]
        peak, half = curve.peak, curve.half_beyond_peak
        if loss.name == "asymmetric" and peak is not None and half is not None and half > 0.9:
            parts.append(
                f"that of {loss.title} peaks at p = {peak.probability:.2f}, is {number(float(curve.at(0.95)))} at 0.95 "
                f"and falls to half of its peak only at {half:.2f}"
            )
    claim = (
        "It is often said that asymmetric loss gives an absent label with p > 0.9 a very low gradient. It does not: "
    )
    return claim + "; ".join(parts) + "." if parts else ""


def _detached(losses: Sequence[LossCurves]) -> str:
    detached = [loss for loss in losses if loss.options.get("focusing_gradient") == "detached"]
    if not detached:
        return ""
    return (
        f"{_names(detached, losses)}: the focusing weights count as constants; this is what training follows, and not "
        "the derivative of the loss."
    )


def _unknown(losses: Sequence[LossCurves]) -> str:
    words = {"none": "no gradient", "absent": "that of an absent one", "own": "a curve of its own"}
    labels = [loss for loss in losses if not loss.of_sequences]
    parts = []
    for kind, what in words.items():
        names = _names([loss for loss in labels if loss.unknown == kind], labels)
        parts += [f"{what} ({names})"] if names else []
    return f"Gradient of an unknown label: {'; '.join(parts)}." if parts else ""


def _other_label(losses: Sequence[LossCurves]) -> str:
    pairs = [loss for loss in losses if "other_logit" in loss.situation]
    if not pairs:
        return ""
    other = pairs[0].situation["other_logit"]
    return (
        f"{_names(pairs)}: depends on the picture's other labels. Here it has one present and one absent label; the "
        f"logit of the one that is not looked at is {other:g} (p = {float(probability(other)):.3g})."
    )


def _progress(losses: Sequence[LossCurves]) -> str:
    watching = [loss for loss in losses if "progress" in loss.situation]
    if not watching:
        return ""
    done = 100 * watching[0].situation["progress"]
    return f"{_names(watching)}: depends on how far the training is, here {done:g} %."


def _softmax(losses: Sequence[LossCurves]) -> str:
    names = _names([loss for loss in losses if loss.of_sequences])
    if not names:
        return ""
    return (
        f"{names}: p is the softmax over four tokens at a first step; the other three share the rest alike, and all "
        "four are equally probable at later steps."
    )


def _names(chosen: Sequence[LossCurves], among: Sequence[LossCurves] = ()) -> str:
    """Return the names of some losses; the whole title where others of `among` have the same name."""
    others = {loss.name for loss in among if loss not in chosen}
    return ", ".join(dict.fromkeys(loss.title if loss.name in others else loss.name for loss in chosen))
