"""Cross-entropy over sequences equals torch's over the real tokens."""

import pytest
import torch
from torch.nn import functional

from corelate.losses.sequence_cross_entropy import SequenceCrossEntropy


def make_batch(dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    labels, steps = 9, 7
    sequences = torch.full((8, steps), labels)
    for row, count in enumerate([0, 1, 2, 3, 4, 5, 6, 3]):
        sequences[row, :count] = torch.randperm(labels, generator=generator)[:count]
    logits = torch.randn(8, steps, labels + 1, generator=generator, dtype=torch.float64)
    return logits.to(dtype).requires_grad_(), sequences


def torchs(logits, sequences, reduction):
    """torch's loss, with every token after the first stop left out by a loop."""
    stop, targets = logits.shape[2] - 1, sequences.clone()
    for row in targets:
        row[row.tolist().index(stop) + 1 :] = -100
    return functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=-100, reduction=reduction)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value_and_gradient_are_those_of_torch(reduction, dtype):
    (ours, sequences), (theirs, _) = make_batch(dtype), make_batch(dtype)
    value, expected = SequenceCrossEntropy(reduction=reduction)(ours, sequences), torchs(theirs, sequences, reduction)
    torch.testing.assert_close(value, expected)
    value.backward()
    expected.backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_elements_are_those_of_torch():
    logits, sequences = make_batch()
    torch.testing.assert_close(SequenceCrossEntropy().elements(logits, sequences), torchs(logits, sequences, "none"))


def test_by_hand():
    logits = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [7.0, 7.0]]])
    sequences = torch.tensor([[0, 1], [1, 1]])
    half = torch.tensor(2.0).log().item()
    elements = SequenceCrossEntropy().elements(logits, sequences)
    torch.testing.assert_close(elements, torch.tensor([[half, half], [half, 0.0]]))
    torch.testing.assert_close(SequenceCrossEntropy(reduction="sum")(logits, sequences).item(), 3 * half)


def test_order_matters():
    logits, sequences = make_batch()
    turned = sequences.clone()
    turned[5, :5] = sequences[5, :5].flip(0)
    loss = SequenceCrossEntropy()
    assert torch.equal(loss.arrange(logits.log_softmax(2), turned), turned)
    assert not torch.isclose(loss(logits, turned), loss(logits, sequences))


def test_the_decoder_is_fed_the_truth():
    assert not SequenceCrossEntropy.free_running
