import io

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import compose
from corelate.doctor.perceptual_hash import ORIENTATIONS, UPRIGHT, cosine_coefficients, hashes, turn

GREY = np.random.default_rng(1).integers(0, 256, (20, 32, 32)).astype(np.uint8)


def scene(index, size=96):
    return draw_scene(compose(1, index), 1, index, size)


def grey(image):
    return np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX))[None]


def test_coefficients_are_those_of_scipy():
    expected = dctn(GREY.astype(float), axes=(1, 2), norm="ortho")[:, :8, :8]
    np.testing.assert_allclose(cosine_coefficients(GREY), expected, rtol=1e-3, atol=1e-2)


def test_bits_are_frequencies_above_the_median_without_the_mean():
    coefficients = cosine_coefficients(GREY)
    for hashed, block in zip(hashes(coefficients), coefficients, strict=True):
        others = block.reshape(-1)[1:]
        expected = [False, *(others > np.median(others))]
        assert np.unpackbits(np.array([hashed]).view(np.uint8)).tolist() == expected


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_hash_of_another_orientation_is_that_of_the_turned_picture(orientation):
    turned = turn(GREY, orientation)
    direct = hashes(cosine_coefficients(turned))
    assert (
        np.bitwise_count(direct ^ hashes(cosine_coefficients(GREY), orientation)).max() <= 2
    )  # rounding at the median
    assert orientation == UPRIGHT or not np.array_equal(turned, GREY)


def test_orientations_are_what_their_names_say():
    by_name = {orientation.name: [] for orientation in ORIENTATIONS}
    for orientation in ORIENTATIONS:
        by_name[orientation.name].append(turn(GREY, orientation)[0])
    np.testing.assert_array_equal(by_name["mirrored"][0], np.fliplr(GREY[0]))
    np.testing.assert_array_equal(by_name["flipped"][0], np.flipud(GREY[0]))
    np.testing.assert_array_equal(by_name["turned by 180°"][0], np.rot90(GREY[0], 2))
    np.testing.assert_array_equal(by_name["turned by 90°"], [np.rot90(GREY[0], 3), np.rot90(GREY[0])])


def test_compression_and_size_hardly_change_the_hash():
    for index in range(10):
        image, file = scene(index), io.BytesIO()
        image.resize((61, 61)).save(file, "JPEG", quality=40)
        pair = np.concatenate([grey(image), grey(Image.open(file))])
        first, second = hashes(cosine_coefficients(pair))
        assert np.bitwise_count(first ^ second) <= 8


def test_no_picture_has_no_hash():
    assert hashes(cosine_coefficients(GREY[:0])).shape == (0,)
