"""From a picture to the numbers a network takes; the same code for training, evaluation and tagging.

It needs only Pillow and NumPy, so that a tagger without torch sees exactly the pixels that the network was trained on.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from corelate.errors import OptionError

INTERPOLATIONS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
RESIZE_MODES = ("stretch", "crop", "pad")


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes a 3×H×W array.

    Attributes:
        height: Rows of the network's input, pixels.
        width: Columns of the network's input, pixels.
        resize: ``stretch`` ignores the aspect ratio, ``crop`` fills the frame and cuts the centre, ``pad`` fits the
            whole picture in and fills the rest with the mean colour.
        interpolation: Resampling filter, with antialiasing when shrinking.
        mean: Subtracted from each channel of the [0, 1] picture.
        std: Divides each channel afterwards.
    """

    height: int
    width: int
    resize: str = "stretch"
    interpolation: str = "bilinear"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise OptionError(f"image size {self.height}×{self.width}: both sides must be at least 1 pixel")
        if self.resize not in RESIZE_MODES:
            raise OptionError(f"resize {self.resize!r}: choose one of {', '.join(RESIZE_MODES)}")
        if self.interpolation not in INTERPOLATIONS:
            raise OptionError(f"interpolation {self.interpolation!r}: choose one of {', '.join(INTERPOLATIONS)}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise OptionError(f"mean {self.mean} and std {self.std}: give three numbers each, std above 0")

    def resized(self, image: Image.Image) -> Image.Image:
        """Return the RGB picture at the network's size."""
        size = (self.width, self.height)
        resampling = INTERPOLATIONS[self.interpolation]
        if self.resize == "stretch":
            return image.resize(size, resampling)
        if self.resize == "crop":
            # Only this part is resized: a whole strip of 1×30000 pixels, 224 pixels wide, would take gigabytes.
            return image.resize(size, resampling, box=self._central_box(image.size))
        inner, corner = self._fitted(image.size)
        colour = tuple(round(255 * channel) for channel in self.mean)
        canvas = Image.new("RGB", size, colour)
        canvas.paste(image.resize(inner, resampling), corner)
        return canvas

    def frame(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return which part of a picture's plane the network's input shows; the inverse of `resized`.

        Args:
            size: Width and height of the picture, pixels.

        Returns:
            Left, top, right and bottom in pixels of the picture. With ``crop`` the frame lies inside the picture, with
            ``pad`` it reaches beyond it.
        """
        if self.resize == "crop":
            return self._central_box(size)
        if self.resize == "stretch":
            return 0.0, 0.0, float(size[0]), float(size[1])
        inner, corner = self._fitted(size)
        across, down = size[0] / inner[0], size[1] / inner[1]  # pixels of the picture for one of the input
        left, top = -corner[0] * across, -corner[1] * down
        return left, top, left + self.width * across, top + self.height * down

    def _fitted(self, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the size of a whole picture that is fitted into the frame, and where its upper left corner lies."""
        scale = min(self.width / size[0], self.height / size[1])
        inner = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        return inner, ((self.width - inner[0]) // 2, (self.height - inner[1]) // 2)

    def _central_box(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return the largest central part of a picture that has the shape of the network's input."""
        scale = max(self.width / size[0], self.height / size[1])
        width, height = min(size[0], self.width / scale), min(size[1], self.height / scale)
        left, top = (size[0] - width) / 2, (size[1] - height) / 2
        return left, top, left + width, top + height

    def normalised(self, image: Image.Image) -> np.ndarray:
        """Return an RGB picture as float32 3×H×W, scaled to [0, 1], then mean subtracted and divided by std."""
        mean, std = np.array(self.mean, np.float32)[:, None, None], np.array(self.std, np.float32)[:, None, None]
        # Turned into planes first and changed in place: several times as fast as on interleaved channels.
        pixels = np.asarray(image).transpose(2, 0, 1).astype(np.float32, order="C")
        pixels *= 1 / (255 * std)
        pixels -= mean / std
        return pixels

    def __call__(self, image: Image.Image) -> np.ndarray:
        """Return the float32 3×H×W array of an RGB picture."""
        return self.normalised(self.resized(image))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return dataclasses.asdict(self) | {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Preprocessing:
        """Return what `to_json` described.

        Raises:
            OptionError: A field is missing, unknown or out of range.
        """
        try:
            return cls(**{**fields, "mean": tuple(fields["mean"]), "std": tuple(fields["std"])})
        except (KeyError, TypeError) as error:
            raise OptionError(f"preprocessing {fields!r} can't be read: {error}") from error
