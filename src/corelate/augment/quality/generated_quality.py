"""What was found about generated pictures, as numbers and as a sheet to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.augment.quality.estimates import Estimate
from corelate.augment.quality.families import Family
from corelate.augment.quality.looking import FEATURES, MEASURES, PIXELS
from corelate.augment.quality.options import QualityOptions
from corelate.augment.quality.pixel_distances import peak_signal_to_noise
from corelate.augment.quality.yardsticks import YARDSTICKS
from corelate.data.annotation_set import AnnotationSet
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FamilyQuality:
    """An original and its generated pictures, measured.

    Attributes:
        family: Their rows.
        rows: The k generated pictures that could be read.
        views: How each of these lay before it was brought upright.
        distances: By measure the distance of each to the original, float64[k].
        between: By measure the mean distance between two of them; without the measures where k is 1.
        nearest: For each the row of the original with the nearest features; None without features.
    """

    family: Family
    rows: tuple[int, ...]
    views: tuple[str, ...]
    distances: Mapping[str, np.ndarray]
    between: Mapping[str, float]
    nearest: np.ndarray | None = None

    def with_nearest(self, rows: np.ndarray) -> FamilyQuality:
        """Return the same with the originals that are nearest."""
        return replace(self, nearest=rows)

    def mean(self, measure: str) -> float:
        """Return the mean distance to the original."""
        return float(self.distances[measure].mean())

    @property
    def own_nearest(self) -> float | None:
        """The share of the pictures whose nearest original is their own; None without features."""
        return None if self.nearest is None else float((self.nearest == self.family.original).mean())


@dataclass(frozen=True)
class GeneratedQuality:
    """How near generated pictures are to their originals and to each other.

    Attributes:
        families: The M originals that were measured, in the order of the data.
        yardsticks: By name and measure the mean distance of the originals to something well known.
        failures: Why pictures can't be read, each with its name before.
        available: How many originals with generated pictures there are.
        source: The data set in words.
        features: The network in words; empty for none.
        options: How it was measured.
        annotations: Real and generated pictures.
    """

    families: tuple[FamilyQuality, ...]
    yardsticks: Mapping[str, Mapping[str, Estimate]]
    failures: tuple[str, ...]
    available: int
    source: str
    features: str
    options: QualityOptions
    annotations: AnnotationSet = field(repr=False)

    @property
    def measures(self) -> tuple[str, ...]:
        """The distances that were measured."""
        return tuple(measure for measure in MEASURES if measure != FEATURES or self.features)

    @property
    def ordered_by(self) -> str:
        """The measure by which originals are put in order: features where there are any."""
        return FEATURES if self.features else PIXELS

    @property
    def generated(self) -> int:
        """How many generated pictures were measured."""
        return sum(len(family.rows) for family in self.families)

    @cached_property
    def to_original(self) -> dict[str, Estimate]:
        """By measure the mean distance of generated pictures to their originals."""
        return {name: Estimate.of([family.mean(name) for family in self.families]) for name in self.measures}

    @cached_property
    def to_each_other(self) -> dict[str, Estimate]:
        """By measure the mean distance between generated pictures of the same original."""
        return {
            name: Estimate.of([family.between.get(name, np.nan) for family in self.families]) for name in self.measures
        }

    @cached_property
    def own_nearest(self) -> Estimate | None:
        """The share of generated pictures whose nearest original is their own; None without features."""
        shares = [family.own_nearest for family in self.families]
        known = [share for share in shares if share is not None]
        return Estimate.of(known) if known else None

    @property
    def heading(self) -> str:
        """What was measured, in words."""
        count = len(self.families)
        chosen = f"{count:,} of {self.available:,} originals" if count < self.available else _counted(count, "original")
        how = ", drawn at random" if 0 < self.options.pictures < self.available else ""
        return f"{_counted(self.generated, 'generated picture')} of {chosen}{how}"

    @cached_property
    def spread(self) -> list[FamilyQuality]:
        """The originals on the sheet, from the nearest to the farthest, evenly by rank."""
        ordered = sorted(self.families, key=lambda family: family.mean(self.ordered_by))
        rows = min(self.options.rows, len(ordered))
        places = np.linspace(0, len(ordered) - 1, rows).round().astype(int)
        return [ordered[place] for place in places]

    def table(self) -> Table:
        """Return one row for each original; what holds for all is in `about`."""
        columns = (
            *("original", "generated", "pixels", "psnr", "structure", "features", "own_nearest"),
            *("between_pixels", "between_structure", "between_features"),
            *("pictures", "views", "each_pixels", "each_structure", "each_features"),
        )
        return Table(columns, [self._row(family) for family in self.families], self._about())

    def draw(self) -> Figure:
        """Return a sheet of originals, each beside its generated pictures."""
        from corelate.augment.quality.drawing import draw_sheet

        return draw_sheet(self)

    def _row(self, family: FamilyQuality) -> tuple[Any, ...]:
        pictures = self.annotations.pictures
        names = [pictures[row].name for row in family.rows]
        means = {name: family.mean(name) for name in self.measures}
        psnr = peak_signal_to_noise(means[PIXELS])
        each = [family.distances[name].tolist() if name in family.distances else None for name in MEASURES]
        between = [family.between.get(name) for name in MEASURES]
        return (
            *(pictures[family.family.original].name, len(names), means[PIXELS], psnr if np.isfinite(psnr) else None),
            *(means["structure"], means.get(FEATURES), family.own_nearest),
            *between,
            *(names, list(family.views)),
            *each,
        )

    def _about(self) -> dict[str, Any]:
        nearest = self.own_nearest
        return {
            "source": self.source,
            "originals": len(self.families),
            "available": self.available,
            "generated": self.generated,
            "unreadable": len(self.failures),
            "features": self.features or None,
            "measures": {name: MEASURES[name] for name in self.measures},
            "options": asdict(self.options),
            "to_original": _as_json(self.to_original),
            "to_each_other": _as_json(self.to_each_other),
            "own_nearest": nearest and nearest.to_json(),
            "own_nearest_by_chance": 1 / len(self.families) if nearest else None,
            "yardsticks": {
                name: {"what": words, **_as_json(self.yardsticks[name])} for name, words in YARDSTICKS.items()
            },
        }


def _as_json(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_json() for name, estimate in estimates.items()}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
