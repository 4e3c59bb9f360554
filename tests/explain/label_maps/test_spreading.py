from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from corelate.explain.label_maps.spreading import MARGIN, ROOM, fitted, pushed_apart

RANDOM = np.random.default_rng(0)
PLACES = RANDOM.standard_normal((50, 2)) * (100, 0.01) + (5, -3)


@pytest.mark.parametrize("evenness", [0.0, 0.5, 1.0])
def test_maps_fill_the_panel_and_keep_their_order(evenness: float):
    dots = fitted(PLACES, 700, 500, evenness)
    assert np.allclose(dots.min(axis=0), MARGIN) and np.allclose(dots.max(axis=0), (700, 500) - MARGIN)
    assert np.array_equal(dots.argsort(axis=0), PLACES.argsort(axis=0))


def test_without_evenness_proportions_stay():
    dots = fitted(PLACES, 700, 500, 0.0)
    assert np.allclose(np.corrcoef(dots[:, 0], PLACES[:, 0]), 1)


def test_what_is_flat_stands_in_the_middle():
    assert fitted(np.zeros((4, 2)), 700, 500, 0.5).tolist() == [[350, 250]] * 4
    assert set(fitted(np.array([[0.0, 1], [5, 1], [9, 1]]), 700, 500, 0.5)[:, 1]) == {250}


def test_dots_that_have_room_stay():
    dots = np.array([[100.0, 100], [100 + ROOM[0], 100], [100, 100 + ROOM[1]]])
    assert np.allclose(pushed_apart(dots, 700, 500), dots, atol=0.01)


def test_crowds_come_apart():
    crowd = np.array([350, 250]) + RANDOM.standard_normal((20, 2))
    apart = pushed_apart(crowd, 700, 500)
    assert pdist(apart / ROOM).min() > 0.6
    assert np.allclose(apart.mean(axis=0), crowd.mean(axis=0), atol=3)


def test_dots_in_one_place_come_apart():
    apart = pushed_apart(np.tile([350.0, 250.0], (12, 1)), 700, 500)
    assert pdist(apart / ROOM).min() > 0.6
    assert np.array_equal(apart, pushed_apart(np.tile([350.0, 250.0], (12, 1)), 700, 500))


def test_pushed_dots_stay_in_the_panel():
    apart = pushed_apart(MARGIN + RANDOM.uniform(0, 3, (30, 2)), 700, 500)
    assert (apart >= MARGIN).all()
