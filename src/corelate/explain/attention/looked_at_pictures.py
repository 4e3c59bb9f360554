"""The pictures that maps are made for: of a run or from files, with what is known of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from corelate.data.images import read_image
from corelate.data.preprocessing import Preprocessing
from corelate.data.references import FileReference
from corelate.data.targets import PRESENT
from corelate.errors import ImageReadError, OptionError
from corelate.explain.attention.heat_maps import Frame
from corelate.explain.judged import Judged
from corelate.explain.run_material import RunMaterial
from corelate.explain.run_pictures import shrunk

# Longer side of the pictures that are kept for drawing, pixels.
KEPT = 640


@dataclass(frozen=True)
class LookedAt:
    """A picture, as the network and as the reader see it.

    Attributes:
        name: Its name, or the file's.
        row: Its row among the measured pictures; None for any other, of which the truth is not known.
        pixels: What the network sees, 3×H×W.
        picture: For the reader, not larger than `KEPT`.
        size: Width and height of the whole picture, pixels.
        frame: What of it the network sees.
    """

    name: str
    row: int | None
    pixels: np.ndarray
    picture: Image.Image
    size: tuple[int, int]
    frame: Frame

    @classmethod
    def of(cls, image: Image.Image, name: str, row: int | None, preprocessing: Preprocessing) -> LookedAt:
        """Return a picture in RGB, prepared for the network."""
        left, top, right, bottom = preprocessing.frame(image.size)
        frame = (left / image.width, top / image.height, right / image.width, bottom / image.height)
        return cls(name, row, preprocessing(image), shrunk(image, KEPT), image.size, frame)


def look_up(material: RunMaterial, judged: Judged, names: Sequence[str], files: Sequence[Path]) -> list[LookedAt]:
    """Return pictures of the run's data set by their names, then pictures from files.

    Raises:
        OptionError: A name that the data set does not have.
        ImageReadError: A picture that can't be read.
    """
    preprocessing = material.finished.architecture.preprocessing
    rows: dict[str, int] = {}
    for row, name in enumerate(judged.names):
        rows.setdefault(name, row)
    found = []
    for name in names:
        if name not in rows:
            _check_name(material, judged, name)
        found.append(LookedAt.of(_open(material, name), name, rows.get(name), preprocessing))
    for file in files:
        image = read_image(FileReference(file, str(file)), any_suffix=material.pictures.any_suffix)
        found.append(LookedAt.of(image, str(file), None, preprocessing))
    return found


def chosen_names(judged: Judged, count: int, columns: Sequence[int] = ()) -> tuple[list[str], str]:
    """Return the names of some measured pictures, evenly spread over their list, and which these are, in words.

    Args:
        judged: The measured pictures.
        count: How many; all if there are fewer.
        columns: Labels: only pictures that have one of them or were given it, if there are any.
    """
    rows, which = np.arange(len(judged.names)), ""
    if len(columns):
        chosen = list(columns)
        about = ((judged.targets[:, chosen] == PRESENT) | judged.predicted[:, chosen]).any(1)
        rows = np.flatnonzero(about) if about.any() else rows
        which = " that have such a label or were given it," if about.any() else ", none of which has such a label,"
    count = min(count, len(rows))
    # The middles of as many parts of one length.
    places = (2 * np.arange(count) + 1) * len(rows) // max(2 * count, 1)
    words = f"{count:,} of {len(rows):,} measured pictures{which or ','} evenly spread over their list"
    return [judged.names[row] for row in rows[places]], words


def _open(material: RunMaterial, name: str) -> Image.Image:
    if material.pictures.problem:
        raise ImageReadError(
            f"the pictures of {material.name} are not at hand ({material.pictures.problem}); bring the data set back "
            "to where it was, or give picture files"
        )
    return material.pictures.open(name)


def _check_name(material: RunMaterial, judged: Judged, name: str) -> None:
    annotations = material.pictures.annotations
    names = judged.names if annotations is None else annotations.names
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"a name is, for example, {names[0]!r}"
        raise OptionError(f"{judged.source}: there is no picture {name!r}; {hint}")
