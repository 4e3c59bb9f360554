"""Small copies of pictures, as text inside a page."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from corelate.errors import ImageReadError
from corelate.explain.run_pictures import RunPictures, shrunk
from corelate.report.html import escape

LONGEST = 160
"""Longer side of a thumbnail, pixels."""
DECODED = 2 * LONGEST
"""A photograph is decoded no smaller than this, so that what is left to be shrunk is shrunk well."""
# Some 3 KB for a photograph, so that five hundred of them with their tags are a page of 3 MB.
QUALITY = 58
MOST_THREADS = 8
NOT_AT_HAND = "not at hand"
"""What stands in place of each picture where the whole data set can't be read."""


@dataclass(frozen=True)
class Thumbnail:
    """An encoded picture.

    Attributes:
        webp: The file.
        width: Pixels.
        height: Pixels.
    """

    webp: bytes
    width: int
    height: int

    @classmethod
    def of(cls, image: Image.Image, longest: int = LONGEST, quality: int = QUALITY) -> Thumbnail:
        """Return a picture shrunk to `longest` pixels on its longer side; a smaller one keeps its size."""
        small = shrunk(image, longest)
        file = io.BytesIO()
        small.save(file, "WEBP", quality=quality, method=4)
        return cls(file.getvalue(), small.width, small.height)

    def html(self, description: str) -> str:
        """Return the element; its size is in it, so that nothing moves when it is shown."""
        data = base64.b64encode(self.webp).decode()
        return (
            f'<img alt="{escape(description)}" width="{self.width}" height="{self.height}" '
            f'decoding="async" src="data:image/webp;base64,{data}">'
        )


def thumbnails(pictures: RunPictures, names: Sequence[str]) -> list[Thumbnail | str]:
    """Return the thumbnail of each picture, or in words why there is none; why all are missing is not for each to say.

    The pictures are read by several threads: decoding and shrinking take most of the time, and Pillow does both
    beside other threads.
    """
    if pictures.problem:  # Also reads the data set, once, before several threads ask for it.
        return [NOT_AT_HAND] * len(names)

    def thumbnail(name: str) -> Thumbnail | str:
        try:
            return Thumbnail.of(pictures.open(name, at_least=DECODED))
        except ImageReadError as error:
            return str(error)

    first = [thumbnail(name) for name in names[:1]]
    with ThreadPoolExecutor(min(MOST_THREADS, (os.cpu_count() or 1) + 1)) as threads:
        return first + list(threads.map(thumbnail, names[1:]))
