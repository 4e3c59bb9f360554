"""Data sets with generated pictures, made by hand so that it is known how near they are."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from corelate.data.annotation_set import AnnotationSet
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import ImageReadError


@dataclass(frozen=True)
class Held:
    """A picture in memory, or one that can't be read."""

    name: str
    image: Image.Image | None

    def read(self) -> bytes:
        if self.image is None:
            raise ImageReadError(f"/some/where/{self.name}: damaged")
        file = io.BytesIO()
        self.image.save(file, "PNG")
        return file.getvalue()


Entry = tuple[str, Image.Image | None, str]
"""Name, picture, and the name of its original or nothing."""


@pytest.fixture
def make_set() -> Callable[..., AnnotationSet]:
    """Make a set of real and generated pictures; labels are columns of a, b, c."""

    def make(entries: Sequence[Entry], labels: Sequence[Sequence[int]] | None = None) -> AnnotationSet:
        originals = np.array([original for *_, original in entries], dtype=object)
        return AnnotationSet(
            [Held(name, image) for name, image, _ in entries],
            Vocabulary(("a", "b", "c")),
            TargetMatrix.from_rows(labels or [[0]] * len(entries), 3),
            originals=originals,
            source="pictures",
        )

    return make


@pytest.fixture
def blobs() -> Callable[..., Image.Image]:
    """Draw a picture of coloured spots that is like no turned or mirrored form of itself, another for each seed."""

    def draw(seed: int = 0, size: tuple[int, int] = (96, 64)) -> Image.Image:
        cells = np.random.default_rng(seed).integers(0, 256, (10, 13, 3), dtype=np.uint8)
        return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)

    return draw
