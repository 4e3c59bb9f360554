"""Damaged pictures give a picture or an ImageReadError, and nothing else."""

import io
import random
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from corelate.data.images import decode_image
from corelate.errors import ImageReadError


def _samples():
    chance = random.Random(0)
    noise = Image.frombytes("RGB", (24, 17), chance.randbytes(24 * 17 * 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9286] = b"a comment"
    palette = noise.quantize(8)

    def encoded(image, kind, **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return {
        "jpeg": encoded(noise, "JPEG", exif=exif),
        "progressive jpeg": encoded(noise, "JPEG", progressive=True),
        "png": encoded(noise, "PNG", exif=exif),
        "palette png": encoded(palette, "PNG", transparency=0),
        "gif": encoded(palette, "GIF", save_all=True, append_images=[palette.rotate(180)], disposal=2),
        "bmp": encoded(noise, "BMP"),
        "palette bmp": encoded(palette, "BMP"),
        "tiff": encoded(noise, "TIFF", exif=exif),
        "lzw tiff": encoded(noise, "TIFF", compression="tiff_lzw", tiffinfo={274: 6}),
        "16-bit tiff": encoded(Image.new("I;16", (20, 20), 300), "TIFF"),
        "float tiff": encoded(Image.new("F", (20, 20), 0.5), "TIFF"),
        "webp": encoded(noise, "WEBP", exif=exif),
        "lossless webp": encoded(noise, "WEBP", lossless=True),
    }


SAMPLES = _samples()


def assert_picture_or_error(data):
    try:
        # Metadata of damaged TIFF files make Pillow warn; bombs must not.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = decode_image(data, "picture", max_pixels=4_000_000)
    except ImageReadError as error:
        assert str(error).startswith("picture: ")
        return
    assert image.mode == "RGB"
    assert min(image.size) >= 1
    assert len(image.tobytes()) == image.width * image.height * 3


@pytest.mark.parametrize("name", SAMPLES)
def test_whole_sample_is_read(name):
    assert decode_image(SAMPLES[name], "picture").mode == "RGB"


@pytest.mark.parametrize("name", SAMPLES)
def test_truncated_anywhere(name):
    data = SAMPLES[name]
    for length in {*range(0, min(len(data), 60)), *range(0, len(data), max(1, len(data) // 60))}:
        assert_picture_or_error(data[:length])


@pytest.mark.parametrize("name", SAMPLES)
def test_random_bytes_changed(name):
    data, chance = SAMPLES[name], random.Random(name)
    for _ in range(120):
        damaged = bytearray(data)
        # Headers are the weak spot, so half of the changes go there.
        reach = chance.choice((min(len(data), 80), len(data)))
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(reach)] = chance.randrange(256)
        assert_picture_or_error(bytes(damaged))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([data[:12] for data in SAMPLES.values()]), st.binary(max_size=200))
def test_signature_with_anything_behind_it(signature, rest):
    assert_picture_or_error(signature + rest)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=64))
def test_anything(data):
    assert_picture_or_error(data)
