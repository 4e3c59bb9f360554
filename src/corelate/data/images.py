"""Reading pictures safely: one decoder per file, chosen by what the file holds, and one kind of error."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from corelate.data.image_formats import PICTURE_SUFFIXES, READABLE, held_format, promised_format, usual_suffix
from corelate.data.image_modes import to_rgb
from corelate.data.references import ImageReference
from corelate.errors import ImageReadError

__all__ = ["MAX_PIXELS", "PICTURE_SUFFIXES", "decode_image", "read_image"]

# Pillow refuses larger pictures too, for some formats even where it is told not to. 0.5 GB as RGB.
MAX_PIXELS = 178_956_970
# Above this Pillow warns about a possible decompression bomb.
_PILLOW_WARNS_ABOVE = 89_478_485

# The class and not `Image.open`: it would try other decoders, and warn by its own limits. An MPO file (a JPEG with
# further pictures behind it) is read as the JPEG that it begins with.
_DECODERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_warning_filters = threading.Lock()


def read_image(
    reference: ImageReference,
    *,
    any_suffix: bool = False,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
) -> Image.Image:
    """Read and decode the picture behind a reference; see `decode_image`."""
    return decode_image(
        reference.read(), reference.name, any_suffix=any_suffix, max_pixels=max_pixels, at_least=at_least
    )


def decode_image(
    data: bytes,
    name: str,
    *,
    any_suffix: bool = False,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
) -> Image.Image:
    """Decode a picture.

    Args:
        data: The encoded picture: JPEG, PNG, GIF, BMP, TIFF, WebP, and AVIF or HEIF where Pillow can.
        name: Its file name, for the suffix and for messages.
        any_suffix: Accept a suffix of another format than the data's.
        max_pixels: Width × height above which the picture is refused before it is decoded.
        at_least: Pixels that the longer side must have; a larger JPEG may be decoded at 1/2, 1/4 or 1/8 of its size,
            which takes a fraction of the time. By default every picture is decoded in full.

    Returns:
        The picture in RGB, turned as its EXIF orientation says; the first frame of an animation; transparent parts
        on white. `to_rgb` says how other colour modes are converted.

    Raises:
        ImageReadError: The data are empty, damaged, too large, not a picture, or not what the name says.
    """
    kind = _check_format(data, name, any_suffix)
    try:
        return _decode(kind, data, name, max_pixels, at_least)
    except ImageReadError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly every built-in error on damaged data.
        reason = str(error) or type(error).__name__
        raise ImageReadError(f"{name}: damaged, or not a proper {kind} picture ({reason})") from error


def _check_format(data: bytes, name: str, any_suffix: bool) -> str:
    """Return the format of the data, if it is one that is read and that the name promises."""
    if not data:
        raise ImageReadError(f"{name}: the file is empty (0 bytes)")
    held, promised = held_format(data), promised_format(name)
    if held not in READABLE:
        raise ImageReadError(f"{name}: holds {held}, not a picture that can be read; formats: {', '.join(READABLE)}")
    if promised not in (None, held) and not any_suffix:
        suffix = name[name.rindex(".") :]
        raise ImageReadError(
            f"{name}: named {suffix} but holds {held}; rename it to {usual_suffix(held)}, "
            "or pass any_suffix (--any-suffix) to read it as it is"
        )
    return held


def _decode(kind: str, data: bytes, name: str, max_pixels: int, at_least: int | None) -> Image.Image:
    if kind == "GIF":
        # Pillow makes room for the first frame while it opens the file, so its size is looked up beforehand.
        _check_size(name, _gif_size(data), min(max_pixels, _PILLOW_WARNS_ABOVE))
    with _decoder(kind, name)(io.BytesIO(data)) as image:
        _check_size(name, image.size, max_pixels)
        if kind == "TIFF":
            _check_tiff_tiles(name, image, max_pixels)
        if at_least is not None:
            _shrink_while_decoding(image, at_least)
        _load(image)
        if kind == "PNG":
            _scale_png_transparency(image, bit_depth=data[24])
        upright = _UPRIGHT.get(_orientation(image))
        result = to_rgb(image)
    # Colours are settled and the picture stands upright: metadata that say otherwise would only mislead.
    result.info.clear()
    return result.transpose(upright) if upright is not None else result


def _decoder(kind: str, name: str) -> Callable[[io.BytesIO], ImageFile.ImageFile]:
    if kind in _DECODERS:
        return _DECODERS[kind]
    Image.init()  # finds AVIF, and HEIF where a plug-in was registered
    if kind not in Image.OPEN:
        raise ImageReadError(f"{name}: holds {kind}, which the installed Pillow can't read; convert it to JPEG or PNG")
    factory = Image.OPEN[kind][0]
    return lambda file: factory(file, "")


def _check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels:
        raise ImageReadError(
            f"{name}: {size[0]}×{size[1]} pixels, more than the {max_pixels:,} allowed; shrink it first"
        )


def _gif_size(data: bytes) -> tuple[int, int]:
    """Return the size that Pillow will give a GIF: its screen, widened to hold the first frame."""

    def number(position: int) -> int:
        return int.from_bytes(data[position : position + 2], "little")

    width, height = number(6), number(8)
    position = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while position < len(data) and data[position] != 0x2C:  # 0x2C: image descriptor
        if data[position] == 0x21:  # extension: a label byte, then blocks that begin with their length
            position += 2
            while data[position]:
                position += data[position] + 1
        position += 1
    left, top = number(position + 1), number(position + 3)
    return max(width, left + number(position + 5)), max(height, top + number(position + 7))


def _check_tiff_tiles(name: str, image: ImageFile.ImageFile, max_pixels: int) -> None:
    """Refuse a small TIFF made of a huge tile, which would be unpacked whole."""
    tags = getattr(image, "tag_v2", {})
    width, height = tags.get(TiffImagePlugin.TILEWIDTH), tags.get(TiffImagePlugin.TILELENGTH)
    if isinstance(width, int) and isinstance(height, int):
        _check_size(name, (width, height), max_pixels)


def _shrink_while_decoding(image: ImageFile.ImageFile, at_least: int) -> None:
    """Let a JPEG be decoded smaller, its longer side no shorter than asked; other formats can't."""
    # Both sides divided alike: Pillow takes the largest of 1, 2, 4 and 8 that neither side's quotient falls short of.
    times = max(1, max(image.size) // max(1, at_least))
    image.draft(None, (max(1, image.width // times), max(1, image.height // times)))


def _load(image: ImageFile.ImageFile) -> None:
    if image.width * image.height <= _PILLOW_WARNS_ABOVE:
        image.load()
        return
    # The filters belong to the whole process, hence the lock, and hence not for pictures of usual size.
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image.load()


def _scale_png_transparency(image: Image.Image, bit_depth: int) -> None:
    """Bring a PNG's transparent colour, which Pillow gives as stored, to the scale of the unpacked pixels."""
    transparent = image.info.get("transparency")
    if image.mode == "RGB" and bit_depth == 16 and isinstance(transparent, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    elif image.mode == "L" and bit_depth < 8 and isinstance(transparent, int):
        image.info["transparency"] = min(255, transparent * (255 // ((1 << bit_depth) - 1)))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 when there is none or when the metadata can't be read."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # metadata are no reason to lose a picture
        return 1
