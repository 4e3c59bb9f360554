"""What is in a data set, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.targets import UNKNOWN

EXAMPLES = 10


@dataclass(frozen=True)
class Summary:
    """The numbers of a data set.

    Attributes:
        source: Where the set came from.
        pictures: How many pictures there are.
        labels: The size of the vocabulary.
        label_marks: How many times a picture has a label, over all pictures and labels.
        unknown_cells: How many times it is not known whether a picture has a label.
        splits: Pictures in each given split; the name is empty for those in none.
        groups: How many different groups are given, or None.
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
    labels_per_picture: dict[int, int]
    label_counts: dict[str, int]
    unlabelled_pictures: list[str]
    problems: dict[str, int]

    @property
    def labels_a_picture(self) -> float:
        """The mean number of labels of a picture."""
        return self.label_marks / self.pictures if self.pictures else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; the keys of `labels_per_picture` become text."""
        counts = {str(number): count for number, count in self.labels_per_picture.items()}
        return asdict(self) | {"labels_a_picture": self.labels_a_picture, "labels_per_picture": counts}


def summarise(annotations: AnnotationSet) -> Summary:
    """Count what is in a data set."""
    per_picture = annotations.targets.labels_per_picture()
    counts = annotations.targets.label_counts()
    order = np.argsort(-counts, kind="stable")
    splits = annotations.splits
    unlabelled = np.flatnonzero(per_picture == 0)[:EXAMPLES]
    return Summary(
        source=annotations.source,
        pictures=len(annotations),
        labels=len(annotations.vocabulary),
        label_marks=int(counts.sum()),
        unknown_cells=int((annotations.targets.values == UNKNOWN).sum()),
        splits={} if splits is None else {name: int((splits == name).sum()) for name in annotations.split_names()},
        groups=None if annotations.groups is None else len(np.unique(annotations.groups)),
        labels_per_picture={number: int(count) for number, count in enumerate(np.bincount(per_picture)) if count},
        label_counts={annotations.vocabulary[column]: int(counts[column]) for column in order},
        unlabelled_pictures=[annotations.pictures[row].name for row in unlabelled],
        problems=annotations.problems.counts(),
    )
