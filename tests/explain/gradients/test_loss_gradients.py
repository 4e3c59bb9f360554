"""Gradients of losses: against closed forms that are written down here, and against differences of the losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from corelate.errors import OptionError
from corelate.explain.gradients.curve import OUTERMOST
from corelate.explain.gradients.loss_gradients import (
    ALL_LOSSES,
    LossCurves,
    LossGradients,
    gradients_of,
    loss_gradients,
)
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.losses.build import build_loss, build_sequence_loss

GAMMAS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)


@pytest.fixture(scope="module")
def every() -> LossGradients:
    """Every registered loss with its defaults."""
    return loss_gradients(points=40)


def of(name: str, situation: dict | None = None, **options: object) -> LossCurves:
    return loss_gradients([(name, options)], points=200, **(situation or {})).losses[0]


def check(loss: LossCurves, target: str, expected, atol: float = 1e-12) -> None:
    """Compare a whole curve with a function of p and of 1-p, each without lost digits."""
    curve = loss.curves[target]
    p, q = 1 / (1 + np.exp(-curve.logits)), 1 / (1 + np.exp(curve.logits))
    np.testing.assert_allclose(curve.gradients, expected(p, q), rtol=1e-6, atol=atol)


def focal_present(gamma: float, shift: float = 0.0):
    def gradient(p, q):
        p, q = p / (p + q * np.exp(shift)), q / (q + p * np.exp(-shift))
        return q**gamma * (gamma * p * np.log(p) - q)

    return gradient


def focal_absent(gamma: float):
    return lambda p, q: p**gamma * (p - gamma * q * np.log(q))


def test_bce():
    check(of("bce"), "present", lambda p, q: -q)
    check(of("bce"), "absent", lambda p, q: p)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_focal(gamma: float):
    check(of("focal", gamma=gamma), "present", focal_present(gamma))
    check(of("focal", gamma=gamma), "absent", focal_absent(gamma))


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("margin", [0.05, 0.2])
def test_asymmetric(gamma: float, margin: float):
    def absent(p, q):
        shifted = np.maximum(p - margin, 1e-300)
        slope = p * q * shifted**gamma * (1 / (1 - shifted) - gamma * np.log1p(-shifted) / shifted)
        return np.where(p <= margin * (1 + 1e-9), 0, slope)

    loss = of("asymmetric", gamma_negative=gamma, gamma_positive=1, margin=margin)
    curve = loss.curves["absent"]
    if gamma == 0:  # the gradient jumps at the margin: which side the two points on it are on is rounding
        assert [jump.probability for jump in curve.jumps] == [pytest.approx(margin)]
        keep = np.abs(curve.probabilities - margin) > 1e-9
        p = curve.probabilities[keep]
        np.testing.assert_allclose(curve.gradients[keep], absent(p, 1 - p), rtol=1e-9, atol=1e-12)
    else:
        assert curve.jumps == ()
        # On the margin itself, rounding 1e-17 to 0 or not makes 3e-9 of its root.
        check(loss, "absent", absent, atol=1e-8)
    assert curve.zero_up_to == pytest.approx(margin)
    check(loss, "present", focal_present(1))


def test_asymmetric_detached_takes_its_weights_as_constants():
    loss = of("asymmetric", focusing_gradient="detached", gamma_positive=2)
    check(loss, "absent", lambda p, q: np.maximum(p - 0.05, 0) ** 4 * p * q / (q + 0.05))
    check(loss, "present", lambda p, q: -(q**3))


def test_asymmetric_without_margin_is_focal():
    check(of("asymmetric", gamma_negative=3, margin=0), "absent", focal_absent(3))


def test_gradient_of_the_asymmetric_loss_peaks_at_ninety_percent():
    curve = of("asymmetric").curves["absent"]
    peak = curve.peak
    assert peak is not None and peak.inside
    assert peak.probability == pytest.approx(0.900, abs=5e-4)
    assert peak.gradient == pytest.approx(0.7326, abs=5e-5)
    assert curve.at(np.array([0.95, 0.98, 0.99])) == pytest.approx([0.631, 0.377, 0.221], abs=5e-4)
    assert curve.half_beyond_peak == pytest.approx(0.981, abs=5e-4)


@pytest.mark.parametrize("peak", [1.5, 2.0])
def test_hill(peak: float):
    loss = of("hill", gamma=2, margin=1, peak=peak)
    check(loss, "absent", lambda p, q: p**2 * q * (2 * peak - 3 + 3 * q))
    check(loss, "present", focal_present(2, shift=1))


@pytest.mark.parametrize(("gamma", "tau"), [(2.0, 0.6), (1.0, 0.8), (0.0, 0.3)])
def test_splc_corrects_beyond_tau_once_it_has_begun(gamma: float, tau: float):
    options = {"gamma": gamma, "tau": tau, "start": 0.1}
    before, after = (of("splc", {"progress": progress}, **options) for progress in (0.09, 0.1))
    check(before, "absent", focal_absent(gamma))
    check(before, "present", focal_present(gamma, shift=1))
    check(after, "present", focal_present(gamma, shift=1))
    curve = after.curves["absent"]
    (jump,) = curve.jumps
    assert jump.probability == pytest.approx(tau)
    assert jump.before == pytest.approx(focal_absent(gamma)(tau, 1 - tau))
    assert jump.after == pytest.approx(focal_present(gamma)(tau, 1 - tau))
    sides = (curve.logits <= curve.logits[curve.jump_starts[0]], focal_absent(gamma), focal_present(gamma))
    check(after, "absent", lambda p, q: np.where(sides[0], sides[1](p, q), sides[2](p, q)))


@pytest.mark.parametrize("other", [0.0, 2.5, -1.0])
def test_lsep_compares_with_the_other_label(other: float):
    # One pair: the loss is log(1 + exp(absent logit - present logit)).
    loss = of("lsep", {"other_logit": other})
    check(loss, "absent", lambda p, q: 1 / (1 + q / p * np.exp(other)))
    check(loss, "present", lambda p, q: -1 / (1 + p / q * np.exp(-other)))
    assert loss.title == f"lsep (other_logit={other:g})"


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_sequence_losses_are_softmax_and_cross_entropy_where_no_order_can_be_chosen(name: str):
    check(of(name), "present", lambda p, q: -q)
    check(of(name), "absent", lambda p, q: p)


def test_a_label_given_for_a_later_step():
    check(of("cross_entropy"), "later", lambda p, q: p)
    for name, options in (("mla", {}), ("pla", {}), ("pla", {"late_hits": "keep"})):
        loss = of(name, **options)
        (jump,) = loss.curves["later"].jumps
        # The label is asked for at once where it is more probable than the three other tokens, which are alike.
        assert (jump.probability, jump.before, jump.after) == pytest.approx((0.25, 0.25, -0.75))
        curve = loss.curves["later"]
        first = curve.logits <= curve.logits[curve.jump_starts[0]]
        np.testing.assert_allclose(curve.gradients, curve.probabilities - ~first, rtol=1e-9, atol=1e-12)


VARIANTS = [
    *((name, {}) for name in ALL_LOSSES.names),
    ("focal", {"gamma": 0}),
    ("focal", {"gamma": 40}),
    ("asymmetric", {"gamma_negative": 0, "gamma_positive": 2, "margin": 0.3}),
    ("hill", {"peak": 3, "margin": 0}),
    ("splc", {"corrected": "unknown"}),
]


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_every_gradient_is_the_difference_of_losses(name: str, options: dict):
    situation = {"other_logit": 0.7, "progress": 0.5}
    step = 1e-5
    for target, curve in loss_gradients([(name, options)], points=40, **situation).losses[0].curves.items():
        edges = np.append(curve.logits[curve.jump_starts], np.inf)
        clear = np.abs(curve.logits[:, None] - edges).min(1) > 2 * step
        logits = curve.logits[clear]
        differences = value(name, options, target, logits + step) - value(name, options, target, logits - step)
        np.testing.assert_allclose(curve.gradients[clear], differences / (2 * step), rtol=1e-5, atol=1e-7)


def value(name: str, options: dict, target: str, logits: np.ndarray) -> np.ndarray:
    """Return the loss as training would ask for it, picture by picture."""
    if name in LOSSES:
        loss = build_loss(name, **options, reduction="sum")
        targets = torch.tensor([[{"present": 1, "absent": 0, "unknown": -1}[target], int(target != "present")]])
        return np.array([float(loss(torch.tensor([[x, 0.7]]).double(), targets, 0.5)) for x in logits])
    loss = build_sequence_loss(name, **options, reduction="sum")
    sequence, token = {"present": ([1, 3, 3], 1), "absent": ([1, 3, 3], 0), "later": ([1, 2, 3], 2)}[target]
    steps = torch.full((3, 4), 5.0, dtype=torch.float64)  # a softmax sees differences only
    values = []
    for x in logits:
        steps[0, token] = 5.0 + np.log(3) + x
        values.append(float(loss(steps[None], torch.tensor([sequence]))))
    return np.array(values)


def test_the_reduction_does_not_change_the_gradient():
    mean, total = (of("focal", reduction=reduction) for reduction in ("mean", "sum"))
    assert mean.same_as(total)
    assert mean.parameters == total.parameters == "unknown=ignored, gamma=3"


def test_curves_reach_into_the_tails_without_holes(every: LossGradients):
    for loss in every.losses:
        for curve in loss.curves.values():
            p = curve.probabilities
            assert np.isfinite(curve.gradients).all()
            assert (np.diff(curve.logits) > 0).all()
            assert p[0] == pytest.approx(1 - OUTERMOST) and p[-1] == pytest.approx(OUTERMOST)
            assert np.diff(p).max() <= 1 / 40 + 1e-9
            assert np.diff(curve.logits).max() < 2 * 9.22 / 20 + 1e-9


@pytest.mark.parametrize("options", [{"gamma": 1000}, {"gamma": 0}])
def test_extreme_options_give_numbers(options: dict):
    for curve in of("focal", **options).curves.values():
        assert np.isfinite(curve.gradients).all()


def test_a_gradient_that_is_zero_everywhere_has_no_peak():
    # Beyond the margin there is nothing left of the range that is looked at.
    curve = of("asymmetric", margin=0.99999).curves["absent"]
    assert curve.peak is None and curve.half_beyond_peak is None
    assert curve.zero_up_to == pytest.approx(OUTERMOST)
    text = loss_gradients([("asymmetric", {"margin": 0.99999})]).describe()
    assert any("never lowered" in line and "0 everywhere" in line for line in text)


def test_unknown_labels(every: LossGradients):
    assert {loss.name: loss.unknown for loss in every.losses if not loss.of_sequences} == {
        **dict.fromkeys(("bce", "focal", "asymmetric", "lsep"), "none"),
        **dict.fromkeys(("hill", "splc"), "absent"),
    }
    assert of("bce", unknown="absent").unknown == "absent"
    assert of("hill", unknown="ignored").unknown == "none"
    only = of("splc", corrected="unknown")
    assert only.unknown == "own"
    assert not only.curves["absent"].jumps
    assert only.curves["unknown"].same_as(of("splc").curves["absent"])


def test_every_registered_loss_is_on_the_sheet(every: LossGradients):
    assert [loss.name for loss in every.losses] == [*LOSSES.names, *SEQUENCE_LOSSES.names]
    groups = [[loss.name for loss in group] for group in every.distinct]
    assert groups == [
        ["bce", "lsep"],
        ["focal"],
        ["asymmetric"],
        ["hill"],
        ["splc"],
        ["cross_entropy"],
        ["mla", "pla"],
    ]


def test_a_loss_may_come_several_times_and_by_its_alias():
    sheet = loss_gradients(["asl", ("asl", {"gamma_negative": 2}), ("focal", {"gamma": 1}), ("focal", {"gamma": 1.5})])
    titles = ["asymmetric", "asymmetric (gamma_negative=2)", "focal (gamma=1)", "focal (gamma=1.5)"]
    assert [loss.title for loss in sheet.losses] == titles
    assert len(sheet.distinct) == 4


def test_nearly_equal_options_are_not_the_same():
    assert not of("splc", tau=0.6).same_as(of("splc", tau=0.60001))
    assert not of("focal", gamma=2).same_as(of("focal", gamma=2.00001))


def test_gradients_of_a_run_stand_beside_plain_cross_entropy():
    options = {"reduction": "sum", "gamma": 2}
    assert [loss.title for loss in gradients_of("focal", options).losses] == ["bce", "focal (reduction=sum, gamma=2)"]
    assert [loss.name for loss in gradients_of("pla", {}).losses] == ["cross_entropy", "pla"]
    assert [loss.name for loss in gradients_of("binary_cross_entropy").losses] == ["bce"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"losses": ["focsl"]}, "unknown loss 'focsl': choose one of bce, .*, pla; did you mean 'focal'"),
        ({"losses": [("focal", {"gama": 1})]}, "unknown option 'gama'.*did you mean 'gamma'"),
        ({"losses": [("focal", {"gamma": -1})]}, "gamma is -1: must be a number from 0 to 1000"),
        ({"losses": []}, "no loss is given"),
        ({"progress": 1.5}, "progress is 1.5: must be a number from 0 to 1"),
        ({"progress": float("nan")}, "progress is nan"),
        ({"other_logit": float("inf")}, "other_logit is inf: must be"),
        ({"points": 3, "axis": "log"}, "points is 3: .*; axis is 'log': must be probability or logit"),
    ],
)
def test_refused(arguments: dict, message: str):
    with pytest.raises(OptionError, match=message):
        loss_gradients(**arguments)
