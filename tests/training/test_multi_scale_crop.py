from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from corelate.training.multi_scale_crop import MultiScaleCrop


def picture(width: int = 120, height: int = 80) -> Image.Image:
    """Red is the column, green the row."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.uint8)
    return Image.fromarray(np.stack([columns, rows, rows], 2))


def crops(scales: tuple[float, ...], count: int = 3000) -> list[tuple[int, int, int, int]]:
    crop, image = MultiScaleCrop(scales), picture()
    torch.manual_seed(0)
    found = []
    for _ in range(count):
        part = np.asarray(crop(image))
        found.append((part[0, 0, 0], part[0, 0, 1], part.shape[1], part.shape[0]))
    return found


def test_sides_are_scales_of_the_shorter_side_that_stand_near_in_the_list():
    sizes = {(width, height) for _, _, width, height in crops((1.0, 0.875, 0.75, 0.66, 0.5))}
    sides = [80, 70, 60, 52, 40]
    assert sizes == {(sides[i], sides[j]) for i in range(5) for j in range(5) if abs(i - j) <= 2}


def test_places_are_thirteen_points():
    places = {(left, top) for left, top, _, _ in crops((0.5,))}
    across, down = (120 - 40) // 4, (80 - 40) // 4
    fourths = [(0, 0), (4, 0), (0, 4), (4, 4), (2, 2), (0, 2), (4, 2), (2, 4), (2, 0), (1, 1), (3, 1), (1, 3), (3, 3)]
    assert places == {(x * across, y * down) for x, y in fourths}


def test_a_picture_of_one_pixel():
    assert MultiScaleCrop((0.5,))(Image.new("RGB", (1, 1))).size == (1, 1)
