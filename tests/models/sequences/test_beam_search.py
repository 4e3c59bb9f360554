"""Beam search against exhaustive search, against greedy decoding and against the seed's search of one picture."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.errors import OptionError
from corelate.models.sequences.beam_search import BeamSearch, Found
from corelate.models.sequences.decoder import AttentionDecoder, Decoder, Start
from corelate.models.sequences.token_vectors import TokenVectors

LABELS, HIDDEN, PICTURES = 4, 8, 3
STOP = LABELS


def decoder_and_start(attention: bool = False, seed: int = 0, sharpness: float = 3.0) -> tuple[Decoder, Start]:
    """Return a random decoder whose outputs are far from even, so that no two sequences are alike."""
    torch.manual_seed(seed)
    vectors = TokenVectors(LABELS, None, 5, tuned=False)
    decoder = (
        AttentionDecoder(vectors, HIDDEN, 0, 0, num_features=6, attention_width=7)
        if attention
        else Decoder(vectors, HIDDEN, 0, 0)
    )
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(sharpness)
    memory = decoder.remember(torch.randn(PICTURES, 6, 2, 3)) if isinstance(decoder, AttentionDecoder) else None
    hidden, cell = torch.randn(2, PICTURES, HIDDEN).unbind()
    return decoder.eval(), Start(hidden, cell, memory)


def alone(start: Start, picture: int) -> Start:
    memory = start.memory
    one = None if memory is None else type(memory)(*(part[picture : picture + 1] for part in memory))
    return Start(start.hidden[picture : picture + 1], start.cell[picture : picture + 1], one)


def step_log_probabilities(decoder: Decoder, start: Start, labels: tuple[int, ...]) -> torch.Tensor:
    """Return log probabilities of each step after each of the labels, fed one by one to one picture: T×(L+1)."""
    hidden, cell = start.hidden, start.cell
    rows = []
    for token in (decoder.start, *labels):
        gates, _ = decoder.transition(hidden.unsqueeze(1), start.memory)
        hidden, cell = decoder.advance(gates.squeeze(1) + decoder.token_gates(torch.tensor([token])), cell)
        rows.append(torch.log_softmax(decoder.logits(hidden), dim=1)[0])
    return torch.stack(rows)


def log_probability(decoder: Decoder, start: Start, labels: tuple[int, ...]) -> float:
    rows = step_log_probabilities(decoder, start, labels)
    return sum(row[token].item() for row, token in zip(rows, (*labels, STOP), strict=True))


def all_sequences(longest: int, repeats: bool) -> list[tuple[int, ...]]:
    lengths = range(longest + 1)
    if repeats:
        return [labels for length in lengths for labels in itertools.product(range(LABELS), repeat=length)]
    return [labels for length in lengths for labels in itertools.permutations(range(LABELS), length)]


def written(found: Found, picture: int, row: int = 0) -> tuple[int, ...]:
    return tuple(label for label in found.labels[picture, row].tolist() if label != STOP)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("static", [False, True])
@torch.no_grad()
def test_a_beam_wide_enough_for_all_is_an_exhaustive_search(attention: bool, repeats: bool, static: bool):
    decoder, start = decoder_and_start(attention)
    sequences = all_sequences(3, repeats)
    found = BeamSearch(3, len(sequences) + 5, repeats=repeats, static=static)(decoder, start)
    for picture in range(PICTURES):
        one = alone(start, picture)
        expected = sorted(((log_probability(decoder, one, labels), labels) for labels in sequences), reverse=True)
        for row, (value, labels) in enumerate(expected):
            assert written(found, picture, row) == labels
            assert found.log_probabilities[picture, row].item() == pytest.approx(value, abs=1e-4)
        assert found.log_probabilities[picture, len(sequences) :].tolist() == [-math.inf] * 5


@pytest.mark.parametrize("repeats", [False, True])
@torch.no_grad()
def test_chances_of_an_exhaustive_search_are_the_probabilities_of_the_labels(repeats: bool):
    decoder, start = decoder_and_start()
    sequences = all_sequences(3, repeats)
    found = BeamSearch(3, len(sequences), repeats=repeats)(decoder, start)
    for picture in range(PICTURES):
        one, expected = alone(start, picture), torch.zeros(LABELS)
        # What a prefix may be continued by ends the reckoning: its continuation need not lead to a finished sequence.
        for labels in all_sequences(2, repeats):
            rows = step_log_probabilities(decoder, one, labels)
            prefix = sum(row[token].item() for row, token in zip(rows, labels, strict=False))
            for label in set(range(LABELS)) - set(labels):
                expected[label] += math.exp(prefix + rows[-1][label].item())
        torch.testing.assert_close(found.chances[picture], expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_wider_beam_knows_more_of_each_label_s_chance():
    decoder, start = decoder_and_start()
    chances = [BeamSearch(3, width)(decoder, start).chances for width in (1, 2, 4, 8, 64)]
    for narrow, wide in itertools.pairwise(chances):
        assert (wide >= narrow - 1e-6).all()
    assert (chances[-1] <= 1).all()


@torch.no_grad()
def greedy(decoder: Decoder, start: Start, longest: int, repeats: bool) -> tuple[int, ...]:
    """Write the most probable label of one picture after another, until it is stop."""
    labels: tuple[int, ...] = ()
    while len(labels) < longest:
        last = step_log_probabilities(decoder, start, labels)[-1]
        if not repeats:
            last[list(labels)] = -math.inf
        best = int(last.argmax())
        if best == STOP:
            break
        labels += (best,)
    return labels


@given(st.integers(0, 10_000), st.integers(1, 6), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_width_one_is_greedy(seed: int, longest: int, repeats: bool, attention: bool):
    decoder, start = decoder_and_start(attention, seed)
    with torch.no_grad():
        found = BeamSearch(longest, 1, repeats=repeats)(decoder, start)
    for picture in range(PICTURES):
        assert written(found, picture) == greedy(decoder, alone(start, picture), longest, repeats)


def seed_search(decoder: Decoder, start: Start, width: int, steps: int) -> tuple[float, tuple[int, ...]]:
    """The seed's search for one picture, with its rules: no bound but `steps`, repeats, ended rows leave the beam."""
    alive = [(0.0, ())]
    done: list[tuple[float, tuple[int, ...]]] = []
    for _ in range(steps):
        continued = []
        for total, labels in alive:
            last = step_log_probabilities(decoder, start, labels)[-1].tolist()
            continued += [(total + value, (*labels, token)) for token, value in enumerate(last)]
        best = sorted(continued, key=lambda item: -item[0])[: width - len(done)]
        done += [(total, labels[:-1]) for total, labels in best if labels[-1] == STOP]
        alive = [(total, labels) for total, labels in best if labels[-1] != STOP]
        if not alive:
            break
    return max(done, key=lambda item: item[0])


