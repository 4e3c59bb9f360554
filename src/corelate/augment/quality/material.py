"""What is kept while many originals and generated pictures are seen, and the yardsticks that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from corelate.augment.quality.estimates import Estimate
from corelate.augment.quality.families import Family
from corelate.augment.quality.feature_distances import cosine_distances, nearest_rows
from corelate.augment.quality.generated_quality import FamilyQuality
from corelate.augment.quality.looking import FEATURES, PIXELS, STRUCTURE, Frame, Looked, distances_undone
from corelate.augment.quality.yardsticks import ALIKE, ANOTHER, COPIES, partners_at_random, partners_by_labels
from corelate.data.annotation_set import AnnotationSet


@dataclass
class Material:
    """What is kept of all families until everything has been seen.

    Of each family the numbers, of the first families also a small frame; of pictures no more than their features.

    Attributes:
        annotations: The data set.
        families: Those that could be compared, in the order in which they were seen.
        failures: Why pictures can't be read.
        frames: Originals that yardsticks are measured on, each with its place in `families`.
        own: The distances of these to copies of themselves.
        original_features: D features of each family's original; empty without a network.
        generated_features: k×D of each family's generated pictures.
    """

    annotations: AnnotationSet
    families: list[FamilyQuality] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    frames: list[tuple[int, Frame]] = field(default_factory=list)
    own: list[dict[str, dict[str, float]]] = field(default_factory=list)
    original_features: list[np.ndarray] = field(default_factory=list)
    generated_features: list[np.ndarray] = field(default_factory=list)

    def add(self, family: Family, seen: Looked, features: np.ndarray | None) -> None:
        """Keep what was seen of one family."""
        self.failures += seen.failures
        if seen.original is None or not seen.places:
            return
        distances, between = dict(seen.distances), dict(seen.between)
        if features is not None:
            generated = features[1 : 1 + len(seen.places)]
            copies = features[1 + len(seen.places) :]
            distances[FEATURES] = _to_first(features[0], generated)
            if len(generated) > 1:
                first, second = zip(*combinations(range(len(generated)), 2), strict=True)
                between[FEATURES] = float(cosine_distances(generated[list(first)], generated[list(second)]).mean())
            for name, value in zip(seen.own, _to_first(features[0], copies), strict=True):
                seen.own[name][FEATURES] = value
            self.original_features.append(features[0])
            self.generated_features.append(generated)
        if seen.own:
            self.frames.append((len(self.families), seen.original))
            self.own.append(seen.own)
        rows = [family.generated[place] for place in seen.places]
        values = {name: np.array(each) for name, each in distances.items()}
        self.families.append(FamilyQuality(family, tuple(rows), tuple(seen.views), values, between))

    def measured(self) -> tuple[FamilyQuality, ...]:
        """Return the families in the order of the data, with whose original is the nearest to each picture."""
        families = self.families
        if self.original_features:
            owners = np.repeat(np.arange(len(families)), [len(family.rows) for family in families])
            nearest = nearest_rows(np.concatenate(self.generated_features), np.stack(self.original_features), owners)
            rows = np.array([family.family.original for family in families])[nearest]
            parts = np.split(rows, np.cumsum([len(family.rows) for family in families])[:-1])
            families = [family.with_nearest(part) for family, part in zip(families, parts, strict=True)]
        return tuple(sorted(families, key=lambda family: family.family.original))

    def yardsticks(self, seed: int) -> dict[str, dict[str, Estimate]]:
        """Return each yardstick by each measure."""
        measures = [PIXELS, STRUCTURE, *([FEATURES] if self.original_features else [])]
        result = {
            name: {measure: Estimate.of([own[name][measure] for own in self.own]) for measure in measures}
            for name in COPIES
        }
        rows = [self.families[place].family.original for place, _ in self.frames]
        count = len(rows)
        alike = partners_by_labels(self.annotations.targets.select(rows)) if count > 1 else np.full(count, -1)
        partners = {ALIKE: alike, ANOTHER: partners_at_random(count, seed) if count > 1 else alike}
        for name, of in partners.items():
            pairs = [(place, partner) for place, partner in enumerate(of.tolist()) if partner >= 0]
            values = [self._pair(first, second) for first, second in pairs]
            result[name] = {measure: Estimate.of([value[measure] for value in values]) for measure in measures}
        return result

    def _pair(self, first: int, second: int) -> dict[str, float]:
        (place, frame), (other_place, other) = self.frames[first], self.frames[second]
        distances = distances_undone(other, frame)
        if self.original_features:
            features = self.original_features[other_place][None]
            distances[FEATURES] = _to_first(self.original_features[place], features)[0]
        return distances


def _to_first(first: np.ndarray, others: np.ndarray) -> list[float]:
    """Return the cosine distances of one feature D to others B×D."""
    distances: list[float] = cosine_distances(np.broadcast_to(first, others.shape), others).tolist()
    return distances
