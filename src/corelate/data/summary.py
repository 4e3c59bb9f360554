"""What is in a data set, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation import Curation
from corelate.data.originals import is_generated, without_generated
from corelate.data.roles import sides
from corelate.data.splits import cut_groups
from corelate.data.targets import UNKNOWN

EXAMPLES = 10


@dataclass(frozen=True)
class Summary:
    """The numbers of a data set.

    Attributes:
        source: Where the set came from.
        pictures: How many pictures there are, without generated ones; all figures below are of these.
        labels: The size of the vocabulary.
        label_marks: How many times a picture has a label, over all pictures and labels.
        unknown_cells: How many times it is not known whether a picture has a label.
        splits: Pictures in each given split; the name is empty for those in none.
        groups: How many different groups are given, or None.
        cut_groups: How many groups have pictures in more than one split.
        folds: Pictures that each fold holds out, or None; 0 stands for no fold.
        generated: How many generated pictures there are besides, or None where the set does not tell them apart.
        generated_from: How many pictures they were generated from.
        generated_weight: How often each is learned from in an epoch, or None where this differs or there are none.
        curation: What was done to the labels by `merge`, `hierarchy` and `minimum_count`, or None.
        labels_per_picture: How many pictures have 0 labels, 1 label and so on, for the numbers that occur.
        label_counts: Pictures that have each label, the most frequent label first; equals in vocabulary order.
        unlabelled_pictures: The names of the first pictures that have no label.
        problems: How many problems of each kind the source has.
    """

    source: str
    pictures: int
    labels: int
    label_marks: int
    unknown_cells: int
    splits: dict[str, int]
    groups: int | None
    cut_groups: int
    folds: dict[int, int] | None
    generated: int | None
    generated_from: int
    generated_weight: float | None
    curation: Curation | None
    labels_per_picture: dict[int, int]
    label_counts: dict[str, int]
    unlabelled_pictures: list[str]
    problems: dict[str, int]

    @property
    def labels_a_picture(self) -> float:
        """The mean number of labels of a picture."""
        return self.label_marks / self.pictures if self.pictures else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; numbers that are keys become text."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("labels_per_picture", "folds"):
            values[name] = values[name] and {str(number): count for number, count in values[name].items()}
        curation = self.curation and self.curation.to_json()
        return values | {"labels_a_picture": self.labels_a_picture, "curation": curation}


def summarise(annotations: AnnotationSet) -> Summary:
    """Count what is in a data set; of generated pictures no more than that they are there."""
    variants = _generated(annotations)
    annotations = without_generated(annotations)
    per_picture = annotations.targets.labels_per_picture()
    counts = annotations.targets.label_counts()
    order = np.argsort(-counts, kind="stable")
    splits, folds = annotations.splits, annotations.folds
    unlabelled = np.flatnonzero(per_picture == 0)[:EXAMPLES]
    return Summary(
        source=annotations.source,
        pictures=len(annotations),
        labels=len(annotations.vocabulary),
        label_marks=int(counts.sum()),
        unknown_cells=int((annotations.targets.values == UNKNOWN).sum()),
        splits={} if splits is None else {name: int((splits == name).sum()) for name in annotations.split_names()},
        groups=None if annotations.groups is None else len(set(annotations.groups.tolist()) - {""}),
        cut_groups=0 if splits is None else len(cut_groups(annotations, sides(splits))),
        folds=None if folds is None else {int(fold): int((folds == fold).sum()) for fold in np.unique(folds)},
        **variants,
        curation=annotations.curation,
        labels_per_picture={number: int(count) for number, count in enumerate(np.bincount(per_picture)) if count},
        label_counts={annotations.vocabulary[column]: int(counts[column]) for column in order},
        unlabelled_pictures=[annotations.pictures[row].name for row in unlabelled],
        problems=annotations.problems.counts(),
    )


def _generated(annotations: AnnotationSet) -> dict[str, Any]:
    if annotations.originals is None:
        return {"generated": None, "generated_from": 0, "generated_weight": None}
    rows = is_generated(annotations)
    weights = np.ones(1) if annotations.weights is None else np.unique(annotations.weights[rows])
    return {
        "generated": int(rows.sum()),
        "generated_from": len(set(annotations.originals[rows].tolist())),
        "generated_weight": float(weights[0]) if len(weights) == 1 and rows.any() else None,
    }
