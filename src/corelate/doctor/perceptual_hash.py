"""Perceptual hashes: 64 bits that hardly change when a picture is compressed, scaled or brightened.

Source:
    C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2 (DCT based hash).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Side of the grey picture that is transformed, and of the block of low frequencies that is kept.
SIDE = 32
KEPT = 8


class Orientation(NamedTuple):
    """How a copy lies: transposed first, then mirrored (left and right), then flipped (up and down)."""

    name: str
    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False


UPRIGHT = Orientation("")
# Those in which copies are looked for; a copy that is both mirrored and turned by 90° is rare.
ORIENTATIONS = (
    UPRIGHT,
    Orientation("mirrored", mirrored=True),
    Orientation("flipped", flipped=True),
    Orientation("turned by 180°", mirrored=True, flipped=True),
    Orientation("turned by 90°", transposed=True, mirrored=True),
    Orientation("turned by 90°", transposed=True, flipped=True),
)


def cosine_coefficients(grey: np.ndarray) -> np.ndarray:
    """Return the lowest frequencies of the orthonormal two-dimensional cosine transform (DCT-II).

    Args:
        grey: N×32×32 brightnesses.

    Returns:
        N×8×8, float32; vertical frequency first.
    """
    basis = _basis()
    coefficients: np.ndarray = basis @ grey.astype(np.float32) @ basis.T
    return coefficients


def hashes(coefficients: np.ndarray, orientation: Orientation = UPRIGHT) -> np.ndarray:
    """Return the hash of each picture as it would be in another orientation.

    A bit says whether a frequency is stronger than the median of all but the mean brightness, whose bit is 0.

    Args:
        coefficients: N×8×8 of `cosine_coefficients`.
        orientation: How the picture is turned before it is hashed.

    Returns:
        N hashes, uint64.
    """
    turned = _turned(coefficients, orientation).reshape(len(coefficients), KEPT * KEPT)
    varying = turned[:, 1:]
    bits = np.zeros(turned.shape, np.bool_)
    bits[:, 1:] = varying > np.median(varying, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def turn(pictures: np.ndarray, orientation: Orientation) -> np.ndarray:
    """Return N×H×W×… square pictures in another orientation."""
    if orientation.transposed:
        pictures = pictures.swapaxes(1, 2)
    if orientation.mirrored:
        pictures = pictures[:, :, ::-1]
    return pictures[:, ::-1] if orientation.flipped else pictures


def _turned(coefficients: np.ndarray, orientation: Orientation) -> np.ndarray:
    """Return the coefficients of the turned pictures: mirroring changes the sign of odd frequencies, nothing else."""
    signs = np.where(np.arange(KEPT) % 2, -1, 1).astype(np.float32)
    if orientation.transposed:
        coefficients = coefficients.swapaxes(1, 2)
    if orientation.mirrored:
        coefficients = coefficients * signs
    return coefficients * signs[:, None] if orientation.flipped else coefficients


def _basis() -> np.ndarray:
    places, frequencies = np.arange(SIDE), np.arange(KEPT)[:, None]
    waves = np.cos(np.pi * (2 * places + 1) * frequencies / (2 * SIDE)) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    return waves.astype(np.float32)
