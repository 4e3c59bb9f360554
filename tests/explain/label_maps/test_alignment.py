from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import procrustes

from corelate.explain.label_maps.alignment import groups_of, laid_over, upright

RANDOM = np.random.default_rng(0)


def turned(places: np.ndarray, degrees: float, mirrored: bool) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return places @ turn * (-1 if mirrored else 1, 1) + (3, -8)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 30, 90, 200])
def test_a_turned_map_is_laid_over_its_like(degrees: float, mirrored: bool):
    places = RANDOM.standard_normal((20, 2))
    over = laid_over(turned(places, degrees, mirrored), places)
    assert np.allclose(over, places - places.mean(axis=0))


def test_as_near_as_scipy_brings_them():
    places, reference = RANDOM.standard_normal((2, 20, 2))
    over = laid_over(places, reference)
    centred, (_, _, disparity) = reference - reference.mean(axis=0), procrustes(reference, places)
    # Procrustes also scales, which changes neither turn nor mirroring.
    scale = (over * centred).sum() / np.square(over).sum()
    assert np.square(centred - scale * over).sum() / np.square(centred).sum() == pytest.approx(disparity)


def test_upright_maps_are_wide():
    places = RANDOM.standard_normal((40, 2)) * (1, 5)
    wide = upright(turned(places, 20, mirrored=False))
    assert wide[:, 0].std() > 3 * wide[:, 1].std()
    assert np.abs(np.corrcoef(wide.T)[0, 1]) < 1e-9
    already = RANDOM.standard_normal((40, 2)) * (5, 1)
    assert (np.sign(upright(already)[:, 0]) == np.sign((already - already.mean(axis=0))[:, 0])).mean() > 0.9


@pytest.mark.parametrize("labels", [1, 2, 3])
def test_few_labels(labels: int):
    for places in (RANDOM.standard_normal((labels, 2)), np.zeros((labels, 2))):
        assert np.isfinite(upright(places)).all() and np.isfinite(laid_over(places, places)).all()
        assert groups_of(places, 1).tolist() == [0] * labels


def test_groups_are_regions_from_left_to_right():
    centres = np.array([[9, 0], [0, 0], [5, 7]])
    places = np.repeat(centres, 5, axis=0) + 0.1 * RANDOM.standard_normal((15, 2))
    assert groups_of(places, 1).tolist() == np.repeat([2, 0, 1], 5).tolist()


def test_no_more_groups_than_places():
    assert groups_of(np.repeat([[0.0, 0.0], [1.0, 0.0]], 50, axis=0), 1).max() == 1
