"""Distances that everyone can picture, beside which those of generated pictures say something."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from corelate.data.splits import raw_numbers
from corelate.data.targets import TargetMatrix

JPEG_QUALITY = 75
# The blur's radius (standard deviation) as a share of the longer side: 4 pixels of 192.
BLUR = 0.02

RECOMPRESSED, BLURRED, MIRRORED, ALIKE, ANOTHER = "recompressed", "blurred", "mirrored", "alike", "another"
COPIES = (RECOMPRESSED, BLURRED, MIRRORED)
"""Those that are made of the original itself."""
YARDSTICKS = {
    RECOMPRESSED: f"its copy as JPEG of quality {JPEG_QUALITY}",
    BLURRED: f"its copy, blurred by {100 * BLUR:.0f} % of the longer side",
    MIRRORED: "its mirror image, left as it is",
    ALIKE: "the other original with the most labels in common",
    ANOTHER: "another original at random",
}
"""What an original is compared with, in words."""


def copies(image: Image.Image) -> dict[str, Image.Image]:
    """Return the changed copies of an RGB picture, by the names of `COPIES`."""
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=JPEG_QUALITY)
    with Image.open(packed) as opened:
        recompressed = opened.convert("RGB")
    blurred = image.filter(ImageFilter.GaussianBlur(BLUR * max(image.size)))
    return {RECOMPRESSED: recompressed, BLURRED: blurred, MIRRORED: ImageOps.mirror(image)}


def partners_at_random(count: int, seed: int) -> np.ndarray:
    """Return another of `count` pictures for each, int64; every picture is taken once. At least two are needed."""
    order = np.argsort(raw_numbers(seed).random_raw(count), kind="stable")
    partners = np.empty(count, np.int64)
    partners[order] = np.roll(order, -1)
    return partners


def partners_by_labels(targets: TargetMatrix) -> np.ndarray:
    """Return for each of N pictures the other one with the most labels in common.

    What is counted is the share of the labels of both that both have (the Jaccard index); of equals the next one in
    order is taken, from the first again after the last.

    Returns:
        int64[N]; -1 for a picture that has no label in common with any.
    """
    present = (targets.dense() == 1).astype(np.float32)
    shared = present @ present.T
    counts = present.sum(axis=1)
    together = counts[:, None] + counts - shared
    overlap = np.divide(shared, together, out=np.zeros_like(shared), where=together > 0)
    np.fill_diagonal(overlap, 0)
    rows = np.arange(len(overlap))
    after = (rows[:, None] + 1 + rows) % len(rows)
    best = after[rows, np.take_along_axis(overlap, after, axis=1).argmax(axis=1)]
    partners: np.ndarray = np.where(overlap[rows, best] > 0, best, -1)
    return partners
