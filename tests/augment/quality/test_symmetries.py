from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from corelate.augment.quality.symmetries import SYMMETRIES, nearest_symmetry, possible_symmetries, undone

LAID = {
    "plain": [],
    "mirrored": [Image.Transpose.FLIP_LEFT_RIGHT],
    "flipped upside down": [Image.Transpose.FLIP_TOP_BOTTOM],
    "turned by 180°": [Image.Transpose.ROTATE_180],
    # Pillow's degrees run counter-clockwise.
    "turned clockwise": [Image.Transpose.ROTATE_270],
    "turned counter-clockwise": [Image.Transpose.ROTATE_90],
    "mirrored and turned counter-clockwise": [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90],
    "mirrored and turned clockwise": [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270],
}


def test_every_symmetry_is_tried():
    assert [symmetry.name for symmetry in SYMMETRIES] == list(LAID)


@pytest.mark.parametrize("name", LAID)
def test_each_is_found_and_undone(name: str, blobs: Callable[..., Image.Image]):
    original = blobs(size=(40, 40))
    laid = original
    for step in LAID[name]:
        laid = laid.transpose(step)
    noise = np.random.default_rng(3).normal(0, 4, (40, 40, 3))
    found = nearest_symmetry(np.asarray(laid) + noise, np.asarray(original).astype(float), SYMMETRIES)
    assert found.name == name
    assert np.array_equal(undone(np.asarray(laid), found), np.asarray(original))


@pytest.mark.parametrize(
    ("size", "original", "turned"),
    [
        ((192, 128), (192, 128), {False}),
        ((128, 192), (192, 128), {True}),
        ((192, 128), (128, 192), {True}),
        ((300, 500), (128, 192), {False}),
        ((100, 100), (192, 128), {False, True}),
        ((192, 128), (102, 100), {False, True}),
        ((96, 96), (64, 64), {False, True}),
    ],
)
def test_shapes_say_whether_a_picture_lies_on_its_side(
    size: tuple[int, int], original: tuple[int, int], turned: set[bool]
):
    possible = possible_symmetries(size, original)
    assert {symmetry.transposed for symmetry in possible} == turned
    assert len(possible) == 4 * len(turned)


def test_of_equally_near_ones_the_plain_one_is_taken():
    flat = np.full((8, 8, 3), 7.0)
    assert nearest_symmetry(flat, flat, SYMMETRIES).name == "plain"
