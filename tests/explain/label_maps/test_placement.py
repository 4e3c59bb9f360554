from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from corelate.explain.label_maps.placement import Placed, Room, place_texts

WIDTH, HEIGHT = 760.0, 500.0


def boxes_of(placed: dict[int, Placed], order: np.ndarray, sizes: np.ndarray) -> dict[int, tuple[float, ...]]:
    size_of = dict(zip(order.tolist(), sizes.tolist(), strict=True))
    return {
        dot: (place.left, place.bottom, place.left + size_of[dot][0], place.bottom + size_of[dot][1])
        for dot, place in placed.items()
    }


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def crowd(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    dots = random.uniform((20, 20), (WIDTH - 20, HEIGHT - 20), (count, 2))
    return dots, random.uniform(1.4, 6, count), random.permutation(count), random.uniform((15, 8), (50, 12), (count, 2))


@pytest.mark.parametrize("seed", range(3))
def test_no_text_lies_on_a_text_a_dot_or_outside(seed: int):
    dots, radii, order, sizes = crowd(260, seed)
    placed = place_texts(dots, radii, order, sizes, (WIDTH, HEIGHT))
    assert len(placed) > 0.9 * 260
    boxes = boxes_of(placed, order, sizes)
    assert not any(overlap(*pair) for pair in combinations(boxes.values(), 2))
    for left, bottom, right, top in boxes.values():
        assert left >= 0 and bottom >= 0 and right <= WIDTH and top <= HEIGHT
        gap = dots - np.clip(dots, (left, bottom), (right, top))
        assert (np.linalg.norm(gap, axis=1) >= radii).all()


def test_no_line_crosses_a_text_or_another_line():
    dots, radii, order, sizes = crowd(260)
    placed = place_texts(dots, radii, order, sizes, (WIDTH, HEIGHT))
    boxes = boxes_of(placed, order, sizes)
    along = np.linspace(0, 1, 200)[:, None]
    led = {dot: np.array(place.leader).reshape(2, 2) for dot, place in placed.items() if place.leader}
    assert led
    for dot, ends in led.items():
        points = ends[0] + along * (ends[1] - ends[0])
        for other, (left, bottom, right, top) in boxes.items():
            inside = (points > (left, bottom)).all(axis=1) & (points < (right, top)).all(axis=1)
            assert other == dot or not inside.any()
        # From the dot's edge to the text's edge.
        assert np.hypot(*(ends[0] - dots[dot])) == pytest.approx(radii[dot], abs=1e-6)
        assert (ends[1] >= np.array(boxes[dot][:2]) - 1e-6).all() and (ends[1] <= np.array(boxes[dot][2:]) + 1e-6).all()
    assert not any(crossing(*pair) for pair in combinations(led.values(), 2))


def crossing(one: np.ndarray, other: np.ndarray) -> bool:
    def side(line: np.ndarray, point: np.ndarray) -> float:
        (x, y), (along_x, along_y) = point - line[0], line[1] - line[0]
        return float(np.sign(along_x * y - along_y * x))

    return side(one, other[0]) * side(one, other[1]) < 0 and side(other, one[0]) * side(other, one[1]) < 0


def test_a_lonely_dot_has_its_text_to_the_right():
    (place,) = place_texts(
        np.array([[100.0, 100.0]]), np.array([4.0]), np.array([0]), np.array([[30.0, 10.0]]), (200, 200)
    ).values()
    assert place.leader is None
    assert place.left > 104 and place.bottom == pytest.approx(95)


def test_at_the_right_edge_the_text_stands_to_the_left():
    (place,) = place_texts(
        np.array([[195.0, 100.0]]), np.array([4.0]), np.array([0]), np.array([[30.0, 10.0]]), (200, 200)
    ).values()
    assert place.left + 30 < 191


def test_important_texts_come_first():
    dots, sizes = np.tile([[100.0, 50.0]], (40, 1)), np.tile([[90.0, 20.0]], (40, 1))
    order = np.arange(40)[::-1]
    placed = place_texts(dots, np.full(40, 3.0), order, sizes, (200, 100))
    assert 0 < len(placed) < 40 and 39 in placed
    assert placed[39].leader is None


def test_texts_that_are_too_large_are_left_out():
    assert place_texts(np.zeros((1, 2)), np.ones(1), np.array([0]), np.array([[300.0, 10.0]]), (200, 200)) == {}


def test_nothing_to_place():
    assert place_texts(np.zeros((3, 2)), np.ones(3), np.array([], int), np.empty((0, 2)), (200, 200)) == {}


def test_room_is_taken_by_boxes_and_lines():
    room = Room(20, 10)
    room.take(2, 2, 4, 4)
    assert not room.is_free(3.9, 3.9, 6, 6) and room.is_free(4, 4, 6, 6)
    assert not room.is_free(-1, 5, 1, 6) and not room.is_free(19, 5, 21, 6)
    assert not room.is_free_along((0, 0, 8, 8)) and room.is_free_along((0, 5, 8, 5))
    room.take_along((0, 5, 8, 5))
    assert not room.is_free(7, 4.5, 7.4, 6)
