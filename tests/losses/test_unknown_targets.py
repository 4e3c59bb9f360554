"""In every registered loss an unknown cell counts nowhere, or exactly as an absent one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.losses.build import build_loss

# Losses whose value does not depend on whether an absent label is known to be so.
PLAIN = [(name, {}) for name in LOSSES.names] + [("splc", {"tau": 0.3, "margin": 0})]


def test_unknown_cell_equals_removed_cell(build_ignoring, batch):
    logits, targets = batch(rows=4, labels=8)
    kept = [0, 1, 2, 4, 5, 7]
    targets[:, [3, 6]] = -1
    loss = build_ignoring()
    masked = loss(logits, targets)
    masked.backward()
    gradient, logits.grad = logits.grad, None
    removed = loss(logits[:, kept], targets[:, kept])
    removed.backward()
    torch.testing.assert_close(masked, removed)
    torch.testing.assert_close(gradient, logits.grad)
    assert (gradient[:, [3, 6]] == 0).all()


@pytest.mark.parametrize("junk", [torch.nan, torch.inf, -torch.inf])
def test_junk_under_an_unknown_target_does_no_harm(build_ignoring, junk, batch):
    logits, targets = batch()
    targets[1, 4] = -1
    loss = build_ignoring()
    expected = loss(logits, targets).item()
    with torch.no_grad():
        logits[1, 4] = junk
    value = loss(logits, targets)
    value.backward()
    assert value.item() == expected
    assert logits.grad.isfinite().all()
    assert logits.grad[1, 4] == 0


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_all_unknown_gives_zero(build_ignoring, reduction, batch):
    logits, targets = batch()
    loss = build_ignoring(reduction=reduction)(logits, torch.full_like(targets, -1))
    loss.backward()
    assert loss == 0
    assert (logits.grad == 0).all()


def test_mask_where_values_are_not_looked_at_gives_the_same(build, monkeypatch, batch):
    """On an accelerator the targets are not inspected and a mask is always made."""
    logits, targets = batch()
    expected = build()(logits, targets)
    monkeypatch.setattr("corelate.losses.base._unknown_cells", lambda targets: targets < 0)
    torch.testing.assert_close(build()(logits, targets), expected)


# Counted as absent


@pytest.mark.parametrize(("name", "options"), PLAIN)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**20), share=st.sampled_from([0.0, 0.3, 1.0]), reduction=st.sampled_from(["mean", "sum"]))
def test_absent_is_the_loss_of_targets_without_unknown_ones(name, options, seed, share, reduction):
    generator = torch.Generator().manual_seed(seed)
    logits = (4 * torch.randn(3, 5, generator=generator, dtype=torch.float64)).requires_grad_()
    targets = (torch.rand(3, 5, generator=generator) < 0.4).to(torch.int8)
    targets[torch.rand(3, 5, generator=generator) < share] = -1
    loss = build_loss(name, unknown="absent", reduction=reduction, **options)
    found = loss(logits, targets)
    (gradient,) = torch.autograd.grad(found, logits)
    expected = loss(logits, targets.clamp(min=0))
    (expected_gradient,) = torch.autograd.grad(expected, logits)
    assert torch.equal(found, expected)
    assert torch.equal(gradient, expected_gradient)
    assert torch.equal(loss.elements(logits, targets), loss.elements(logits, targets.clamp(min=0)))
    # All is known: what unknown cells count as makes no difference.
    ignoring = build_loss(name, unknown="ignored", reduction=reduction, **options)
    assert torch.equal(ignoring(logits, targets.clamp(min=0)), expected)


def test_an_unknown_cell_counts_when_it_counts_as_absent(name, batch):
    logits, targets = batch()
    targets[1, 4] = -1
    with torch.no_grad():
        logits[1, 4] = 0.1  # far from any margin
    loss = build_loss(name, unknown="absent", reduction="sum")(logits, targets)
    loss.backward()
    assert logits.grad[1, 4] != 0


def test_junk_where_it_counts_is_not_hidden(name, batch):
    logits, targets = batch()
    targets[1, 4] = -1
    with torch.no_grad():
        logits[1, 4] = torch.nan
    assert build_loss(name, unknown="absent")(logits, targets).isnan()


def test_losses_of_sequences_have_no_such_option():
    """What has no place in a sequence is neither asked for nor punished."""
    assert all("unknown" not in SEQUENCE_LOSSES.load(name)().extra_repr() for name in SEQUENCE_LOSSES.names)


# A step of training


@pytest.mark.parametrize("optimiser", [torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD])
def test_a_batch_of_unknown_labels_moves_no_weight_by_its_gradient(build_ignoring, optimiser):
    layer = torch.nn.Linear(4, 3)
    before = [parameter.detach().clone() for parameter in layer.parameters()]
    stepper = optimiser(layer.parameters(), lr=0.1, weight_decay=0.0)
    build_ignoring()(layer(torch.randn(5, 4)), torch.full((5, 3), -1)).backward()
    stepper.step()
    assert all(torch.equal(old, new) for old, new in zip(before, layer.parameters(), strict=True))


def test_progress_changes_no_loss_but_splc(name, batch):
    logits, targets = batch()
    early, late = (build_loss(name)(logits, targets, progress) for progress in (0.0, 1.0))
    assert torch.equal(early, late) == (name != "splc")
