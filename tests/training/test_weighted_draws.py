from __future__ import annotations

import numpy as np
import pytest

from corelate.errors import DataError
from corelate.training.batches import FeatureBatches, Order, Share
from corelate.training.weighted_draws import draw_pictures, least_draws

WEIGHTS = np.array([1.0, 1.0, 0.3, 0.3, 0.0, 2.3, 0.7, 1.0])
COUNT = len(WEIGHTS)


def copies_of(weights: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    return np.bincount(draw_pictures(weights, seed, epoch) % len(weights), minlength=len(weights))


def test_weights_are_right_on_average_and_within_one_picture_always():
    copies = np.array([copies_of(WEIGHTS, 3, epoch) for epoch in range(3000)])
    assert (copies >= np.floor(WEIGHTS)).all()
    assert (copies <= np.ceil(WEIGHTS)).all(), "real pictures come once, weight 0 never"
    assert set(copies.sum(axis=1).tolist()) == {6, 7}, "6.6 in an epoch"
    # Three standard deviations of 3,000 draws are 0.027 at most.
    assert np.abs(copies.mean(axis=0) - WEIGHTS).max() < 0.03


def test_pictures_are_drawn_independently_of_their_neighbours():
    weights = np.full(10, 0.5)
    copies = np.array([copies_of(weights, 1, epoch) for epoch in range(2000)])
    assert (copies.sum(axis=1) == 5).all(), "of one another they are as far from independent as their number demands"
    together = np.corrcoef(copies.T)[np.triu_indices(10, 1)]
    assert np.abs(together + 1 / 9).max() < 0.1


def test_a_draw_has_no_state():
    first = draw_pictures(WEIGHTS, 5, 2)
    draw_pictures(WEIGHTS, 5, 3)
    assert np.array_equal(first, draw_pictures(WEIGHTS, 5, 2))
    assert any(not np.array_equal(first, draw_pictures(WEIGHTS, 5, epoch)) for epoch in range(3, 9))
    assert any(not np.array_equal(first, draw_pictures(WEIGHTS, seed, 2)) for seed in range(6, 12))


def test_repeats_have_numbers_of_their_own():
    draws = draw_pictures(np.array([1.0, 3.0, 2.0]), 1, 0)
    assert draws.tolist() == [0, 1, 2, 4, 5, 7]


@pytest.mark.parametrize("weights", [np.full(10, 0.3), np.full(10, 0.1), np.full(30, 1 / 3), np.ones(4)])
def test_sums_that_are_whole_are_whole_in_every_epoch(weights: np.ndarray):
    assert least_draws(weights) == round(weights.sum())
    assert {len(draw_pictures(weights, 1, epoch)) for epoch in range(200)} == {round(weights.sum())}


def test_the_order_with_weights():
    order = Order(COUNT, 3, seed=4, weights=WEIGHTS)
    assert order.steps() == 2
    lengths = set()
    for epoch in range(30):
        batches = [batch.tolist() for batch in order.batches(epoch)]
        assert [batch.tolist() for batch in order.batches(epoch, 1)] == batches[1:], "begun in the middle"
        assert len(batches) == 2
        assert len(batches[0]) == len(batches[1]) == 3
        rows = [row for batch in batches for row in batch]
        assert 4 not in rows
        lengths.add(tuple(np.bincount(rows, minlength=COUNT)))
    assert len(lengths) > 1, "another share in each epoch"


def test_weights_of_one_change_nothing():
    plain, weighted = Order(11, 4, seed=2), Order(11, 4, seed=2, weights=np.ones(11))
    for epoch in range(3):
        pairs = zip(plain.batches(epoch), weighted.batches(epoch), strict=True)
        assert all(np.array_equal(first, second) for first, second in pairs)


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_share_the_same_draw(processes: int):
    weights = np.concatenate([np.ones(12), np.full(20, 0.37)])
    whole = list(Order(32, 6, 1, weights=weights).draws(5))
    shares = [list(Order(32, 6, 1, Share(rank, processes), weights).draws(5)) for rank in range(processes)]
    for step, parts in enumerate(zip(*shares, strict=True)):
        together = sorted(np.concatenate(parts).tolist())
        assert together == sorted(whole[step][: len(together)].tolist())


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match=r"weights of 3 pictures are 0\.9 together, less than one"):
        Order(3, 2, 1, weights=np.full(3, 0.3))


def test_features_are_taken_by_picture():
    import torch

    from corelate.data.targets import TargetMatrix

    features, rows = torch.arange(10.0).reshape(10, 1, 1, 1), np.array([7, 3])
    targets = TargetMatrix.from_dense(np.array([[1], [0]]))
    batches = FeatureBatches(features, rows, targets, Order(2, 4, 1, weights=np.array([1.0, 2.0])))
    inputs, labels = next(batches.epoch(0))
    assert sorted(inputs.flatten().tolist()) == [3, 3, 7]
    assert sorted(zip(inputs.flatten().tolist(), labels.flatten().tolist(), strict=True)) == [(3, 0), (3, 0), (7, 1)]
