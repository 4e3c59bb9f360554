"""Maps of label vectors: one for each stage of a training, of the same labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.errors import EmbeddingError, OptionError
from corelate.explain.label_maps.alignment import groups_of, laid_over, upright
from corelate.explain.label_maps.map_options import MapOptions
from corelate.explain.label_maps.neighbours import (
    chance_to_co_occur,
    co_occurring,
    nearest,
    shared,
    strongest_pairs,
)
from corelate.explain.label_maps.projection import comparable, project
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from corelate.labels.cooccurrence import CooccurrenceCounts

PAIRS_A_LABEL, MOST_PAIRS = 2, 600


@dataclass(frozen=True, eq=False)
class LabelMap:
    """One map.

    Attributes:
        stage: What the vectors are.
        width: Numbers in a vector.
        places: L×2; units mean nothing.
        how: How the places were found, in words.
        nearest: The labels whose vectors are nearest to each label's, nearest first, L×K.
        shown: Share of these that are among the K nearest on the map too, of length L.
        kept: Share of these that are among the K nearest of the map before, of length L; None for the first map.
        co_occurring: Share of these that stand in a picture with the label, of length L, NaN for labels that no picture
            has; None where nothing was counted.
    """

    stage: str
    width: int
    places: np.ndarray
    how: str
    nearest: np.ndarray
    shown: np.ndarray
    kept: np.ndarray | None
    co_occurring: np.ndarray | None


@dataclass(frozen=True, eq=False)
class LabelMaps:
    """Maps of the vectors of L labels.

    Attributes:
        labels: The labels.
        maps: One for each stage, in order; turned such that they lie over the last one as well as they can.
        groups: Region of the last map that a label lies in, int64 of length L; its colour in all maps.
        options: How the maps were made.
        counts: Training pictures of each label, of length L, or None.
        pairs: Labels that go together most, E×2.
        chance: Share of all pairs of labels that stand together in a picture, or None where nothing was counted.
        source: Whose vectors they are, in words.
        notes: What a reader should know, in sentences.
    """

    labels: tuple[str, ...]
    maps: tuple[LabelMap, ...]
    groups: np.ndarray
    options: MapOptions
    counts: np.ndarray | None
    pairs: np.ndarray
    chance: float | None
    source: str = ""
    notes: tuple[str, ...] = ()

    def table(self) -> Table:
        """Return a row for each stage and label."""
        columns = ("stage", "label", "x", "y", "group", "training_count", "nearest", "shown", "kept", "co_occurring")
        rows = [self._row(label_map, label) for label_map in self.maps for label in range(len(self.labels))]
        about = {
            "source": self.source,
            "distance": self.options.distance,
            "seed": self.options.seed,
            "stages": [_figures(label_map) for label_map in self.maps],
            "all_pairs_co_occurring": self.chance,
            "notes": self.notes,
        }
        return Table(columns, rows, about)

    def _row(self, label_map: LabelMap, label: int) -> list[Any]:
        return [
            label_map.stage,
            self.labels[label],
            *label_map.places[label].tolist(),
            int(self.groups[label]),
            None if self.counts is None else int(self.counts[label]),
            [self.labels[near] for near in label_map.nearest[label]],
            label_map.shown[label],
            None if label_map.kept is None else label_map.kept[label],
            None if label_map.co_occurring is None else label_map.co_occurring[label],
        ]

    def draw(self) -> Figure:
        """Return one panel for each map."""
        from corelate.explain.label_maps.drawing import draw_label_maps

        return draw_label_maps(self)

    def describe(self) -> list[str]:
        """Return in words what is to be seen: a line for each stage, and the notes."""
        from corelate.explain.label_maps.words import stage_line

        lines = [stage_line(self, number) for number in range(len(self.maps))]
        return [*lines, *self.notes]


def map_labels(
    stages: Mapping[str, np.ndarray],
    labels: Sequence[str],
    *,
    counts: np.ndarray | None = None,
    together: CooccurrenceCounts | None = None,
    options: MapOptions | None = None,
    source: str = "",
    notes: Sequence[str] = (),
) -> LabelMaps:
    """Return maps of vectors.

    Args:
        stages: Vectors L×E by what they are, in the order of the panels; each stage has an E of its own.
        labels: The L labels.
        counts: Training pictures of each label, of length L, for the size of its dot and text; by default those of
            `together`.
        together: How often labels stand together: for the lines between labels, and for how many of a label's
            neighbours stand with it.
        options: How the maps are made.
        source: Whose vectors they are, in words.
        notes: What a reader should know, in sentences.

    Raises:
        OptionError: No stage, or counts of another number of labels.
        EmbeddingError: Vectors of another number of labels, or that are no finite numbers.
        MissingExtraError: UMAP is asked for and not installed.
    """
    options = options or MapOptions()
    if counts is None and together is not None:
        counts = together.occurrences
    _check(stages, labels, counts, together)
    points = [comparable(vectors, options.distance) for vectors in stages.values()]
    found = [project(vectors, options) for vectors in points]
    last = upright(found[-1][0])
    neighbours = [nearest(vectors) for vectors in points]
    maps = tuple(
        LabelMap(
            stage,
            int(np.shape(vectors)[1]),
            (places := last if number == len(found) - 1 else laid_over(found[number][0], last)),
            found[number][1],
            neighbours[number],
            shared(neighbours[number], nearest(places)),
            shared(neighbours[number], neighbours[number - 1]) if number else None,
            None if together is None else co_occurring(neighbours[number], together),
        )
        for number, (stage, vectors) in enumerate(stages.items())
    )
    pairs = np.empty((0, 2), np.int64) if together is None else strongest_pairs(together, PAIRS_A_LABEL, MOST_PAIRS)
    chance = None if together is None else chance_to_co_occur(together)
    groups = groups_of(last, options.seed)
    return LabelMaps(tuple(labels), maps, groups, options, counts, pairs, chance, source, tuple(notes))


def _check(
    stages: Mapping[str, np.ndarray],
    labels: Sequence[str],
    counts: np.ndarray | None,
    together: CooccurrenceCounts | None,
) -> None:
    if not stages or not len(labels):
        raise OptionError("a map of labels needs at least one stage of vectors, and one label")
    for stage, vectors in stages.items():
        shape = np.shape(vectors)
        if len(shape) != 2 or shape[0] != len(labels) or not shape[1]:
            raise EmbeddingError(f"{stage} of shape {shape} do not fit {len(labels)} labels: expected a row for each")
        wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(wrong):
            raise EmbeddingError(
                f"{stage} of {len(wrong)} labels, the first {labels[wrong[0]]!r}, hold numbers that are not finite; "
                "they can't be drawn: the training went astray, lower its learning rate"
            )
    counted = {"counts": counts, "together": None if together is None else together.occurrences}
    for name, values in counted.items():
        if values is not None and np.shape(values) != (len(labels),):
            raise OptionError(f"{name} of shape {np.shape(values)} for {len(labels)} labels: expected one for each")


def _figures(label_map: LabelMap) -> dict[str, Any]:
    from corelate.explain.label_maps.words import mean

    return {
        "stage": label_map.stage,
        "width": label_map.width,
        "how": label_map.how,
        "neighbours": label_map.nearest.shape[1],
        "shown": mean(label_map.shown),
        "kept": mean(label_map.kept),
        "co_occurring": mean(label_map.co_occurring),
    }
