"""A square to paint on in units of its side, larger than the picture that it becomes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

# The picture is painted this many times larger and then shrunk, for smooth edges.
SUPERSAMPLING = 2
_NOISE_LEVELS = 16


class Canvas:
    """Paints shapes; x runs right and y runs down, both from 0 to 1.

    Args:
        size: Side of the finished picture, pixels.
        chance: Where all variation comes from.
        night: Colours are darkened, except those of things that shine.
    """

    def __init__(self, size: int, chance: random.Random, *, night: bool) -> None:
        self.size = size
        self.chance = chance
        self.night = night
        self._side = size * SUPERSAMPLING
        self._image = Image.new("RGB", (self._side, self._side))
        # In this mode Pillow blends a colour with an alpha value into the picture.
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def between(self, low: float, high: float) -> float:
        """Return a random number."""
        return low + (high - low) * self.chance.random()

    def count(self, low: int, high: int) -> int:
        """Return a random whole number from `low` to `high`, both included."""
        return low + int(self.chance.random() * (high - low + 1))

    def pick(self, colours: Sequence[Colour]) -> Colour:
        """Return one of the colours."""
        return colours[int(self.chance.random() * len(colours))]

    def vary(self, colour: Colour, spread: int = 14) -> Colour:
        """Return a colour near another one."""
        red, green, blue = (max(0, min(255, round(value + self.between(-spread, spread)))) for value in colour)
        return red, green, blue

    def lit(self, colour: Colour) -> Colour:
        """Return a colour as the light of the scene shows it."""
        if not self.night:
            return colour
        red, green, blue = colour
        return round(red * 0.32 + 6), round(green * 0.36 + 9), round(blue * 0.46 + 24)

    def gradient(self, top: Colour, bottom: Colour, start: float, stop: float) -> None:
        """Fill the whole width between two heights with a change of colour."""
        first, last = round(start * self._side), round(stop * self._side)
        if last <= first:
            return
        share = np.linspace(0, 1, last - first)[:, None]
        rows = np.rint((1 - share) * self.lit(top) + share * self.lit(bottom)).astype(np.uint8)
        self._image.paste(Image.fromarray(rows[:, None, :]).resize((self._side, last - first)), (0, first))

    def polygon(self, points: Sequence[Point], colour: Colour, *, alpha: int = 255, shines: bool = False) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * self._side, y * self._side) for x, y in points], self._fill(colour, alpha, shines))

    def ellipse(
        self, centre: Point, width: float, height: float, colour: Colour, *, alpha: int = 255, shines: bool = False
    ) -> None:
        """Fill an ellipse; width and height are its whole extent."""
        x, y, side = centre[0], centre[1], self._side
        box = ((x - width / 2) * side, (y - height / 2) * side, (x + width / 2) * side, (y + height / 2) * side)
        self._draw.ellipse(box, self._fill(colour, alpha, shines))

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, *, shines: bool = False
    ) -> None:
        """Fill a rectangle."""
        side = self._side
        corners = (left * side, top * side, max(left, right) * side, max(top, bottom) * side)
        self._draw.rectangle(corners, self._fill(colour, 255, shines))

    def line(self, points: Sequence[Point], width: float, colour: Colour, *, alpha: int = 255) -> None:
        """Draw a line at least one finished pixel wide."""
        thickness = max(SUPERSAMPLING, round(width * self._side))
        path = [(x * self._side, y * self._side) for x, y in points]
        self._draw.line(path, self._fill(colour, alpha, False), thickness, joint="curve" if thickness > 3 else None)

    def arc(self, centre: Point, radius: float, width: float, colour: Colour, *, alpha: int) -> None:
        """Draw the upper half of a ring."""
        directions = [(math.cos(math.pi * step / 24), math.sin(math.pi * step / 24)) for step in range(25)]
        edges = [[(centre[0] - r * x, centre[1] - r * y) for x, y in directions] for r in (radius, radius - width)]
        self.polygon([*edges[0], *reversed(edges[1])], colour, alpha=alpha)

    def shadow(self, foot: Point, width: float) -> None:
        """Darken the ground where something stands."""
        self.ellipse(foot, width, width * 0.22, (30, 36, 30), alpha=70)

    def haze(self, strength: float) -> None:
        """Let the whole picture fade by a share of its contrast."""
        veil = Image.new("RGB", self._image.size, self.lit((206, 212, 218)))
        self._image.paste(Image.blend(self._image, veil, strength))

    def finish(self, noise_seed: int) -> Image.Image:
        """Return the picture at its size, with a little noise as a camera adds."""
        pixels = np.asarray(self._image.reduce(SUPERSAMPLING), dtype=np.int16)
        words = np.random.PCG64(noise_seed).random_raw((pixels.size + 7) // 8)
        # Bytes in a fixed order, so that every machine adds the same noise.
        noise = np.frombuffer(words.astype("<u8").tobytes(), np.uint8, pixels.size).reshape(pixels.shape)
        pixels = pixels + (noise % _NOISE_LEVELS).astype(np.int16) - _NOISE_LEVELS // 2
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    def _fill(self, colour: Colour, alpha: int, shines: bool) -> tuple[int, int, int, int]:
        red, green, blue = colour if shines else self.lit(colour)
        return red, green, blue, alpha
