"""Maps over the places of a picture, laid over it where the network saw it."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

from corelate.explain.run_pictures import shrunk

Frame = tuple[float, float, float, float]
"""Left, top, right and bottom of what a network saw, as shares of a picture's width and height."""
WHOLE: Frame = (0.0, 0.0, 1.0, 1.0)

# The least, so that all of a picture can be seen through what is brightest.
THICKEST = 0.66
# Colours from the least heat to the greatest: as light as they are hot, also for those who do not see red or green.
# The lightest are left out, which are like mist over a picture.
COLOUR_MAP, LIGHTEST = "inferno", 0.86
# How near to grey and to white the parts come that were not seen.
FADED = 0.65


def heat(values: np.ndarray) -> np.ndarray:
    """Return a map divided by its greatest value: the same everywhere where it was, and all 0 where it was."""
    values = np.maximum(np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0), 0)
    greatest = values.max(initial=0.0)
    return (values / greatest if greatest > 0 else values).astype(np.float32)


def spread(values: np.ndarray) -> float | None:
    """Return among which share of the places a map's weight is shared; None for a map of zeros.

    It is exp(H) / N with the entropy H of the weights, made to sum to 1, of N places: 1 where all places weigh the
    same, and 1 / N where one has all the weight.
    """
    weights = heat(values).astype(np.float64).ravel()
    total = weights.sum()
    if total == 0:
        return None
    shares = weights[weights > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()) / weights.size)


def placed(values: np.ndarray, frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """Return a map over a picture, interpolated between the middles of its cells.

    Args:
        values: h×w, at least 0; the cells divide the frame evenly.
        frame: What of the picture the network saw.
        size: Width and height of the picture as it is shown, pixels.

    Returns:
        float32 height×width; NaN where the network saw nothing.
    """
    (left, right), across = _overlap(frame[0], frame[2], size[0], values.shape[1])
    (top, bottom), down = _overlap(frame[1], frame[3], size[1], values.shape[0])
    grid = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    box = (across[0], down[0], across[1], down[1])
    fine = np.asarray(grid.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=box))
    result = np.full((size[1], size[0]), np.nan, np.float32)
    # Bicubic curves swing beyond the values that they join.
    result[top:bottom, left:right] = np.clip(fine, 0, values.max(initial=0.0))
    return result


def overlay(picture: Image.Image, values: np.ndarray, frame: Frame = WHOLE, longest: int | None = None) -> Image.Image:
    """Return a picture with a map over it: hot where the map is greatest, and clear where it is 0.

    Args:
        picture: RGB, in its own proportions.
        values: h×w, at least 0.
        frame: What of the picture the network saw; the rest is faded.
        longest: The longer side of the result in pixels at most; as large as the picture by default.
    """
    base = picture if longest is None else shrunk(picture, longest)
    pixels = np.asarray(base.convert("RGB"), np.float32)
    hot = placed(heat(values), frame, base.size)
    unseen = np.isnan(hot)
    levels = np.nan_to_num(hot)
    mixed = heated(pixels, levels)
    if unseen.any():
        grey = pixels.mean(axis=2, keepdims=True)
        mixed = np.where(unseen[..., None], grey * (1 - FADED) + 255 * FADED, mixed)
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def heated(pixels: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return pixels …×3, from 0 to 255, under heat of some levels in [0, 1], one for each pixel."""
    alpha = THICKEST * levels[..., None]
    return pixels * (1 - alpha) + _heat_colours()[np.rint(levels * 255).astype(np.uint8)] * alpha


def _overlap(start: float, stop: float, pixels: int, cells: int) -> tuple[tuple[int, int], tuple[float, float]]:
    """Return which pixels of one side of a picture lie in the frame, and where in the map these begin and end."""
    first, last = round(max(start, 0.0) * pixels), round(min(stop, 1.0) * pixels)
    first = min(first, pixels - 1)
    last = max(last, first + 1)
    scale = cells / (stop - start)
    # A pixel may be larger than what was seen of it.
    begin = min(max((first / pixels - start) * scale, 0.0), cells - 1e-3)
    end = min(max((last / pixels - start) * scale, begin + 1e-3), float(cells))
    return (first, last), (begin, end)


@cache
def _heat_colours() -> np.ndarray:
    """Return the colours of 256 levels of heat, float32 256×3, from 0 to 255."""
    import matplotlib

    return np.asarray(matplotlib.colormaps[COLOUR_MAP](np.linspace(0, LIGHTEST, 256))[:, :3] * 255, np.float32)
