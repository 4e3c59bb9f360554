"""Generated pictures in a training: they are learned from where their originals are, and used for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.originals import how_often, is_generated, learned_variants, original_rows, real_rows


def real_first(annotations: AnnotationSet, train: np.ndarray) -> AnnotationSet:
    """Return the real pictures, and behind them the generated ones that are ever learned from.

    Args:
        annotations: All pictures.
        train: Numbers, among the real pictures, of those that are learned from.
    """
    real = real_rows(annotations)
    return annotations.select(np.concatenate([real, learned_variants(annotations, real[train])]))


def ever_learned(annotations: AnnotationSet) -> AnnotationSet:
    """Return the real pictures, and behind them all generated ones that weigh more than nothing."""
    if annotations.originals is None:
        return annotations
    return real_first(annotations, np.arange(len(real_rows(annotations))))


def with_variants(annotations: AnnotationSet, rows: np.ndarray) -> np.ndarray:
    """Return the rows of real pictures that are learned from, and behind them those generated from these."""
    return np.concatenate([rows, learned_variants(annotations, rows)])


@dataclass(frozen=True)
class VariantCounts:
    """How many generated pictures a run learns from.

    Attributes:
        given: Whether the data set has or had any.
        pictures: How many are learned from.
        originals: How many pictures they were generated from.
        train: How many real pictures are learned from.
        weights: The different weights of these generated pictures, ascending.
        in_an_epoch: How many an epoch takes, on average.
    """

    given: bool
    pictures: int
    originals: int
    train: int
    weights: tuple[float, ...]
    in_an_epoch: float

    @classmethod
    def of(cls, annotations: AnnotationSet, train: np.ndarray) -> VariantCounts:
        """Count those of the real pictures that are learned from."""
        rows = learned_variants(annotations, train)
        weights = np.ones(len(rows)) if annotations.weights is None else annotations.weights[rows]
        originals = len(np.unique(original_rows(annotations)[rows]))
        given = annotations.originals is not None
        different = tuple(np.unique(weights).tolist())
        return cls(given, len(rows), originals, len(train), different, float(weights.sum()))

    def describe(self) -> str:
        """Return a line for the user; nothing where the data set has no generated pictures."""
        if not self.given:
            return ""
        if not self.pictures:
            return "no generated picture is learned from: none is of a picture that is, or their weight is 0"
        often = f"{how_often(self.weights[0])} an epoch" if len(self.weights) == 1 else "as often as its weight says"
        return (
            f"{self.pictures:,} generated pictures of {self.originals:,} of the {self.train:,} training pictures are "
            f"learned from, each {often} ({self.in_an_epoch:,.6g} in an epoch); nothing is judged on them"
        )

    def to_json(self) -> dict[str, Any]:
        """Return what ``metrics.json`` says of them; nothing where the data set has none."""
        if not self.given:
            return {}
        weight = self.weights[0] if len(self.weights) == 1 else None
        return {
            "generated": self.pictures,
            "generated_from": self.originals,
            "generated_weight": weight,
            "generated_in_an_epoch": round(self.in_an_epoch, 6),
        }


def variants_digest(annotations: AnnotationSet) -> list[list[Any]] | None:
    """Return which pictures were generated from which, and all weights; None where there is nothing to say."""
    generated = is_generated(annotations)
    weighs = annotations.weights is not None and bool((annotations.weights != 1).any())
    if not generated.any() and not weighs:
        return None
    originals = [] if annotations.originals is None else annotations.originals.tolist()
    weights = [] if annotations.weights is None else annotations.weights.tolist()
    return [originals, weights]
