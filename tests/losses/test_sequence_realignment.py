"""Re-ordering a batch on the host: which costs go over, and what becomes of those that are not finite."""

import itertools

import numpy as np
import pytest
import torch

from corelate.losses.realignment import LARGEST_COST, cheapest, realign, step_costs


def test_cheapest_is_the_assignment_with_the_smallest_sum():
    generator = np.random.default_rng(0)
    for size in range(1, 6):
        costs = generator.random((size, size)).astype(np.float32)
        least = min(costs[range(size), list(order)].sum() for order in itertools.permutations(range(size)))
        np.testing.assert_allclose(costs[range(size), cheapest(costs)].sum(), least, rtol=1e-6)


def test_costs_are_those_of_each_step_and_label():
    log_probabilities = torch.randn(2, 4, 6).log_softmax(2)
    sequences = torch.tensor([[3, 0, 2, 5], [4, 5, 5, 5]])
    costs = step_costs(log_probabilities, sequences)
    assert costs.shape == (2, 3, 3)
    for picture, step, place in itertools.product(range(2), range(3), range(3)):
        assert costs[picture, step, place] == -log_probabilities[picture, step, sequences[picture, place]]


def test_costs_that_are_not_finite_become_large():
    log_probabilities = torch.tensor([[[torch.nan, -torch.inf, -1e35], [-1.0, -2.0, -3.0], [0.0, 0.0, 0.0]]])
    costs = step_costs(log_probabilities, torch.tensor([[0, 1, 2]]))
    assert costs.tolist() == [[[pytest.approx(LARGEST_COST)] * 2, [1.0, 2.0]]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("junk", [torch.nan, -torch.inf, "lowest", "alternating"])
def test_nothing_but_junk_still_gives_an_order(dtype, junk):
    sequences = torch.tensor([[3, 0, 2, 5], [4, 5, 5, 5]])
    lowest = torch.finfo(dtype).min
    log_probabilities = torch.full((2, 4, 6), lowest if isinstance(junk, str) else junk, dtype=dtype)
    if junk == "alternating":
        log_probabilities[:, ::2, ::2] = 0
    arranged = realign(log_probabilities, sequences, lambda costs, hits: cheapest(costs))
    assert torch.equal(arranged.sort(1).values, sequences.sort(1).values)
    assert (step_costs(log_probabilities, sequences) <= LARGEST_COST).all()


def test_only_pictures_with_two_labels_or_more_are_asked_about():
    sequences = torch.tensor([[5, 5, 5, 5], [4, 5, 5, 5], [3, 0, 5, 5], [0, 1, 2, 5]])
    asked = []

    def turn_around(costs, hits):
        asked.append((costs.shape, hits))
        return range(len(costs) - 1, -1, -1)

    hits = torch.arange(16).view(4, 4) - 1
    arranged = realign(torch.zeros(4, 4, 6), sequences, turn_around, hits)
    assert asked == [((2, 2), [7, 8, 9, 10]), ((3, 3), [11, 12, 13, 14])]
    assert arranged.tolist() == [[5, 5, 5, 5], [4, 5, 5, 5], [0, 3, 5, 5], [2, 1, 0, 5]]


def test_no_picture_can_have_two_labels():
    sequences = torch.tensor([[5, 5], [4, 5]])
    assert realign(torch.zeros(2, 2, 6), sequences, lambda costs, hits: pytest.fail("asked")) is sequences


def test_places_beyond_the_range_of_half_precision_are_exact():
    steps = 3000  # float16 has no 2049
    hits = torch.arange(steps).unsqueeze(0)
    sequences = torch.full((1, steps), 4)
    sequences[0, :2] = torch.tensor([1, 0])
    seen = []
    realign(torch.zeros(1, steps, 5), sequences, lambda costs, hits: seen.append(hits) or [0, 1], hits)
    assert seen == hits.tolist()
