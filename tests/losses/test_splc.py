"""Self-paced loss correction against the formula as it is written, when it corrects, and what."""

import pytest
import torch

from corelate.errors import OptionError
from corelate.losses.focal import FocalLoss
from corelate.losses.splc import SelfPacedLossCorrection


def naive_splc(logits, targets, corrects=True, *, tau=0.6, margin=1.0, gamma=2.0):
    """One cell after another, as the paper's code does it: only marked labels have a margin, corrected ones don't."""
    values = torch.zeros(logits.shape, dtype=torch.float64)
    for row, column in torch.cartesian_prod(*map(torch.arange, logits.shape)).tolist():
        x, present = logits[row, column].double(), bool(targets[row, column] == 1)
        x = x - margin if present else x
        p = 1 / (1 + torch.exp(-x))
        if present or (corrects and p > tau):
            values[row, column] = -((1 - p) ** gamma) * torch.log(p)
        else:
            values[row, column] = -(p**gamma) * torch.log(1 - p)
    return values


@pytest.mark.parametrize("options", [{}, {"tau": 0.9}, {"margin": 0.25}, {"gamma": 0}, {"gamma": 3.5, "tau": 0.1}])
@pytest.mark.parametrize("corrects", [True, False])
def test_equals_the_formula_as_written(corrects, options):
    logits = (3 * torch.randn(6, 9, dtype=torch.float64)).requires_grad_()
    targets = (torch.rand(6, 9) < 0.3).to(torch.int8)
    naive = naive_splc(logits, targets, corrects, **options)
    (expected,) = torch.autograd.grad(naive.sum(), logits)
    loss = SelfPacedLossCorrection(reduction="sum", start=0.5, **options)
    progress = 0.5 if corrects else 0.4999
    loss(logits, targets, progress).backward()
    torch.testing.assert_close(loss.elements(logits, targets, progress), naive)
    torch.testing.assert_close(logits.grad, expected)
    single = loss.elements(logits.detach().float(), targets, progress).double()
    exact = naive_splc(logits.detach().float(), targets, corrects, **options)
    torch.testing.assert_close(single, exact, rtol=3e-6, atol=1e-15)


def test_values_by_hand():
    logits = torch.tensor([[0.0, 2.0, 2.0, 0.0]])
    values = SelfPacedLossCorrection().elements(logits, torch.tensor([[0, 0, 1, 1]]))[0].tolist()
    # 0.25·0.6931; corrected: 0.1192²·0.1269; marked, at 1: 0.2689²·0.3133; marked, at -1: 0.7311²·1.3133
    assert values == pytest.approx([0.173287, 0.0018035, 0.0226581, 0.701872], rel=1e-4)


def test_correction_begins_at_its_share_of_the_training_and_is_on_when_nothing_is_said():
    logits, targets = torch.full((1, 1), 2.0), torch.zeros(1, 1)
    loss = SelfPacedLossCorrection(start=0.25)
    early, late = loss(logits, targets, 0.2499), loss(logits, targets, 0.25)
    assert early > 40 * late
    assert loss(logits, targets) == late
    assert SelfPacedLossCorrection(start=0)(logits, targets, 0.0) == late


def test_exactly_at_tau_nothing_is_corrected():
    loss = SelfPacedLossCorrection(tau=0.5)
    assert loss(torch.zeros(1, 1), torch.zeros(1, 1)) == FocalLoss(gamma=2)(torch.zeros(1, 1), torch.zeros(1, 1))
    logits = torch.tensor([[1e-6]], requires_grad=True)
    loss(logits, torch.zeros(1, 1)).backward()
    assert logits.grad < 0


def test_without_margin_and_correction_it_is_the_focal_loss():
    logits, targets = 5 * torch.randn(8, 9), torch.rand(8, 9) < 0.4
    found = SelfPacedLossCorrection(gamma=3, margin=0, start=0.5)(logits, targets, 0.0)
    torch.testing.assert_close(found, FocalLoss(gamma=3)(logits, targets))


def test_which_labels_are_corrected():
    """Marked, known to be absent, unknown; the network is sure of all three."""
    targets = torch.tensor([[1, 0, -1]])

    def pushed_up(**options):
        logits = torch.full((1, 3), 3.0, requires_grad=True)
        SelfPacedLossCorrection(reduction="sum", **options)(logits, targets).backward()
        return logits.grad.sign()[0].tolist()

    assert pushed_up() == [-1, -1, -1]
    assert pushed_up(corrected="unknown") == [-1, 1, -1]
    assert pushed_up(unknown="ignored") == [-1, -1, 0]


def test_a_label_that_is_not_sure_is_pushed_down_whether_known_or_unknown():
    logits = torch.zeros(1, 2, requires_grad=True)
    SelfPacedLossCorrection(corrected="unknown")(logits, torch.tensor([[0, -1]])).backward()
    assert (logits.grad > 0).all()
    assert logits.grad[0, 0] == logits.grad[0, 1]


def test_ignoring_unknown_labels_and_correcting_only_them_is_refused():
    with pytest.raises(OptionError, match="nothing is left to correct"):
        SelfPacedLossCorrection(unknown="ignored", corrected="unknown")
