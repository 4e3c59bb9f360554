"""MLA is the smallest cross-entropy over all orders."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.losses.minimal_loss_alignment import MinimalLossAlignment
from corelate.losses.sequence_cross_entropy import SequenceCrossEntropy


@st.composite
def batches(draw):
    """Logits with many ties, or none, and sequences of 0 to 5 labels, with steps to spare."""
    labels, pictures, spare = draw(st.integers(1, 7)), draw(st.integers(1, 3)), draw(st.integers(0, 2))
    rows = [draw(st.permutations(range(labels)))[: draw(st.integers(0, min(labels, 5)))] for _ in range(pictures)]
    steps = max(map(len, rows)) + 1 + spare
    sequences = torch.tensor([[*row, *[labels] * (steps - len(row))] for row in rows])
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    logits = draw(st.sampled_from([1.0, 20.0])) * torch.randn(
        pictures, steps, labels + 1, generator=generator, dtype=torch.float64
    )
    return logits.round() if draw(st.booleans()) else logits, sequences


def orders(sequence, stop):
    """Every order of the labels of one sequence, with its stops."""
    labels = [token for token in sequence.tolist() if token != stop]
    for order in itertools.permutations(labels):
        yield torch.tensor([*order, *[stop] * (len(sequence) - len(order))])


@settings(max_examples=60, deadline=None)
@given(batch=batches())
def test_equals_the_least_loss_over_all_orders(batch):
    logits, sequences = batch
    elements = MinimalLossAlignment().elements(logits, sequences)
    for picture, sequence, ours in zip(logits, sequences, elements, strict=True):
        every = torch.stack(list(orders(sequence, logits.shape[2] - 1)))
        losses = SequenceCrossEntropy().elements(picture.expand(len(every), -1, -1), every).sum(1)
        assert (ours.sum() <= losses + 1e-9).all()
        torch.testing.assert_close(ours.sum(), losses.min())


@settings(max_examples=30, deadline=None)
@given(batch=batches(), seed=st.integers(0, 1000))
def test_given_order_does_not_matter(batch, seed):
    logits, sequences = batch
    stop, generator = logits.shape[2] - 1, torch.Generator().manual_seed(seed)
    shuffled = sequences.clone()
    for row in shuffled:
        count = int((row != stop).sum())
        row[:count] = row[torch.randperm(count, generator=generator)]
    torch.testing.assert_close(
        MinimalLossAlignment()(logits, shuffled), MinimalLossAlignment()(logits, sequences), rtol=1e-9, atol=1e-12
    )


def test_never_above_the_given_order_in_float32():
    generator = torch.Generator().manual_seed(3)
    logits = 4 * torch.randn(32, 8, 261, generator=generator)
    sequences = torch.full((32, 8), 260)
    for row, count in zip(sequences, torch.randint(0, 8, (32,), generator=generator).tolist(), strict=True):
        row[:count] = torch.randperm(260, generator=generator)[:count]
    aligned = MinimalLossAlignment().elements(logits, sequences).sum(1)
    assert (aligned <= SequenceCrossEntropy().elements(logits, sequences).sum(1) + 1e-5).all()


def test_by_hand():
    # Step 0 wants label 1, step 1 label 0: the order 1, 0 costs least, though 0 was given first.
    logits = torch.tensor([[[1.0, 2.0, 0.0], [4.0, 1.0, 0.0], [0.0, 0.0, 9.0]]])
    arranged = MinimalLossAlignment().arrange(logits.log_softmax(2), torch.tensor([[0, 1, 2]]))
    assert arranged.tolist() == [[1, 0, 2]]


def test_greedy_choice_is_not_the_least():
    # Label 0 is best at both steps. Taking the surest step first would cost more in the end.
    probabilities = torch.tensor([[[0.50, 0.49, 0.01], [0.60, 0.01, 0.39], [0.01, 0.01, 0.98]]])
    for given_order in ([0, 1, 2], [1, 0, 2]):
        arranged = MinimalLossAlignment().arrange(probabilities.log(), torch.tensor([given_order]))
        assert arranged.tolist() == [[1, 0, 2]]


def test_stop_stays_after_the_last_label_whatever_it_costs():
    logits = torch.zeros(1, 4, 4)
    logits[0, 0, 3] = 9  # stop is wanted at once, labels where stop belongs
    logits[0, 2, 1] = logits[0, 3, 2] = 9
    arranged = MinimalLossAlignment().arrange(logits.log_softmax(2), torch.tensor([[1, 2, 3, 3]]))
    assert sorted(arranged[0, :2].tolist()) == [1, 2]
    assert arranged[0, 2:].tolist() == [3, 3]


def test_one_label_and_none_are_left_alone():
    logits = torch.randn(2, 3, 5)
    sequences = torch.tensor([[2, 4, 4], [4, 4, 4]])
    assert torch.equal(MinimalLossAlignment().arrange(logits.log_softmax(2), sequences), sequences)


def test_gradient_is_that_of_the_chosen_order():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 5, 7, generator=generator, requires_grad=True)
    sequences = torch.tensor([[0, 1, 2, 3, 6]])
    chosen = MinimalLossAlignment().arrange(logits.detach().log_softmax(2), sequences)
    assert not torch.equal(chosen, sequences)
    MinimalLossAlignment()(logits, sequences).backward()
    aligned, logits.grad = logits.grad, None
    SequenceCrossEntropy()(logits, chosen).backward()
    assert torch.equal(aligned, logits.grad)


@pytest.mark.parametrize("size", [1e4, 1e29])
def test_an_unavoidable_cost_does_not_hide_an_avoidable_one(size):
    # Label 2 is as good as impossible at every step but one, where it must go.
    logits = torch.zeros(1, 4, 4)
    logits[0, :2, 2] = -size
    logits[0, 0, 1] = 3
    arranged = MinimalLossAlignment().arrange(logits.log_softmax(2), torch.tensor([[2, 1, 0, 3]]))
    assert arranged.tolist() == [[1, 0, 2, 3]]


def test_the_decoder_is_fed_its_own_guesses_and_needs_no_more_steps():
    assert MinimalLossAlignment.free_running
    assert not MinimalLossAlignment().whole_length
