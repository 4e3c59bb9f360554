"""The one form that every data set is read into: pictures, labels and which belongs to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from corelate.data.joined_references import chosen_pictures, picture_names
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError

if TYPE_CHECKING:
    from corelate.data.curation import Curation, LabelHierarchy

COLUMNS = ("splits", "groups", "folds", "originals", "weights")
"""What may be known of each picture beside its labels."""


@dataclass(frozen=True)
class AnnotationSet:
    """Pictures with their labels.

    Attributes:
        pictures: N references; nothing is read before it is needed.
        vocabulary: The L labels that are the columns of `targets`.
        targets: N×L sparse matrix of present, absent and unknown labels.
        splits: The split each picture was given by its source (``"train"``, ``"test"`` …), empty for none; or None.
        groups: What must not be divided between splits, for each picture, empty for none; or None.
        folds: The fold that holds each picture out, from 1, and 0 for none; or None.
        originals: For each picture that was generated from another, that one's name, and empty for all others; or None.
        weights: How often each picture is learned from in an epoch, on average; or None for once.
        source: Where the set came from, for messages and provenance.
        problems: What was wrong with the source.
        curation: What was done to the labels that the source has, or None.
    """

    pictures: Sequence[ImageReference]
    vocabulary: Vocabulary
    targets: TargetMatrix
    splits: np.ndarray | None = None
    groups: np.ndarray | None = None
    folds: np.ndarray | None = None
    originals: np.ndarray | None = None
    weights: np.ndarray | None = None
    source: str = ""
    problems: Problems = field(default_factory=lambda: Problems(""), compare=False)
    curation: Curation | None = None

    def __post_init__(self) -> None:
        if self.targets.shape != (len(self.pictures), len(self.vocabulary)):
            raise DataError(
                f"targets of shape {self.targets.shape} do not fit {len(self.pictures)} pictures "
                f"and {len(self.vocabulary)} labels"
            )
        for name in COLUMNS:
            column = getattr(self, name)
            if column is not None and len(column) != len(self.pictures):
                raise DataError(f"{len(column)} {name} for {len(self.pictures)} pictures")
        if self.curation is not None and self.curation.hierarchy.vocabulary != self.vocabulary:
            raise DataError("the hierarchy of the labels belongs to another vocabulary; curate the set again")

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def names(self) -> list[str]:
        """The pictures' names, in order."""
        return picture_names(self.pictures)

    @property
    def hierarchy(self) -> LabelHierarchy:
        """Which labels imply which; without edges where none do."""
        from corelate.data.curation.hierarchy import LabelHierarchy

        return LabelHierarchy(self.vocabulary) if self.curation is None else self.curation.hierarchy

    def labels_of(self, row: int) -> list[str]:
        """Return the labels of one picture, in vocabulary order."""
        return [self.vocabulary[column] for column in self.targets.present(row)]

    def select(self, rows: np.ndarray | Sequence[int]) -> AnnotationSet:
        """Return the set of the chosen pictures, in the order given."""
        rows = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            pictures=chosen_pictures(self.pictures, rows),
            targets=self.targets.select(rows),
            **{name: column[rows] for name in COLUMNS if (column := getattr(self, name)) is not None},
        )

    def split_names(self) -> list[str]:
        """Return the names of the given splits, in order of first appearance; empty when there are none."""
        return [] if self.splits is None else list(dict.fromkeys(self.splits.tolist()))

    def split(self, name: str) -> AnnotationSet:
        """Return the pictures of one given split.

        Raises:
            DataError: The set has no such split.
        """
        if self.splits is None or name not in self.splits:
            known = ", ".join(self.split_names()) or "none"
            raise DataError(f"{self.source or 'the data set'} has no split {name!r}; its splits are: {known}")
        return self.select(np.flatnonzero(self.splits == name))
