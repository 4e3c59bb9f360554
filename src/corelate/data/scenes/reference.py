"""A scene as a picture of a data set: it is drawn when it is read."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import compose
from corelate.errors import OptionError

SMALLEST, LARGEST = 16, 2048


@dataclass(frozen=True)
class SceneReference:
    """A drawn picture.

    Attributes:
        seed: The series.
        index: The number in the series, from 0.
        size: Side of the square picture, pixels.

    Raises:
        OptionError: The size or the index is out of range.
    """

    seed: int
    index: int
    size: int

    def __post_init__(self) -> None:
        if not SMALLEST <= self.size <= LARGEST:
            raise OptionError(f"scenes of {self.size} pixels: expected a size from {SMALLEST} to {LARGEST}")
        if self.index < 0:
            raise OptionError(f"scene number {self.index}: expected 0 or more")

    @property
    def name(self) -> str:
        """The picture's name, e.g. ``scene-000012.png``."""
        return f"scene-{self.index:06d}.png"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the scene has, drawn or hidden."""
        return compose(self.seed, self.index).labels

    def draw(self) -> Image.Image:
        """Return the picture in RGB."""
        return draw_scene(compose(self.seed, self.index), self.seed, self.index, self.size)

    def read(self) -> bytes:
        """Return the picture as PNG; the same bytes in every process with the same Pillow."""
        file = io.BytesIO()
        self.draw().save(file, "PNG", compress_level=1)
        return file.getvalue()
