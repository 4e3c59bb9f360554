import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from corelate.data.images import decode_image


def decoded(image, kind="TIFF", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return np.asarray(decode_image(file.getvalue(), "picture")).reshape(-1, 3)


def greys(values):
    return [[value] * 3 for value in values]


def png_bytes(depth, colour_type, row, transparent=b""):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 2, 1, depth, colour_type, 0, 0, 0)
    middle = chunk(b"tRNS", transparent) if transparent else b""
    packed = zlib.compress(b"\x00" + row)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + middle + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def decoded_png(*arguments):
    return np.asarray(decode_image(png_bytes(*arguments), "a.png")).reshape(-1, 3).tolist()


SIXTEEN_BITS = np.array([[0, 128, 129, 257 * 100, 65535]], np.uint16)
EIGHT_BITS = [0, 0, 1, 100, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey(kind):
    assert decoded(Image.fromarray(SIXTEEN_BITS), kind).tolist() == greys(EIGHT_BITS)


def test_16_bit_grey_big_endian():
    assert decoded(Image.fromarray(SIXTEEN_BITS.astype(">u2"))).tolist() == greys(EIGHT_BITS)


def test_every_16_bit_value_is_rounded_to_the_nearest():
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(every / 257).astype(int).reshape(-1)
    assert (decoded(Image.fromarray(every))[:, 0] == expected).all()


def test_32_bit_integers_of_16_bit_range_are_read_like_16_bits():
    assert decoded(Image.fromarray(SIXTEEN_BITS.astype(np.int32))).tolist() == greys(EIGHT_BITS)


def test_32_bit_integers_beyond_16_bits_are_stretched():
    pixels = np.array([[-100_000, 0, 100_000]], np.int32)
    assert decoded(Image.fromarray(pixels)).tolist() == greys([0, 128, 255])


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_floats_are_divided_by_the_smallest_usual_white(white):
    pixels = np.array([[0, 0.5 * white, white]], np.float32)
    assert decoded(Image.fromarray(pixels)).tolist() == greys([0, 128, 255])


def test_floats_beyond_the_usual_ranges_are_stretched():
    pixels = np.array([[-1, 0, 1]], np.float32)
    assert decoded(Image.fromarray(pixels)).tolist() == greys([0, 128, 255])


def test_floats_that_are_not_numbers_are_black_and_infinities_are_the_ends():
    pixels = np.array([[np.nan, np.inf, -np.inf, 1, 0]], np.float32)
    assert decoded(Image.fromarray(pixels)).tolist() == greys([0, 255, 0, 255, 0])


@pytest.mark.parametrize("value", [np.nan, np.inf, 7e30, -3.0])
def test_constant_floats(value):
    assert decoded(Image.fromarray(np.full((2, 2), value, np.float32))).shape == (4, 3)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_tiff_that_counts_from_white_is_turned_round(dtype):
    white = 65535 if dtype is np.uint16 else 1
    pixels = Image.fromarray(np.array([[0, white]], dtype))
    file = io.BytesIO()
    pixels.save(file, "TIFF")
    # Pillow can't write such a file: the entry of tag 262 is changed from 1 (black is zero) to 0.
    entry = struct.pack("<HHI", 262, 3, 1)
    data = file.getvalue().replace(entry + struct.pack("<H", 1), entry + struct.pack("<H", 0))
    assert data != file.getvalue()
    assert np.asarray(decode_image(data, "a.tif")).reshape(-1, 3).tolist() == greys([255, 0])


def test_one_bit():
    assert decoded(Image.fromarray(np.array([[True, False]])), "PNG").tolist() == greys([255, 0])
    assert decoded(Image.fromarray(np.array([[True, False]])), "TIFF", compression="group4").tolist() == greys([255, 0])


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize(
    ("ink", "colour"), [((0, 255, 255, 0), (255, 0, 0)), ((0, 0, 0, 255), (0, 0, 0)), ((0, 0, 0, 0), (255, 255, 255))]
)
def test_cmyk(kind, ink, colour):
    # Pillow writes the inverted values that Adobe's JPEG files hold.
    pixels = decoded(Image.new("CMYK", (8, 8), ink), kind)
    assert np.abs(pixels.astype(int) - colour).max() <= 3


def test_ycbcr():
    image = Image.new("RGB", (4, 4), (200, 90, 40)).convert("YCbCr")
    assert np.abs(decoded(image).astype(int) - (200, 90, 40)).max() <= 2


@pytest.mark.parametrize(
    # sRGB colours of L*a*b* values, from the CIE's formulas (D50 white, as the files have).
    ("lab", "colour"),
    [((255, 128, 128), (255, 255, 255)), ((0, 128, 128), (0, 0, 0)), ((136, 209, 198), (251, 0, 8))],
)
def test_lab(lab, colour):
    image = Image.merge("LAB", [Image.new("L", (2, 2), value) for value in lab])
    assert np.abs(decoded(image).astype(int) - colour).max() <= 6


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (128, 127), (255, 0)])
def test_alpha_is_composited_on_white(mode, alpha, expected):
    colour = (0, 0, 0, alpha) if mode == "RGBA" else (0, alpha)
    assert decoded(Image.new(mode, (2, 2), colour), "PNG").tolist() == greys([expected] * 4)


def test_palette_with_and_without_transparency():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    assert decoded(image, "PNG").tolist() == [[10, 20, 30], [200, 100, 50]]
    assert decoded(image, "PNG", transparency=1).tolist() == [[10, 20, 30], [255, 255, 255]]
    assert decoded(image, "PNG", transparency=bytes([255, 0])).tolist() == [[10, 20, 30], [255, 255, 255]]
    assert decoded(image, "GIF", transparency=0).tolist() == [[255, 255, 255], [200, 100, 50]]


def test_palette_with_alpha():
    image = Image.new("RGBA", (2, 2), (200, 0, 0, 0)).convert("PA")
    assert decoded(image, "TIFF").tolist() == greys([255] * 4)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_transparent_grey_of_every_bit_depth(depth):
    # The first pixel holds the value 0 and the second one 1, or 256 for 16 bits; 0 is transparent, then the other.
    first, second = 0, 256 if depth == 16 else 1
    bits = f"{first:0{depth}b}{second:0{depth}b}".ljust(8, "0")
    row = int(bits, 2).to_bytes(max(1, len(bits) // 8), "big")
    grey = round(255 * second / ((1 << depth) - 1))
    assert decoded_png(depth, 0, row) == greys([0, grey])
    assert decoded_png(depth, 0, row, struct.pack(">H", first)) == greys([255, grey])
    assert decoded_png(depth, 0, row, struct.pack(">H", second)) == greys([0, 255])


def test_transparent_colour():
    assert decoded_png(8, 2, bytes([1, 2, 3, 4, 5, 6]), struct.pack(">HHH", 1, 2, 3)) == [[255] * 3, [4, 5, 6]]


def test_transparent_16_bit_colour():
    row = struct.pack(">6H", 1000, 2000, 3000, 40000, 40000, 40000)
    assert decoded_png(16, 2, row, struct.pack(">HHH", 1000, 2000, 3000)) == [[255] * 3, [156] * 3]


def test_16_bit_grey_with_alpha():
    assert decoded_png(16, 4, struct.pack(">4H", 1000, 0, 40000, 65535)) == greys([255, 156])
