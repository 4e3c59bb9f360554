"""The pictures of a sheet: an original, and its generated pictures brought upright."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from corelate.augment.quality.estimates import digits
from corelate.augment.quality.generated_quality import FamilyQuality, GeneratedQuality
from corelate.augment.quality.looking import Frame, brought_upright, opened, reason
from corelate.errors import ImageReadError
from corelate.explain.run_pictures import shrunk

# Longer side in pixels: what a drawing shows at 150 dots per inch, and a little more.
LONGEST_SIDE = 260
# Generated pictures shown of one original.
MOST_SHOWN = 5


@dataclass(frozen=True)
class SheetPicture:
    """A picture of a sheet.

    Attributes:
        image: Upright and small; or why it can't be shown.
        name: Its name.
        lines: What stands below it.
    """

    image: Image.Image | str
    name: str
    lines: tuple[str, ...]


def sheet_rows(quality: GeneratedQuality) -> list[list[SheetPicture]]:
    """Return the rows of a sheet: an original, then generated pictures, those that can't be read last."""
    ranks = {
        id(family): rank
        for rank, family in enumerate(sorted(quality.families, key=lambda each: each.mean(quality.ordered_by)), start=1)
    }
    return [_row(quality, family, ranks[id(family)]) for family in quality.spread]


def _row(quality: GeneratedQuality, family: FamilyQuality, rank: int) -> list[SheetPicture]:
    row = family.family.original
    original = _opened(quality, row, quality.options.border)
    frame = None if isinstance(original, str) else Frame.of(original)
    count = len(family.family.generated)
    more = f" ({count - MOST_SHOWN:,} more not shown)" if count > MOST_SHOWN else ""
    lines = (f"original, rank {rank:,} of {len(quality.families):,}", f"{count:,} generated{more}")
    shown = [SheetPicture(_small(original), quality.annotations.pictures[row].name, lines)]
    unread = [member for member in family.family.generated if member not in family.rows]
    for member in [*family.rows, *unread][:MOST_SHOWN]:
        place = family.rows.index(member) if member in family.rows else None
        image = _opened(quality, member)
        if frame is not None and not isinstance(image, str):
            image = brought_upright(image, frame)[2]
        below = () if place is None else _lines(quality, family, place)
        shown.append(SheetPicture(_small(image), quality.annotations.pictures[member].name, below))
    return shown


def _lines(quality: GeneratedQuality, family: FamilyQuality, place: int) -> tuple[str, ...]:
    # The first and the last: there is room for two.
    measures = (quality.measures[0], quality.measures[-1])
    distances = [f"{name} {digits(family.distances[name][place])}" for name in measures]
    view = family.views[place]
    return " · ".join(distances), *([] if view == "plain" else [f"was {view}"])


def _opened(quality: GeneratedQuality, row: int, border: int = 0) -> Image.Image | str:
    reference = quality.annotations.pictures[row]
    try:
        return opened(reference, border, any_suffix=quality.options.any_suffix)
    except ImageReadError as error:
        return reason(reference.name, error)


def _small(image: Image.Image | str) -> Image.Image | str:
    return image if isinstance(image, str) else shrunk(image, LONGEST_SIDE)
