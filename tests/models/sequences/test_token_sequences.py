"""From targets to token sequences: orders, ties, cut lists."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corelate.models.sequences.token_sequences import ORDERS, frequency_ranks, padded, sequences_of

# Labels 1 and 3 are equally frequent, 2 is the rarest, 0 the most frequent.
RANKS = frequency_ranks([0.5, 0.2, 0.1, 0.2], 4)


def places(*lists: list[int]) -> torch.Tensor:
    targets = torch.zeros(len(lists), 4)
    for row, labels in enumerate(lists):
        for place, label in enumerate(labels):
            targets[row, label] = place + 1
    return targets


def test_ranks_count_frequencies_and_not_labels():
    assert RANKS.tolist() == [2, 1, 0, 1]
    assert frequency_ranks(None, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("rare_first", [2, 3, 1, 0]), ("frequent_first", [0, 3, 1, 2]), ("given", [3, 0, 2, 1])],
)
def test_orders_and_that_equally_frequent_labels_keep_their_places(order: str, expected: list[int]):
    assert sequences_of(places([3, 0, 2, 1]), RANKS, order, 9).tolist() == [[*expected, 4]]


def test_shorter_lists_are_filled_up_with_stop():
    assert sequences_of(places([1, 0], [], [2]), RANKS, "given", 9).tolist() == [[1, 0, 4], [4, 4, 4], [2, 4, 4]]


def test_without_any_label_there_is_only_stop():
    assert sequences_of(places([], []), RANKS, "given", 9).tolist() == [[4], [4]]


def test_no_pictures():
    assert sequences_of(torch.zeros(0, 4), RANKS, "given", 9).shape == (0, 1)


def test_unknown_labels_are_not_written():
    targets = places([1, 0])
    targets[0, 3] = -1
    assert sequences_of(targets, RANKS, "given", 9).tolist() == [[1, 0, 4]]


def test_targets_without_places_are_in_the_vocabulary_s_order():
    assert sequences_of(torch.tensor([[1.0, 1, 0, 1]]), RANKS, "given", 9).tolist() == [[0, 1, 3, 4]]


@pytest.mark.parametrize("order", ORDERS)
def test_a_long_list_is_cut_to_the_first_in_its_order(order: str):
    whole = sequences_of(places([3, 0, 2, 1], [2]), RANKS, order, 9).tolist()
    assert sequences_of(places([3, 0, 2, 1], [2]), RANKS, order, 2).tolist() == [[*whole[0][:2], 4], [2, 4, 4]]


@given(st.lists(st.permutations(range(6)).flatmap(lambda p: st.integers(0, 6).map(lambda n: p[:n])), min_size=1))
def test_every_order_is_a_stable_sort_of_the_list(lists: list[list[int]]):
    counts = np.array([3, 1, 3, 2, 9, 1])
    ranks = frequency_ranks(counts / 10, 6)
    targets = torch.zeros(len(lists), 6)
    for row, labels in enumerate(lists):
        for place, label in enumerate(labels):
            targets[row, label] = place + 1
    longest = max(map(len, lists))
    for order, key in (("rare_first", lambda x: counts[x]), ("frequent_first", lambda x: -counts[x]), ("given", None)):
        expected = [sorted(labels, key=key) if key else labels for labels in lists]
        expected = [labels + [6] * (longest + 1 - len(labels)) for labels in expected]
        assert sequences_of(targets, ranks, order, 9).tolist() == expected


def test_padding():
    assert padded(torch.tensor([[1, 4]]), 4, 4).tolist() == [[1, 4, 4, 4]]
    assert padded(torch.tensor([[1, 4]]), 1, 4).tolist() == [[1, 4]]
