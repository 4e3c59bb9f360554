from __future__ import annotations

import itertools

import numpy as np
import pytest

from corelate.explain.lettering.box_overlaps import overlaps, spread_apart


def slow_overlaps(points: np.ndarray, boxes: np.ndarray) -> set[tuple[int, int]]:
    """Return the pairs of things of which two boxes overlap."""
    found = set()
    for one, other in itertools.combinations(range(len(points)), 2):
        for a, b in itertools.product(boxes[one], boxes[other]):
            (x, y), (u, v) = points[one], points[other]
            wide = min(x + a[2], u + b[2]) - max(x + a[0], u + b[0])
            high = min(y + a[3], v + b[3]) - max(y + a[1], v + b[1])
            if wide > 1e-9 and high > 1e-9:
                found.add((one, other))
    return found


def crowd(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    boxes = np.zeros((count, 2, 4))
    boxes[:, 0] = [-0.1, -0.1, 0.1, 0.1]
    boxes[:, 1, 2] = chance.uniform(0.2, 1.5, count)
    boxes[:, 1, 3] = 0.15
    return chance.normal(size=(count, 2)), boxes


def test_overlaps_are_those_of_the_definition():
    points, boxes = crowd(20)
    found = overlaps(points, boxes)
    pairs = {tuple(pair) for pair in np.argwhere(found.prod(2) > 1e-9).tolist() if pair[0] < pair[1]}
    assert pairs == slow_overlaps(points, boxes)
    assert len(pairs) > 5
    assert np.array_equal(found, found.transpose(1, 0, 2))


@pytest.mark.parametrize("count", [1, 2, 30])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_overlaps_in_the_end(count: int, seed: int):
    points, boxes = crowd(count, seed)
    apart = spread_apart(points, boxes, np.arange(count) == 0, gap=0.05)
    assert not slow_overlaps(apart, boxes)


def test_what_does_not_overlap_stays_where_it_is():
    points = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    boxes = np.tile(np.array([-1.0, -1.0, 1.0, 1.0]), (3, 1, 1))
    assert np.array_equal(spread_apart(points, boxes, np.zeros(3, bool)), points)


def test_things_at_one_place_come_apart():
    boxes = np.tile(np.array([-1.0, -0.2, 1.0, 0.2]), (9, 1, 1))
    apart = spread_apart(np.zeros((9, 2)), boxes, np.zeros(9, bool))
    assert not slow_overlaps(apart, boxes)


def test_fixed_things_that_overlap_come_apart_too():
    points = np.array([[0.0, 0.0], [0.5, 0.0], [0.25, 0.1]])
    boxes = np.tile(np.array([-1.0, -0.2, 1.0, 0.2]), (3, 1, 1))
    apart = spread_apart(points, boxes, np.array([True, True, False]))
    assert not slow_overlaps(apart, boxes)
    assert np.allclose(apart[0], 0)


def test_the_same_places_come_out_each_time():
    points, boxes = crowd(30)
    fixed = np.zeros(30, bool)
    assert np.array_equal(spread_apart(points, boxes, fixed), spread_apart(points, boxes, fixed))