@pytest.mark.parametrize("width", [1, 2, 3])
@torch.no_grad()
def test_with_repeats_and_room_enough_it_finds_what_the_seed_s_search_finds(width: int):
    for seed in range(8):
        decoder, start = decoder_and_start(seed=seed)
        decoder.output.bias[STOP] += 3  # so that sequences end long before the bound, which the seed does not have
        found = BeamSearch(25, width, repeats=True)(decoder, start)
        for picture in range(PICTURES):
            total, labels = seed_search(decoder, alone(start, picture), width, 51)
            assert written(found, picture) == labels
            assert found.log_probabilities[picture, 0].item() == pytest.approx(total, abs=1e-4)


@given(st.integers(1, 12), st.integers(1, 7), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_decoder_that_never_stops_still_ends(width: int, longest: int, repeats: bool):
    decoder, start = decoder_and_start()
    with torch.no_grad():
        decoder.output.bias[STOP] = -1e4
        found = BeamSearch(longest, width, repeats=repeats)(decoder, start)
    assert found.labels.shape == (PICTURES, width, longest)
    assert torch.isfinite(found.log_probabilities[:, 0]).all()
    if width == 1:  # a wider beam also knows the empty set, which pays for its stop no more than the others
        for picture in range(PICTURES):
            assert len(written(found, picture)) == (longest if repeats else min(longest, LABELS))


@pytest.mark.parametrize("width", [1, 3, 50])
@torch.no_grad()
def test_no_label_comes_twice_unless_it_may(width: int):
    decoder, start = decoder_and_start()
    decoder.output.bias[0] += 6  # label 0 again and again
    repeated = BeamSearch(6, width, repeats=True)(decoder, start)
    assert any(len(set(written(repeated, 0, row))) < len(written(repeated, 0, row)) for row in range(width))
    found = BeamSearch(6, width)(decoder, start)
    for picture, row in itertools.product(range(PICTURES), range(width)):
        labels = written(found, picture, row)
        assert len(labels) == len(set(labels))
    # The whole probability of a label that is written again and again is counted once.
    assert (repeated.chances <= 1 + 1e-6).all()


@torch.no_grad()
def test_an_empty_set_is_found_where_stop_comes_first():
    decoder, start = decoder_and_start()
    decoder.output.bias[STOP] = 1e4
    found = BeamSearch(3, 2)(decoder, start)
    assert written(found, 0) == ()
    assert found.log_probabilities[:, 0].tolist() == [0.0] * PICTURES
    assert found.chances.sum() == 0


@torch.no_grad()
def test_a_width_beyond_all_tokens_finds_what_there_is():
    decoder, start = decoder_and_start()
    found = BeamSearch(1, 30)(decoder, start)  # the empty set and four single labels
    assert torch.isfinite(found.log_probabilities).sum(1).tolist() == [1 + LABELS] * PICTURES
    assert found.log_probabilities.exp().sum(1).max() <= 1 + 1e-6


@torch.no_grad()
def test_a_picture_is_searched_as_if_it_were_alone():
    for attention in (False, True):
        decoder, start = decoder_and_start(attention)
        together = BeamSearch(4, 3)(decoder, start)
        for picture in range(PICTURES):
            own = BeamSearch(4, 3)(decoder, alone(start, picture))
            assert torch.equal(together.labels[picture], own.labels[0])
            torch.testing.assert_close(together.log_probabilities[picture], own.log_probabilities[0])
            torch.testing.assert_close(together.chances[picture], own.chances[0])


@torch.no_grad()
def test_length_normalisation_compares_finished_sequences_by_token():
    decoder, start = decoder_and_start()
    sequences = all_sequences(3, repeats=False)
    for power in (0.5, 1.0, 2.0):
        found = BeamSearch(3, len(sequences), length_normalisation=power)(decoder, start)
        for picture in range(PICTURES):
            one = alone(start, picture)
            values = {
                labels: log_probability(decoder, one, labels) / (len(labels) + 1) ** power for labels in sequences
            }
            best = max(values, key=values.get)
            assert written(found, picture) == best
            assert found.ranking[picture, 0].item() == pytest.approx(values[best], abs=1e-4)
            assert found.log_probabilities[picture, 0].item() == pytest.approx(
                log_probability(decoder, one, best), abs=1e-4
            )


@torch.no_grad()
def test_a_network_that_has_diverged_gives_no_numbers_and_no_error():
    decoder, start = decoder_and_start()
    decoder.output.weight.fill_(math.nan)
    assert BeamSearch(3, 2)(decoder, start).chances.isnan().any()


@pytest.mark.parametrize("settings", [{"width": 0}, {"max_labels": 0}, {"width": -3}])
def test_a_search_for_nothing_is_refused(settings: dict[str, int]):
    with pytest.raises(OptionError, match=r"beam search: .* must be at least 1"):
        BeamSearch(**{"max_labels": 3, **settings})


@pytest.mark.parametrize("power", [-0.1, 10.5, 400, math.nan])
def test_powers_of_the_length_that_no_number_can_hold_are_refused(power: float):
    with pytest.raises(OptionError, match=r"length_normalisation = .*: must be from 0 to 10"):
        BeamSearch(3, 2, power)


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("attention", [False, True])
@torch.no_grad()
def test_an_exported_search_finds_the_same_and_rows_without_a_sequence_are_empty(repeats: bool, attention: bool):
    decoder, start = decoder_and_start(attention)
    for longest, width in ((1, 30), (2, 3), (3, 10), (5, 40)):
        own, exported = (BeamSearch(longest, width, 1.0, repeats, static)(decoder, start) for static in (False, True))
        assert torch.equal(own.labels, exported.labels)
        torch.testing.assert_close(own.log_probabilities, exported.log_probabilities)
        torch.testing.assert_close(own.chances, exported.chances)
        assert (own.labels[own.log_probabilities == -math.inf] == STOP).all()
