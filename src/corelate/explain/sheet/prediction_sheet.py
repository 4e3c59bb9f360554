"""A sheet of pictures with the tags that are right, wrong and missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from corelate.errors import CorelateError, OptionError
from corelate.explain.judged import Judged
from corelate.explain.run_pictures import RunPictures, shrunk
from corelate.explain.sheet.choosing_pictures import ORDERS, USUAL_COUNT, choose_pictures, with_label
from corelate.explain.sheet.picture_tags import SIGNS, Tag, tags_of
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

# A drawing of so many is about 4,000 × 20,000 pixels, a third of a GB before it is packed.
MOST_DRAWN = 500
MOST_COLUMNS = 20
# Up to so many pictures stand in so many columns, and more in the last number.
_USUAL_COLUMNS = ((24, 4), (96, 6), (320, 8), (MOST_DRAWN, 10))
# Longer side of a picture in pixels: what the drawing shows of it at 150 dots per inch.
_LONGEST_SIDE = 345


@dataclass(frozen=True)
class SheetPicture:
    """A picture on a sheet.

    Attributes:
        name: Its name.
        tags: Its tags, as `corelate.explain.sheet.picture_tags.tags_of` orders them.
    """

    name: str
    tags: list[Tag]

    def of_kind(self, kind: str) -> list[Tag]:
        """Return the tags that are right, wrong, missed or of unknown truth."""
        return [tag for tag in self.tags if tag.kind == kind]


@dataclass(frozen=True)
class PredictionSheet:
    """Pictures with their tags.

    Attributes:
        entries: The pictures in the order in which they are shown.
        available: How many there are to choose from.
        source: What was measured, in words.
        rule: The name of the decision rule.
        order: How the pictures were chosen, see `corelate.explain.sheet.choosing_pictures.ORDERS`.
        label: The label that all of them have or were given; None if that did not matter.
        seed: For the order ``random``.
        columns: How many pictures stand side by side.
        pictures: Where the pictures are, or None: the tags are then shown alone.
    """

    entries: tuple[SheetPicture, ...]
    available: int
    source: str
    rule: str
    order: str
    label: str | None
    seed: int
    columns: int
    pictures: RunPictures | None = field(repr=False)

    @cached_property
    def images(self) -> list[Image.Image | str | None]:
        """Each picture, small; or why it can't be shown; None where there are no pictures at all."""
        if self.pictures is None:
            return [None] * len(self.entries)
        return [_image(self.pictures, entry.name) for entry in self.entries]

    @property
    def problems(self) -> list[str]:
        """Why pictures can't be shown: one sentence for each, or one for all."""
        if self.pictures is not None and self.pictures.problem:
            return [self.pictures.problem]
        pairs = zip(self.entries, self.images, strict=True)
        return [f"{entry.name}: {image}" for entry, image in pairs if isinstance(image, str)]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many tags of each kind there are on the sheet."""
        return Counter(tag.kind for entry in self.entries for tag in entry.tags)

    @property
    def heading(self) -> str:
        """What the sheet shows, in words."""
        count = len(self.entries)
        shown = f"{count:,} of {self.available:,} pictures"
        if count == self.available:
            shown = "The only picture" if count == 1 else f"All {count:,} pictures"
        if self.label is not None:
            shown += f" with the label {self.label!r}, true or given"
        return shown if self.available == 1 else f"{shown}, {ORDERS[self.order]}"

    @property
    def first_error(self) -> Tag | None:
        """The most confident error of the first picture, of the label if there is one."""
        tags = [tag for tag in self.entries[0].tags if self.label in (None, tag.label)]
        errors = [tag for tag in tags if tag.kind in ("wrong", "missed")]
        return max(errors, key=lambda tag: tag.error, default=None)

    def table(self) -> Table:
        """Return one row for each tag; a picture without any has a row of its own, of the kind ``none``."""
        rows: list[tuple[str, str, str | None, float | None, float | None]] = []
        for entry in self.entries:
            rows += [(entry.name, tag.kind, tag.label, tag.score, tag.threshold) for tag in entry.tags]
            if not entry.tags:
                rows.append((entry.name, "none", None, None, None))
        about = {
            "source": self.source,
            "rule": self.rule,
            "order": self.order,
            "label": self.label,
            "seed": self.seed if self.order == "random" else None,
            "pictures": len(self.entries),
            "available": self.available,
            "tags": {kind: self.counts[kind] for kind in SIGNS},
        }
        return Table(("picture", "kind", "label", "score", "threshold"), rows, about)

    def draw(self) -> Figure:
        """Return the pictures in rows, each with its tags below it.

        Raises:
            OptionError: There are more pictures than a drawing can hold.
        """
        self.check_drawable()
        from corelate.explain.sheet.drawing import draw_sheet

        return draw_sheet(self)

    def check_drawable(self) -> None:
        """Make sure that there are not too many pictures for a drawing.

        Raises:
            OptionError: There are.
        """
        if len(self.entries) > MOST_DRAWN:
            raise OptionError(
                f"{len(self.entries):,} pictures are too many for one drawing; choose at most {MOST_DRAWN:,} "
                "by --count, or write only data: --out sheet.csv or sheet.json"
            )


def prediction_sheet(
    judged: Judged,
    pictures: RunPictures | None = None,
    *,
    order: str = "errors",
    count: int = USUAL_COUNT,
    label: str | None = None,
    seed: int = 1,
    columns: int = 0,
) -> PredictionSheet:
    """Return a sheet of pictures with their tags.

    Args:
        judged: Scores, truth and decision.
        pictures: Where the pictures are; None shows the tags alone.
        order: See `corelate.explain.sheet.choosing_pictures.choose_pictures`, as for `count`, `label` and `seed`.
        count: How many pictures.
        label: Only pictures that have this label or were given it.
        seed: For the order ``random``.
        columns: How many pictures stand side by side; 0 is a number that suits the count.

    Raises:
        OptionError: An option is wrong, or no picture has the label or was given it.
    """
    if not 0 <= columns <= MOST_COLUMNS:
        raise OptionError(f"columns is {columns}; expected 1 to {MOST_COLUMNS}, or 0 for a number that suits the count")
    rows = choose_pictures(judged, order, count, label, seed)
    if not len(rows):
        raise OptionError(f"no picture of {judged.source} has the label {label!r} or was given it: choose another")
    available = len(judged.scores) if label is None else len(with_label(judged, judged.columns_of([label])[0]))
    entries = tuple(SheetPicture(judged.names[row], tags_of(judged, row)) for row in rows)
    return PredictionSheet(
        entries,
        available,
        judged.source,
        judged.decision.rule,
        order,
        label,
        seed,
        min(columns or _usual_columns(len(rows)), len(rows)),
        pictures,
    )


def _usual_columns(count: int) -> int:
    return next((columns for most, columns in _USUAL_COLUMNS if count <= most), _USUAL_COLUMNS[-1][1])


def _image(pictures: RunPictures, name: str) -> Image.Image | str:
    try:
        return shrunk(pictures.open(name, at_least=2 * _LONGEST_SIDE), _LONGEST_SIDE)
    except CorelateError as error:
        # The message begins with the name, or with a path that ends with it.
        return str(error).rpartition(f"{name}: ")[2]
