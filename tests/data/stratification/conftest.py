"""Data sets made of label lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import FileReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary


def make_pictures(
    labels: Sequence[Sequence[int]],
    label_count: int = 6,
    groups: Sequence[str] | None = None,
    unknown: Sequence[Sequence[int]] | None = None,
) -> AnnotationSet:
    """Return a set of pictures with the given columns as labels."""
    return AnnotationSet(
        pictures=[FileReference(Path(str(row)), str(row)) for row in range(len(labels))],
        vocabulary=Vocabulary([f"label {number}" for number in range(label_count)]),
        targets=TargetMatrix.from_rows(labels, label_count, unknown),
        groups=None if groups is None else np.array(groups, dtype=np.str_),
    )


@pytest.fixture(scope="session")
def pictures() -> Callable[..., AnnotationSet]:
    """Make a data set: ``pictures([[0, 2], [], [1]], groups=["a", "", "a"])``."""
    return make_pictures


@pytest.fixture(scope="session")
def archive() -> AnnotationSet:
    """A thousand pictures with 60 labels whose frequencies differ as those of an archive do."""
    generator = np.random.default_rng(0)
    chances = 1 / np.arange(1, 61)
    labels = [generator.choice(60, size=size, p=chances / chances.sum()) for size in generator.integers(0, 8, 1000)]
    return make_pictures([row.tolist() for row in labels], 60)
