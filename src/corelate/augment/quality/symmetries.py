"""Bringing generated pictures upright: how each lies is found by comparing, whatever generator made it."""

from __future__ import annotations

import math

import numpy as np

from corelate.doctor.perceptual_hash import Orientation, turn

# The eight ways in which a rectangle can be laid on itself or on its side, each with the way that undoes it. The names
# say how a picture lies before that. Plain comes first: of equally good ones the first is taken.
SYMMETRIES = (
    Orientation("plain"),
    Orientation("mirrored", mirrored=True),
    Orientation("flipped upside down", flipped=True),
    Orientation("turned by 180°", mirrored=True, flipped=True),
    Orientation("turned clockwise", transposed=True, flipped=True),
    Orientation("turned counter-clockwise", transposed=True, mirrored=True),
    Orientation("mirrored and turned counter-clockwise", transposed=True),
    Orientation("mirrored and turned clockwise", transposed=True, mirrored=True, flipped=True),
)
# Sides that differ by less, as a share: the picture is taken for square, and might be lying on its side.
SQUARE = 0.05


def possible_symmetries(size: tuple[int, int], original: tuple[int, int]) -> tuple[Orientation, ...]:
    """Return how a picture may lie, given its width and height and those of its original.

    A picture that is upright where its original is wide, or the other way round, was turned by 90°; one that lies as
    its original does was not. Where either is about square both are possible.
    """
    shape, wanted = math.log(size[0] / size[1]), math.log(original[0] / original[1])
    if min(abs(shape), abs(wanted)) < SQUARE:
        return SYMMETRIES
    turned = (shape > 0) != (wanted > 0)
    return tuple(symmetry for symmetry in SYMMETRIES if symmetry.transposed == turned)


def undone(picture: np.ndarray, symmetry: Orientation) -> np.ndarray:
    """Return an H×W×3 picture as it was before it was laid so."""
    result: np.ndarray = turn(picture[None], symmetry)[0]
    return result


def nearest_symmetry(frame: np.ndarray, original: np.ndarray, possible: tuple[Orientation, ...]) -> Orientation:
    """Return the one of some symmetries that, undone, brings a square picture nearest to another by squared error.

    Args:
        frame: S×S×3 floats.
        original: S×S×3 floats.
        possible: At least one; of equally near ones the first is returned.
    """
    errors = [float(np.square(undone(frame, symmetry) - original).mean()) for symmetry in possible]
    return possible[int(np.argmin(errors))]
