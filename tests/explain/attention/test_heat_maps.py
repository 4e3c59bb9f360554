"""Maps laid over pictures: scale, place, and what was not seen."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from corelate.data.preprocessing import RESIZE_MODES, Preprocessing
from corelate.explain.attention.heat_maps import WHOLE, heat, overlay, placed, spread


def test_heat_divides_by_the_greatest_value():
    assert heat(np.array([[0.0, 2.0], [1.0, 4.0]])).tolist() == [[0.0, 0.5], [0.25, 1.0]]


@pytest.mark.parametrize("values", [np.zeros((2, 3)), np.full((2, 3), np.nan), np.full((1, 1), -1.0)])
def test_nothing_stays_nothing(values: np.ndarray):
    assert (heat(values) == 0).all()
    assert spread(values) is None


def test_an_even_map_is_hot_everywhere():
    assert (heat(np.full((3, 2), 0.01)) == 1).all()
    assert spread(np.full((3, 2), 0.01)) == pytest.approx(1)


def test_spread_counts_the_places_that_share_a_weight():
    values = np.zeros((4, 5))
    values[1, 2] = 0.3
    assert spread(values) == pytest.approx(1 / 20)
    values[0, 0] = 0.3
    assert spread(values) == pytest.approx(2 / 20)


@pytest.mark.parametrize("cells", [(1, 1), (7, 7), (14, 14), (12, 20), (1, 5), (30, 2)])
@pytest.mark.parametrize("size", [(64, 48), (5, 90), (1, 1)])
def test_any_grid_lies_over_any_picture(cells: tuple[int, int], size: tuple[int, int]):
    values = np.random.default_rng(0).random(cells)
    fine = placed(values, WHOLE, size)
    assert fine.shape == size[::-1]
    assert np.isfinite(fine).all()
    assert fine.min() >= 0
    assert fine.max() <= values.max() + 1e-6


def test_one_cell_covers_all():
    assert np.allclose(placed(np.array([[0.7]]), WHOLE, (9, 4)), 0.7)


def test_the_middle_of_a_cell_keeps_its_value():
    values = np.arange(12.0).reshape(3, 4)
    fine = placed(values, WHOLE, (4 * 11, 3 * 11))
    assert np.allclose(fine[5::11, 5::11], values, atol=1e-4)


@pytest.mark.parametrize("resize", RESIZE_MODES)
@pytest.mark.parametrize("size", [(200, 80), (60, 150), (100, 100)])
@pytest.mark.parametrize("network", [(32, 32), (24, 40)])
def test_a_bright_patch_is_hot_where_it_is(resize: str, size: tuple[int, int], network: tuple[int, int]):
    # The map is what the network sees itself: each cell is the brightness of its pixels.
    preprocessing = Preprocessing(*network, resize=resize, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    left, top = size[0] // 2 + 6, size[1] // 2 - 18
    picture = Image.new("RGB", size)
    picture.paste((255, 255, 255), (left, top, left + 12, top + 12))
    cells = preprocessing(picture)[0].reshape(network[0] // 4, 4, network[1] // 4, 4).mean((1, 3))
    x0, y0, x1, y1 = preprocessing.frame(size)
    frame = (x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1])
    fine = np.nan_to_num(placed(cells, frame, size))
    rows, columns = np.indices(fine.shape)
    middle = (fine * columns).sum() / fine.sum(), (fine * rows).sum() / fine.sum()
    # To a share of a cell: as large as it is in the picture.
    across, down = (x1 - x0) / (network[1] // 4), (y1 - y0) / (network[0] // 4)
    assert middle[0] == pytest.approx(left + 5.5, abs=0.35 * across)
    assert middle[1] == pytest.approx(top + 5.5, abs=0.35 * down)


@pytest.mark.parametrize("size", [(200, 80), (60, 150)])
def test_what_was_cropped_was_not_seen(size: tuple[int, int]):
    preprocessing = Preprocessing(32, 32, resize="crop")
    x0, y0, x1, y1 = preprocessing.frame(size)
    assert (x1 - x0) == pytest.approx(min(size))
    assert (y1 - y0) == pytest.approx(min(size))
    seen = ~np.isnan(placed(np.ones((4, 4)), (x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1]), size))
    assert seen.sum() == min(size) ** 2
    assert seen[size[1] // 2, size[0] // 2]
    assert not seen[0, 0]


def test_heat_in_the_padding_lies_outside_of_the_picture():
    preprocessing, size = Preprocessing(32, 32, resize="pad"), (200, 80)
    x0, y0, x1, y1 = preprocessing.frame(size)
    assert (x0, x1) == (0, 200)
    assert y0 < -50
    assert y1 > 130
    values = np.zeros((8, 8))
    values[0] = values[-1] = 1
    assert placed(values, (0, y0 / 80, 1, y1 / 80), size).max() < 0.01


def test_frames_of_thin_pictures_do_not_fail():
    for resize in RESIZE_MODES:
        for size in ((1, 30000), (30000, 1)):
            x0, y0, x1, y1 = Preprocessing(32, 32, resize=resize).frame(size)
            frame = (x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1])
            for shown in ((1, 64), (64, 1)):
                assert placed(np.ones((3, 3)), frame, shown).shape == shown[::-1]


def test_an_overlay_is_the_picture_where_nothing_is_hot():
    picture = Image.new("RGB", (40, 20), (10, 200, 90))
    values = np.zeros((2, 4))
    assert np.array_equal(np.asarray(overlay(picture, values)), np.asarray(picture))
    values[0, 3] = 1
    mixed = np.asarray(overlay(picture, values)).astype(int)
    assert (np.abs(mixed[15, 5] - (10, 200, 90)) <= 1).all()
    assert np.abs(mixed[5, 37] - (10, 200, 90)).sum() > 100


def test_an_overlay_keeps_proportions_and_fades_what_was_not_seen():
    picture = Image.new("RGB", (400, 100), (200, 0, 0))
    mixed = overlay(picture, np.zeros((3, 3)), (0.375, 0, 0.625, 1), longest=200)
    assert mixed.size == (200, 50)
    assert mixed.getpixel((100, 25)) == (200, 0, 0)
    red, green, blue = mixed.getpixel((5, 25))
    assert red == green == blue
