import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image, features

from corelate.data.image_formats import held_format, promised_format
from corelate.data.images import MAX_PIXELS, PICTURE_SUFFIXES, decode_image, read_image
from corelate.data.references import FileReference
from corelate.errors import ImageReadError

needs_avif = pytest.mark.skipif("avif" not in features.get_supported(), reason="this Pillow can't write AVIF")


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, *extra, rows=b""):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


@pytest.fixture
def half_and_half():
    """Blue on the left, red on the right."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    return image


def assert_close(image, pixel, colour, tolerance=3):
    assert np.abs(np.subtract(image.getpixel(pixel), colour)).max() <= tolerance, image.getpixel(pixel)


# --- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("JPEG", "a.jpg"),
        ("JPEG", "a.JPEG"),
        ("JPEG", "a.jfif"),
        ("JPEG", "a.mpo"),
        ("PNG", "a.png"),
        ("GIF", "a.gif"),
        ("BMP", "a.bmp"),
        ("TIFF", "a.tif"),
        ("TIFF", "a.TIFF"),
        ("WEBP", "a.webp"),
        pytest.param("AVIF", "a.avif", marks=needs_avif),
    ],
)
def test_readable_formats(kind, name):
    image = decode_image(encoded(Image.new("RGB", (31, 17), (200, 100, 50)), kind), name)
    assert (image.mode, image.size) == ("RGB", (31, 17))
    assert type(image) is Image.Image
    assert_close(image, (5, 5), (200, 100, 50), tolerance=5)


def test_name_without_suffix_or_with_one_of_no_format_is_not_checked(half_and_half):
    for name in ("picture", ".jpg", "picture.2019", "folder.jpg/picture"):
        assert decode_image(encoded(half_and_half, "PNG"), name).size == (40, 20)


def test_wrong_suffix_is_refused_and_can_be_allowed(half_and_half):
    data = encoded(half_and_half, "PNG")
    with pytest.raises(ImageReadError, match=r"^a/b\.jpg: named \.jpg but holds PNG; rename it to \.png.*--any-suffix"):
        decode_image(data, "a/b.jpg")
    assert decode_image(data, "a/b.jpg", any_suffix=True).size == (40, 20)


@pytest.mark.parametrize("name", ["a.heic", "a.nef", "a.dng", "a.pdf", "a.txt"])
def test_suffix_of_a_format_that_is_not_read_is_refused_too(name, half_and_half):
    with pytest.raises(ImageReadError, match="but holds TIFF"):
        decode_image(encoded(half_and_half, "TIFF"), name)


@pytest.mark.parametrize(
    ("data", "held"),
    [
        (b"hello world", "text"),
        ("grüße".encode(), "text"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(40), "PostScript"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"8BPS" + bytes(40), "Photoshop"),
        (b"PK\x03\x04" + bytes(40), "a zip archive"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(16), "a film"),
        (b"\x00\x01\x02\x03", "unknown data"),
    ],
)
@pytest.mark.parametrize("any_suffix", [False, True])
def test_what_is_no_picture_is_refused_whatever_its_name(data, held, any_suffix):
    assert held_format(data) == held
    with pytest.raises(ImageReadError, match=rf"^x\.jpg: holds {held}"):
        decode_image(data, "x.jpg", any_suffix=any_suffix)


@pytest.mark.parametrize("kind", ["PCX", "PPM", "TGA", "ICO", "EPS"])
def test_formats_beyond_the_allowed_ones_are_refused_though_pillow_reads_them(kind):
    with pytest.raises(ImageReadError, match="not a picture that can be read"):
        decode_image(encoded(Image.new("RGB", (16, 16)), kind), "picture")


def test_heif_is_named_where_pillow_can_not_read_it():
    with pytest.raises(ImageReadError, match="holds HEIF, which the installed Pillow can't read"):
        decode_image(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(30), "a.heic")


def test_picture_suffixes_are_lower_case_and_promise_a_format():
    assert {".jpg", ".jpeg", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"} <= PICTURE_SUFFIXES
    assert not {".eps", ".pdf", ".svg", ".txt", ".psd", ""} & PICTURE_SUFFIXES
    assert all(suffix == suffix.lower() and promised_format(f"x{suffix}") for suffix in PICTURE_SUFFIXES)


# --- orientation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", pytest.param("AVIF", marks=needs_avif)])
def test_exif_orientation(kind, orientation):
    corners = np.zeros((16, 32, 3), np.uint8)
    corners[:8, :16], corners[:8, 16:], corners[8:, :16] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    upright = Image.fromarray(corners)
    # What a camera stores when this operation makes it upright again: the inverse one.
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(inverse[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode_image(encoded(stored, kind, exif=exif.tobytes(), quality=95), "picture")
    assert image.size == (32, 16)
    for pixel in ((3, 3), (28, 3), (3, 12), (28, 12)):
        assert_close(image, pixel, upright.getpixel(pixel), tolerance=25)
    assert not image.info


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00garbage" * 9]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_malformed_exif_does_not_lose_the_picture(kind, exif, half_and_half):
    assert decode_image(encoded(half_and_half, kind, exif=exif), "picture").size == (40, 20)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_orientation_out_of_range_is_ignored(value, half_and_half):
    exif = Image.Exif()
    exif[0x0112] = value
    assert_close(decode_image(encoded(half_and_half, "JPEG", exif=exif), "a.jpg"), (3, 3), (0, 0, 255))


def test_orientation_of_a_wrong_type_is_ignored(half_and_half):
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack("<HHHI4sI", 1, 0x0112, 2, 4, b"up!\x00", 0)
    assert decode_image(encoded(half_and_half, "JPEG", exif=exif), "a.jpg").size == (40, 20)


# --- animations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_frame_of_an_animation(kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert_close(decode_image(data, "picture"), (5, 5), (255, 0, 0))


def test_mpo_is_read_as_its_first_picture():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    for name in ("a.mpo", "a.jpg"):
        assert_close(decode_image(data, name), (5, 5), (254, 0, 0))


# --- damage ----------------------------------------------------------------------------------------------------------


def test_empty_file():
    with pytest.raises(ImageReadError, match=r"^a\.jpg: the file is empty"):
        decode_image(b"", "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated(kind, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(ImageReadError, match=rf"^picture: damaged, or not a proper {kind} picture"):
        decode_image(data[: int(share * len(data))], "picture")


@pytest.mark.parametrize("signature", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*"])
def test_signature_alone(signature):
    with pytest.raises(ImageReadError, match=r"^picture: damaged"):
        decode_image(signature, "picture")


@pytest.mark.parametrize(
    "error",
    [SyntaxError, struct.error, ValueError, OSError, zlib.error, MemoryError, RecursionError, KeyError, EOFError],
)
def test_whatever_the_decoder_raises_becomes_one_error(error, monkeypatch, half_and_half):
    def fail(_):
        raise error("broken")

    monkeypatch.setattr("corelate.data.images._load", fail)
    with pytest.raises(ImageReadError, match=r"^a\.png: damaged.*broken"):
        decode_image(encoded(half_and_half, "PNG"), "a.png")


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 2)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_tiny_and_narrow_pictures(kind, size):
    assert decode_image(encoded(Image.new("RGB", size), kind), "picture").size == size


def bomb_gif(width, height, *, in_frame):
    data = bytearray(encoded(Image.new("P", (40, 20)), "GIF"))
    position = data.index(b",", 13 + 6) + 5 if in_frame else 6
    data[position : position + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def bomb_tiff():
    return b"II*\x00\x08\x00\x00\x00" + struct.pack(
        "<H" + "HHII" * 7 + "I",
        *(
            7,
            256,
            4,
            1,
            60000,
            257,
            4,
            1,
            60000,
            258,
            3,
            1,
            8,
            259,
            3,
            1,
            1,
            262,
            3,
            1,
            1,
            273,
            4,
            1,
            8,
            278,
            4,
            1,
            60000,
        ),
        0,
    )


@pytest.mark.parametrize(
    "data",
    [
        png(50_000, 50_000),
        png(2_000_000_000, 1),
        bomb_gif(65535, 65535, in_frame=False),
        bomb_gif(65535, 65535, in_frame=True),
        bomb_gif(10_000, 10_000, in_frame=False),
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(4),
        bomb_tiff(),
    ],
    ids=["png", "png-long", "gif-screen", "gif-frame", "gif-warned", "bmp", "tiff"],
)
def test_decompression_bombs_are_refused_before_decoding_and_without_warning(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageReadError, match=r"pixels, more than the .* allowed"):
            decode_image(data, "bomb")


def test_small_tiff_made_of_a_huge_tile_is_refused():
    tags = [(256, 10), (257, 10), (258, 8), (259, 8), (262, 1), (322, 60_000), (323, 60_000), (324, 8), (325, 4)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    data = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(tags)) + entries + bytes(4)
    with pytest.raises(ImageReadError, match="60000×60000 pixels"):
        decode_image(data, "a.tif")


def test_limit_is_exact_and_can_be_chosen(half_and_half):
    data = encoded(half_and_half, "PNG")
    assert decode_image(data, "a.png", max_pixels=800).size == (40, 20)
    with pytest.raises(ImageReadError, match=r"40×20 pixels, more than the 799 allowed"):
        decode_image(data, "a.png", max_pixels=799)


def test_large_tiff_within_the_limit_is_read_without_warning(monkeypatch, half_and_half):
    # Pillow's own limits, made small, stand for a picture of 100 megapixels.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)
    monkeypatch.setattr("corelate.data.images._PILLOW_WARNS_ABOVE", 600)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode_image(encoded(half_and_half, "TIFF"), "a.tif").size == (40, 20)


def test_limit_is_no_more_than_what_pillow_reads_itself():
    assert MAX_PIXELS == 2 * 89_478_485
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


def test_huge_metadata_are_no_reason_to_fail(half_and_half):
    profile = bytes(3_000_000)
    assert decode_image(encoded(half_and_half, "JPEG", icc_profile=profile, comment=b"x" * 60_000), "a.jpg").size == (
        40,
        20,
    )
    text = (b"tEXt", b"Comment\x00" + b"x" * 2_000_000)
    assert decode_image(png(2, 1, text, rows=bytes(7)), "a.png").size == (2, 1)


def test_text_that_unpacks_to_gigabytes_is_refused_or_skipped():
    bomb = (b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(80_000_000)))
    with pytest.raises(ImageReadError, match=r"^a\.png: "):
        decode_image(png(2, 1, bomb, rows=bytes(7)), "a.png")


# --- smaller than they are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (641, 479), (639, 3), (1, 500), (160, 120), (7, 5)])
@pytest.mark.parametrize("at_least", [1, 79, 80, 81, 160, 320, 640, 100_000])
def test_a_jpeg_decoded_smaller_is_never_smaller_than_asked(size, at_least):
    image = decode_image(encoded(Image.new("RGB", size, "red"), "JPEG"), "a.jpg", at_least=at_least)
    assert max(image.size) >= min(at_least, max(size))
    # Of the steps 1/2, 1/4 and 1/8, also the shorter side allowing, the smallest that is large enough.
    assert max(image.size) < 2 * at_least + 2 or 8 * max(image.size) <= max(size) + 8 or min(size) < 8
    shrunk_by = max(size) / max(image.size)
    assert min(image.size) == pytest.approx(min(size) / shrunk_by, abs=1)
    assert_close(image, (0, 0), (255, 0, 0))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_jpeg_decoded_smaller_stands_upright(orientation):
    upright = Image.new("RGB", (640, 320), "red")
    upright.paste("blue", (0, 0, 320, 320))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright.transpose(Image.Transpose({3: 3, 6: 2, 8: 4}[orientation]))
    image = decode_image(encoded(stored, "JPEG", exif=exif.tobytes()), "a.jpg", at_least=80)
    assert image.size == (80, 40)
    assert_close(image, (5, 20), (0, 0, 255))
    assert_close(image, (75, 20), (255, 0, 0))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_other_formats_are_decoded_in_full(kind, half_and_half):
    assert decode_image(encoded(half_and_half, kind), "a", at_least=5).size == (40, 20)


def test_limits_hold_for_the_size_that_a_picture_has_and_not_for_what_is_asked(half_and_half):
    data = encoded(half_and_half, "JPEG")
    with pytest.raises(ImageReadError, match="40×20 pixels, more than the 799 allowed"):
        decode_image(data, "a.jpg", max_pixels=799, at_least=5)
    with pytest.raises(ImageReadError, match="damaged"):
        decode_image(data[: len(data) // 2], "a.jpg", at_least=5)


# --- references ------------------------------------------------------------------------------------------------------


def test_read_image_reads_what_the_reference_names(tmp_path, half_and_half):
    (tmp_path / "a.png").write_bytes(encoded(half_and_half, "PNG"))
    assert read_image(FileReference(tmp_path / "a.png", "a.png")).size == (40, 20)
    with pytest.raises(ImageReadError, match=r"a\.jpg: named \.jpg"):
        read_image(FileReference(tmp_path / "a.png", "a.jpg"))
    assert read_image(FileReference(tmp_path / "a.png", "a.jpg"), any_suffix=True).size == (40, 20)


@dataclass(frozen=True)
class BytesReference:
    name: str
    data: bytes

    def read(self):
        return self.data


def test_threads_can_read_at_the_same_time(half_and_half):
    reference, sizes = BytesReference("a.tif", encoded(half_and_half, "TIFF")), []
    threads = [threading.Thread(target=lambda: sizes.append(read_image(reference).size)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(40, 20)] * 8
