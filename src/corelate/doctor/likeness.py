"""Whether two pictures are copies of one another: what perceptual hashes suggest is checked on thumbnails."""

from __future__ import annotations

import numpy as np

from corelate.doctor.perceptual_hash import UPRIGHT, Orientation, turn

# Grey levels, 0 to 255. A picture that varies less has no structure that a hash could hold.
FLAT_BELOW = 5.0
# One that varies less than this resembles every other sky: its pixels must agree as well.
FAINT_BELOW = 16.0
LEAST_CORRELATION = 0.94
# In standard deviations of the brightness, once both have the same mean and deviation: what one object more changes.
MOST_LOCAL_DIFFERENCE = 1.25
LOCAL_SHARE = 0.98
MOST_FAINT_DIFFERENCE = 6.0
MOST_FLAT_DIFFERENCE = 3.0
# The same shirt in red and in blue is not a copy; a photo and its black-and-white print are.
MOST_COLOUR_DIFFERENCE = 16.0
GREY_BELOW = 3.0

_PAIRS_PER_STEP = 8192


class Likeness:
    """Compares thumbnails.

    Args:
        thumbnails: N×S×S×3, uint8.

    Attributes:
        flat: Whether each picture has no structure.
    """

    def __init__(self, thumbnails: np.ndarray) -> None:
        self._thumbnails = thumbnails
        spread = np.concatenate([part.std(axis=(1, 2)).max(axis=1) for part in _parts(thumbnails)])
        self.flat = spread < FLAT_BELOW
        self._faint = spread < FAINT_BELOW

    def alike(self, pairs: np.ndarray, orientation: Orientation = UPRIGHT) -> np.ndarray:
        """Return those of P×2 pairs that are copies, when the second picture is turned so."""
        kept = [
            part[self._agree(part, orientation)]
            for start in range(0, len(pairs), _PAIRS_PER_STEP)
            for part in (pairs[start : start + _PAIRS_PER_STEP],)
        ]
        return np.concatenate(kept) if kept else pairs

    def _agree(self, pairs: np.ndarray, orientation: Orientation) -> np.ndarray:
        first = self._thumbnails[pairs[:, 0]].astype(np.float32)
        second = turn(self._thumbnails[pairs[:, 1]], orientation).astype(np.float32)
        grey_first, grey_second = first.mean(axis=3), second.mean(axis=3)
        faint = self._faint[pairs].all(axis=1)
        near = np.abs(first - second).mean(axis=(1, 2, 3)) <= MOST_FAINT_DIFFERENCE
        same_shapes = _same_shapes(_standardised(grey_first), _standardised(grey_second))
        same_colours = _same_colours(first - grey_first[..., None], second - grey_second[..., None])
        alike: np.ndarray = same_shapes & same_colours & (near | ~faint)
        return alike


def flat_pairs(thumbnails: np.ndarray) -> np.ndarray:
    """Return P×2 pairs i < j of flat pictures that look the same; enough of them to join all that do.

    Pictures are compared in order of their brightness, and only with those that are as bright.

    Args:
        thumbnails: N×S×S×3, uint8.
    """
    # Thousands of black frames are one thumbnail.
    flattened = thumbnails.reshape(len(thumbnails), -1)
    different, first, inverse = np.unique(flattened, axis=0, return_index=True, return_inverse=True)
    same = np.stack([first[inverse.reshape(-1)], np.arange(len(thumbnails))], axis=1)
    pixels = different.astype(np.float32)
    brightness = pixels.mean(axis=1)
    order = np.argsort(brightness, kind="stable")
    ends = np.searchsorted(brightness[order], brightness[order] + MOST_FLAT_DIFFERENCE, side="right")
    found = [same[same[:, 0] != same[:, 1]]]
    for place, (row, end) in enumerate(zip(order.tolist(), ends.tolist(), strict=True)):
        others = order[place + 1 : end]
        near = others[np.abs(pixels[others] - pixels[row]).mean(axis=1) <= MOST_FLAT_DIFFERENCE]
        found.append(np.stack([np.full(len(near), first[row]), first[near]], axis=1))
    return np.concatenate(found)


def _standardised(grey: np.ndarray) -> np.ndarray:
    """Return P×S·S brightnesses of mean 0 and variance 1."""
    pixels = grey.reshape(len(grey), -1)
    pixels = pixels - pixels.mean(axis=1, keepdims=True)
    deviations: np.ndarray = pixels / np.maximum(pixels.std(axis=1, keepdims=True), 1e-6)
    return deviations


def _same_shapes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    correlation = (first * second).mean(axis=1)
    place = int(LOCAL_SHARE * first.shape[1])
    local = np.partition(np.abs(first - second), place, axis=1)[:, place]
    alike: np.ndarray = (correlation >= LEAST_CORRELATION) & (local <= MOST_LOCAL_DIFFERENCE)
    return alike


def _same_colours(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compare what is left of P×S×S×3 pictures without their brightness."""
    grey = (np.abs(first).mean(axis=(1, 2, 3)) < GREY_BELOW) | (np.abs(second).mean(axis=(1, 2, 3)) < GREY_BELOW)
    return grey | (np.abs(first - second).mean(axis=(1, 2, 3)) <= MOST_COLOUR_DIFFERENCE)


def _parts(thumbnails: np.ndarray) -> list[np.ndarray]:
    step = _PAIRS_PER_STEP
    return [thumbnails[start : start + step].astype(np.float32) for start in range(0, max(1, len(thumbnails)), step)]
