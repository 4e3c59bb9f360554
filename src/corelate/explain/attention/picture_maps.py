"""Pictures with a map over their places for each tag, as numbers and as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from corelate.explain.attention.heat_maps import Frame, overlay, spread
from corelate.explain.sheet.picture_tags import SIGNS
from corelate.explain.table import Table, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STOP = "end"
"""The kind of the map that belongs to no label, but to the end of a sequence of labels."""
KINDS = {**SIGNS, "not given": "○", STOP: "■"}
"""The kinds of tags, each with its sign: those of a sheet, and labels that the picture was not given."""
MEANINGS = {
    "right": "given and true",
    "wrong": "given, not true",
    "missed": "true, not given",
    "unknown": "given, truth unknown",
    "not given": "not given",
    STOP: "where it looks before it stops",
}


@dataclass(frozen=True)
class TagMap:
    """How much each place of a picture counts for one tag.

    Attributes:
        label: The label; "(stop)" for the end of a sequence.
        kind: One of `KINDS`.
        score: In [0, 1]; None for the end of a sequence.
        values: h×w, at least 0.
        step: The step, from 1, in which a sequence wrote the label; None if it did not, or if there is none.
    """

    label: str
    kind: str
    score: float | None
    values: np.ndarray
    step: int | None = None

    @property
    def spread(self) -> float | None:
        """The share of the places that share the weight; see `corelate.explain.attention.heat_maps.spread`."""
        return spread(self.values)


@dataclass(frozen=True)
class PictureMaps:
    """A picture and its maps.

    Attributes:
        name: Its name, or the file's.
        picture: RGB, upright, in its own proportions; not larger than it is shown.
        size: Its width and height as it is stored, pixels.
        frame: What of it the network saw.
        tags: The maps.
        more: How many other labels it was given.
    """

    name: str
    picture: Image.Image
    size: tuple[int, int]
    frame: Frame
    tags: tuple[TagMap, ...]
    more: int = 0

    def overlay(self, tag: TagMap, longest: int | None = None) -> Image.Image:
        """Return the picture with one tag's map over it; its longer side has so many pixels at most."""
        return overlay(self.picture, tag.values, self.frame, longest)

    def overlays(self, longest: int = 240) -> list[tuple[TagMap, Image.Image]]:
        """Return each tag with the picture under its map."""
        return [(tag, self.overlay(tag, longest)) for tag in self.tags]

    def described(self, tag: TagMap) -> dict[str, Any]:
        """Return what is known of a tag, and its map as a list of rows."""
        width, height = self.size
        left, top, right, bottom = self.frame
        return {
            "picture": self.name,
            "size": [width, height],
            "frame": [left * width, top * height, right * width, bottom * height],
            "tag": tag.label,
            "kind": tag.kind,
            "score": tag.score,
            "step": tag.step,
            "spread": tag.spread,
            "grid": tag.values,
        }


@dataclass(frozen=True)
class MapTable(Table):
    """Maps with a row for each place; as JSON with a grid for each map.

    Attributes:
        grids: An object for each map.
    """

    grids: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def to_json(self) -> str:
        """Return an object of ``about`` and ``rows``, each row a map with its ``grid``."""
        columns = tuple(self.grids[0]) if self.grids else ()
        return Table(columns, [tuple(grid.values()) for grid in self.grids], self.about).to_json()


@dataclass(frozen=True)
class AttentionMaps:
    """Where a network looks for the tags of some pictures.

    Attributes:
        pictures: The pictures with their maps.
        source: The run.
        head: Name of its head.
        method: ``attention``, ``grad-cam`` or ``hires-cam``.
        meaning: What the maps show, in words.
        rule: The decision rule that gave the tags.
        choice: Which pictures these are, in words.
    """

    pictures: tuple[PictureMaps, ...]
    source: str
    head: str
    method: str
    meaning: str
    rule: str
    choice: str = ""

    def table(self) -> MapTable:
        """Return a row for each place of each map; as JSON an object for each map."""
        columns = ("picture", "tag", "kind", "score", "step", "row", "column", "value")
        pairs = [(picture, tag) for picture in self.pictures for tag in picture.tags]
        rows = [
            (picture.name, tag.label, tag.kind, tag.score, tag.step, row, column, float(value))
            for picture, tag in pairs
            for (row, column), value in np.ndenumerate(tag.values)
        ]
        about = {name: getattr(self, name) for name in ("source", "head", "method", "meaning", "rule", "choice")}
        return MapTable(columns, rows, about, tuple(plain(picture.described(tag)) for picture, tag in pairs))

    def draw(self) -> Figure:
        """Return one row for each picture: the picture itself, then its maps."""
        from corelate.explain.attention.drawing import draw_maps

        return draw_maps(self)
