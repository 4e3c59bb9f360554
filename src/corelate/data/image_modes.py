"""From any of Pillow's pixel modes to 8-bit RGB."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageCms

_16_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
# Floating-point pictures don't say what white is; the smallest usual value that none of their pixels exceeds is taken.
_USUAL_WHITES = (1.0, 255.0, 65535.0)

_TIFF_BITS_PER_SAMPLE = 258
_TIFF_PHOTOMETRIC = 262


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a loaded picture as RGB.

    What is transparent becomes white. 16-bit values are divided by 257; 32-bit integers from 0 to 65535 likewise, and
    floating-point values by the smallest of 1, 255 and 65535 that bounds them. Integers and floats outside these ranges
    are stretched from their own minimum to their own maximum. Colour profiles are not applied.
    """
    if image.mode in _16_BIT_MODES:
        return _from_16_bits(image)
    if image.mode in ("I", "F"):
        return _from_numbers(image)
    if image.mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        converted = ImageCms.applyTransform(image, transform)
        assert converted is not None  # only an in-place transform returns None
        return converted
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    bits = _tiff_tag(image, _TIFF_BITS_PER_SAMPLE, 16)
    white = (1 << bits) - 1
    scale = (np.minimum(np.arange(1 << 16), white) * 255 + white // 2) // white
    if _white_is_zero(image):
        scale = 255 - scale
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and 0 <= transparent < len(scale):
        scale[transparent] = 255
    return Image.fromarray(scale.astype(np.uint8)[np.asarray(image)]).convert("RGB")


def _from_numbers(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image)
    finite = pixels[np.isfinite(pixels)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    whites = _USUAL_WHITES if image.mode == "F" else _USUAL_WHITES[-1:]
    white = next((white for white in whites if low >= 0 and high <= white), None)
    black, span = (0.0, white) if white is not None else (low, high - low or 1.0)
    pixels = np.nan_to_num(pixels.astype(np.float64), nan=black, posinf=high, neginf=low)
    scaled = np.rint((pixels - black) * (255 / span)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(255 - scaled if _white_is_zero(image) else scaled).convert("RGB")


def _white_is_zero(image: Image.Image) -> bool:
    """Tell whether a TIFF counts from white to black; Pillow turns such pictures round itself up to 8 bits only."""
    return _tiff_tag(image, _TIFF_PHOTOMETRIC, 1) == 0


def _tiff_tag(image: Image.Image, tag: int, default: int) -> int:
    value = getattr(image, "tag_v2", {}).get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)
