"""In every registered loss an unknown cell counts nowhere."""

import pytest
import torch


def test_unknown_cell_equals_removed_cell(build, batch):
    logits, targets = batch(rows=4, labels=8)
    kept = [0, 1, 2, 4, 5, 7]
    targets[:, [3, 6]] = -1
    loss = build()
    masked = loss(logits, targets)
    masked.backward()
    gradient, logits.grad = logits.grad, None
    removed = loss(logits[:, kept], targets[:, kept])
    removed.backward()
    torch.testing.assert_close(masked, removed)
    torch.testing.assert_close(gradient, logits.grad)
    assert (gradient[:, [3, 6]] == 0).all()


@pytest.mark.parametrize("junk", [torch.nan, torch.inf, -torch.inf])
def test_junk_under_an_unknown_target_does_no_harm(build, junk, batch):
    logits, targets = batch()
    targets[1, 4] = -1
    loss = build()
    expected = loss(logits, targets).item()
    with torch.no_grad():
        logits[1, 4] = junk
    value = loss(logits, targets)
    value.backward()
    assert value.item() == expected
    assert logits.grad.isfinite().all()
    assert logits.grad[1, 4] == 0


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_all_unknown_gives_zero(build, reduction, batch):
    logits, targets = batch()
    loss = build(reduction=reduction)(logits, torch.full_like(targets, -1))
    loss.backward()
    assert loss == 0
    assert (logits.grad == 0).all()


def test_mask_where_values_are_not_looked_at_gives_the_same(build, monkeypatch, batch):
    """On an accelerator the targets are not inspected and a mask is always made."""
    logits, targets = batch()
    expected = build()(logits, targets)
    monkeypatch.setattr("corelate.losses.base._unknown_cells", lambda targets: targets < 0)
    torch.testing.assert_close(build()(logits, targets), expected)
