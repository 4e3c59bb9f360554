"""Scores of whole data sets, without those pictures that can't be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from corelate.data.images import read_image
from corelate.data.references import ImageReference
from corelate.errors import DataError, ImageReadError
from corelate.tagging.tagger import BATCH_SIZE


def score_readable(
    pictures: Sequence[ImageReference],
    prepare: Callable[[Image.Image], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    skipped: Callable[[str, str], None],
    *,
    any_suffix: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Score pictures.

    Args:
        pictures: What to score.
        prepare: From an upright RGB picture to float32 3×H×W.
        score: From float32 B×3×H×W to scores B×L.
        skipped: Is told the name of each picture that can't be read, and why.
        any_suffix: Whether pictures may have a wrong suffix.

    Returns:
        Row numbers of the M pictures that were read, and their scores, float32 M×L.

    Raises:
        DataError: Not one picture could be read.
    """

    def prepared(row: int) -> np.ndarray | None:
        try:
            return prepare(read_image(pictures[row], any_suffix=any_suffix))
        except ImageReadError as error:
            skipped(pictures[row].name, str(error))
            return None

    rows: list[int] = []
    scores: list[np.ndarray] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(pictures), BATCH_SIZE):
            batch = range(start, min(start + BATCH_SIZE, len(pictures)))
            pixels = {
                row: pixel for row, pixel in zip(batch, pool.map(prepared, batch), strict=True) if pixel is not None
            }
            if pixels:
                rows.extend(pixels)
                scores.append(score(np.stack(list(pixels.values()))))
    if not rows:
        raise DataError(f"not one of {len(pictures)} pictures can be read")
    return np.array(rows), np.concatenate(scores)
