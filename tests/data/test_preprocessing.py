import json

import numpy as np
import pytest
from PIL import Image

from corelate.data.preprocessing import INTERPOLATIONS, RESIZE_MODES, Preprocessing
from corelate.errors import OptionError


@pytest.fixture
def noise():
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (128, 192, 3), dtype=np.uint8))


def test_normalisation_follows_the_definition(noise):
    preprocessing = Preprocessing(64, 48, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
    pixels = np.asarray(noise.resize((48, 64), Image.Resampling.BILINEAR)) / 255
    expected = ((pixels - (0.5, 0.4, 0.3)) / (0.2, 0.3, 0.4)).transpose(2, 0, 1)
    result = preprocessing(noise)
    assert result.shape == (3, 64, 48)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("size", [(192, 128), (128, 192), (64, 64), (400, 100)])
def test_crop_equals_resizing_the_whole_and_cutting_the_centre(size, interpolation):
    image = Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 40).convert("RGB")
    scale = 64 / min(size)
    whole = image.resize((round(size[0] * scale), round(size[1] * scale)), INTERPOLATIONS[interpolation])
    left, top = (whole.width - 64) // 2, (whole.height - 64) // 2
    cropped = Preprocessing(64, 64, resize="crop", interpolation=interpolation).resized(image)
    difference = np.asarray(cropped).astype(int) - np.asarray(whole.crop((left, top, left + 64, top + 64)))
    assert abs(difference).max() <= 1


def test_pad_keeps_the_whole_picture_on_the_mean_colour():
    image = Preprocessing(40, 40, resize="pad", mean=(0.2, 0.4, 0.6)).resized(Image.new("RGB", (20, 10), "white"))
    assert image.getpixel((20, 2)) == (51, 102, 153)
    assert [image.getpixel((x, 20)) for x in (0, 39)] == [(255, 255, 255)] * 2
    assert [image.getpixel((20, y)) for y in (9, 10, 29, 30)] == [
        (51, 102, 153),
        (255,) * 3,
        (255,) * 3,
        (51, 102, 153),
    ]


@pytest.mark.parametrize("mode", RESIZE_MODES)
@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (30_000, 1), (3, 2)])
def test_tiny_and_narrow_pictures_take_no_more_memory(mode, size):
    assert Preprocessing(32, 24, resize=mode)(Image.new("RGB", size)).shape == (3, 32, 24)


def test_json_round_trip():
    preprocessing = Preprocessing(64, 48, "crop", "bicubic", (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
    assert Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json()))) == preprocessing


@pytest.mark.parametrize(
    "fields",
    [
        {"height": 0, "width": 3},
        {"height": 3, "width": 3, "resize": "bend"},
        {"height": 3, "width": 3, "interpolation": "x"},
        {"height": 3, "width": 3, "std": (0, 1, 1)},
        {"height": 3, "width": 3, "mean": (0, 1)},
    ],
)
def test_wrong_fields(fields):
    with pytest.raises(OptionError):
        Preprocessing(**fields)


@pytest.mark.parametrize("fields", [{}, {"height": 3}, {"mean": 3, "std": 3}, {"colour": 1, "mean": [0], "std": [1]}])
def test_json_that_can_not_be_read(fields):
    with pytest.raises(OptionError, match="can't be read"):
        Preprocessing.from_json(fields)


@pytest.mark.parametrize("size", [(200, 80), (60, 151), (64, 48)])
@pytest.mark.parametrize("mode", ["stretch", "crop", "pad"])
def test_the_frame_is_where_the_pixels_are_from(size: tuple[int, int], mode: str):
    # Each pixel holds its own place in red and green, so that the input says what it was made of.
    columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    places = np.stack([columns, rows, np.full_like(rows, 255)], axis=2).astype(np.uint8)
    preprocessing = Preprocessing(40, 56, resize=mode, mean=(0.0,) * 3, std=(1.0,) * 3)
    seen = 255 * preprocessing(Image.fromarray(places))
    left, top, right, bottom = preprocessing.frame(size)
    for row, column in ((20, 28), (15, 20), (24, 33)):
        assert seen[2, row, column] == 255
        assert seen[0, row, column] == pytest.approx(left + (column + 0.5) / 56 * (right - left) - 0.5, abs=0.75)
        assert seen[1, row, column] == pytest.approx(top + (row + 0.5) / 40 * (bottom - top) - 0.5, abs=0.75)
