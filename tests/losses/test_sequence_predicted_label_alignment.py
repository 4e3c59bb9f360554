"""PLA against a naive implementation of its definition, and its special cases by hand."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.losses.minimal_loss_alignment import MinimalLossAlignment
from corelate.losses.predicted_label_alignment import PredictedLabelAlignment

LATE_HITS = ("reassign", "keep")


def naive(log_probabilities, sequence, late_hits):
    """The definition for one picture, step by step over tokens; the assignment by trying everything."""
    stop = log_probabilities.shape[1] - 1
    target = sequence.tolist()
    count = target.index(stop)
    labels = set(target[:count])
    guesses = [max(range(stop + 1), key=row.__getitem__) for row in log_probabilities.tolist()]
    unused = set(labels)
    for step in range(count):
        if guesses[step] in unused:
            other = target.index(guesses[step])
            target[other], target[step] = target[step], guesses[step]
            unused.remove(guesses[step])
    never_guessed = labels - set(guesses if late_hits == "keep" else guesses[:count])
    places = [step for step in range(count) if target[step] in never_guessed]
    if len(places) > 1:
        best = min(
            itertools.permutations([target[place] for place in places]),
            key=lambda order: sum(
                -log_probabilities[place, label].item() for place, label in zip(places, order, strict=True)
            ),
        )
        for place, label in zip(places, best, strict=True):
            target[place] = label
    return target


@st.composite
def batches(draw):
    """Outputs that guess labels of the picture, early, late and twice; rounded logits have ties."""
    labels, pictures, spare = draw(st.integers(1, 8)), draw(st.integers(1, 3)), draw(st.integers(0, 4))
    rows = [draw(st.permutations(range(labels)))[: draw(st.integers(0, min(labels, 5)))] for _ in range(pictures)]
    steps = max(map(len, rows)) + 1 + spare
    sequences = torch.tensor([[*row, *[labels] * (steps - len(row))] for row in rows])
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    logits = 2 * torch.randn(pictures, steps, labels + 1, generator=generator, dtype=torch.float64)
    for picture, row in zip(logits, rows, strict=True):
        for step in range(steps):
            if row and draw(st.booleans()):
                picture[step, draw(st.sampled_from(row))] += 9
    ties = draw(st.booleans())
    return logits.round() if ties else logits, sequences, ties


@pytest.mark.parametrize("late_hits", LATE_HITS)
@settings(max_examples=120, deadline=None)
@given(batch=batches())
def test_equals_the_definition(late_hits, batch):
    logits, sequences, ties = batch
    log_probabilities = logits.log_softmax(2)
    arranged = PredictedLabelAlignment(late_hits=late_hits).arrange(log_probabilities, sequences)
    expected = torch.tensor(
        [naive(picture, row, late_hits) for picture, row in zip(log_probabilities, sequences, strict=True)]
    )
    if not ties:
        assert torch.equal(arranged, expected)
    # Between orders that cost the same the assignment may choose either.
    ours = log_probabilities.gather(2, arranged.unsqueeze(2)).sum((1, 2))
    torch.testing.assert_close(ours, log_probabilities.gather(2, expected.unsqueeze(2)).sum((1, 2)))


@settings(max_examples=60, deadline=None)
@given(batch=batches())
def test_never_below_the_minimal_loss(batch):
    logits, sequences, _ = batch
    least = MinimalLossAlignment().elements(logits, sequences).sum(1)
    for late_hits in LATE_HITS:
        assert (PredictedLabelAlignment(late_hits=late_hits).elements(logits, sequences).sum(1) >= least - 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(batch=batches(), seed=st.integers(0, 1000))
def test_given_order_does_not_matter_when_late_hits_are_reassigned(batch, seed):
    logits, sequences, _ = batch
    stop, generator = logits.shape[2] - 1, torch.Generator().manual_seed(seed)
    shuffled = sequences.clone()
    for row in shuffled:
        count = int((row != stop).sum())
        row[:count] = row[torch.randperm(count, generator=generator)]
    loss = PredictedLabelAlignment()
    torch.testing.assert_close(loss(logits, shuffled), loss(logits, sequences), rtol=1e-9, atol=1e-12)


def guessing(guesses, labels=6):
    """Log-probabilities of one picture whose most probable tokens are `guesses`; all else is equal."""
    logits = torch.zeros(1, len(guesses), labels + 1)
    logits[0, range(len(guesses)), guesses] = 3
    return logits


def arranged(logits, sequence, late_hits="reassign"):
    loss = PredictedLabelAlignment(late_hits=late_hits)
    return loss.arrange(logits.log_softmax(2), torch.tensor([sequence]))[0].tolist()


@pytest.mark.parametrize("late_hits", LATE_HITS)
def test_right_guesses_are_asked_for_where_they_were_made(late_hits):
    assert arranged(guessing([2, 0, 1, 6]), [0, 1, 2, 6], late_hits) == [2, 0, 1, 6]


@pytest.mark.parametrize("late_hits", LATE_HITS)
def test_a_guess_changes_places_with_what_stood_there(late_hits):
    assert arranged(guessing([2, 5, 5, 6]), [0, 1, 2, 6], late_hits)[0] == 2
    assert arranged(guessing([5, 0, 6]), [0, 1, 6], late_hits) == [1, 0, 6]


@pytest.mark.parametrize("late_hits", LATE_HITS)
def test_repeated_guess_counts_once(late_hits):
    # The second 2 places nothing: 0 and 1 are assigned to steps 1 and 2 by their costs.
    logits = guessing([2, 2, 5, 6])
    logits[0, 1, 1] = 1
    assert arranged(logits, [0, 1, 2, 6], late_hits) == [2, 1, 0, 6]
    logits[0, 1, 0] = 2
    assert arranged(logits, [0, 1, 2, 6], late_hits) == [2, 0, 1, 6]


@pytest.mark.parametrize("late_hits", LATE_HITS)
def test_guessing_stop_too_early_places_nothing(late_hits):
    logits = guessing([6, 6, 6])
    logits[0, 0, 1] = 1
    assert arranged(logits, [0, 1, 6], late_hits) == [1, 0, 6]


def test_a_label_guessed_only_late():
    # Labels 0 and 1; 1 is guessed only at step 2, where stop is due. Step 0 would much rather have 1 than 0.
    logits = guessing([5, 5, 1, 6])
    logits[0, 0, 1] = 2
    assert arranged(logits, [0, 1, 6, 6], "reassign") == [1, 0, 6, 6]
    # The published code counts 1 as guessed, so that it keeps its place, and 0, then alone, keeps its own.
    assert arranged(logits, [0, 1, 6, 6], "keep") == [0, 1, 6, 6]


def test_a_kept_late_label_is_still_moved_by_the_hits_of_others():
    # 2 is guessed at step 0, where 0 stands; 0 is guessed only late, and goes where 2 was. 1 stays alone.
    assert arranged(guessing([2, 5, 5, 0, 6]), [0, 1, 2, 6, 6], "keep") == [2, 1, 0, 6, 6]


def test_labels_beside_a_kept_late_one_are_still_assigned():
    # 1 is guessed late and stays in the middle; 0 and 2 are assigned to the places around it.
    logits = guessing([5, 5, 5, 1, 6])
    logits[0, 0, 2] = 2
    assert arranged(logits, [0, 1, 2, 6, 6], "keep") == [2, 1, 0, 6, 6]


def test_late_hits_need_the_whole_length():
    logits = guessing([5, 5, 6, 1])
    logits[0, 0, 1] = 2
    assert arranged(logits, [0, 1, 6, 6], "keep") == [0, 1, 6, 6]
    assert arranged(logits[:, :3], [0, 1, 6], "keep") == [1, 0, 6]
    assert PredictedLabelAlignment(late_hits="keep").whole_length
    assert not PredictedLabelAlignment().whole_length


def test_an_unknown_label_is_never_a_guess():
    logits = guessing([3, 6, 6])
    logits[0, 0, 1] = 1
    unknown = torch.tensor([[False, False, False, True, False, False]])
    sequences = torch.tensor([[0, 1, 6]])
    # With 3 unknown, label 1 is the most probable token of step 0, and is asked for there.
    expected = torch.tensor([[1, 0, 6]])
    known = logits[:, :, [0, 1, 2, 4, 5, 6]].log_softmax(2)
    picked = torch.stack([-known[0, 0, 1], -known[0, 1, 0], -known[0, 2, 5]])
    assert expected.tolist() == [arranged(logits, [0, 1, 6])]
    torch.testing.assert_close(PredictedLabelAlignment().elements(logits, sequences, unknown)[0], picked)


@pytest.mark.parametrize("late_hits", LATE_HITS)
def test_one_label_and_none_are_left_alone(late_hits):
    logits = torch.randn(2, 4, 5)
    sequences = torch.tensor([[2, 4, 4, 4], [4, 4, 4, 4]])
    loss = PredictedLabelAlignment(late_hits=late_hits)
    assert torch.equal(loss.arrange(logits.log_softmax(2), sequences), sequences)


def test_the_decoder_is_fed_its_own_guesses():
    assert PredictedLabelAlignment.free_running
