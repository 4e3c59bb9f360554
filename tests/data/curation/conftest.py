"""Small sets whose targets are told as lists, and the same work done picture by picture on Python sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary

Listed = tuple[list[str], list[str]]


class Nameless:
    """As many pictures as are needed."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count


def labelled(labels: list[str], pictures: list[Listed], splits: list[str] | None = None) -> AnnotationSet:
    """Return a set whose pictures have the labels listed first, in that order, and don't know those listed second."""
    import numpy as np

    vocabulary = Vocabulary(labels)
    targets = TargetMatrix.from_rows(
        [[vocabulary.index(label) for label in present] for present, _ in pictures],
        len(vocabulary),
        [[vocabulary.index(label) for label in unknown] for _, unknown in pictures],
    )
    divided = None if splits is None else np.array(splits, dtype=object)
    return AnnotationSet(Nameless(len(pictures)), vocabulary, targets, divided)  # type: ignore[arg-type]


def listed(annotations: AnnotationSet) -> list[tuple[list[str], set[str]]]:
    """Return for each picture its labels in the order of its list, and the unknown ones."""
    result = []
    for places in annotations.targets.dense_places():
        in_order = sorted((place, column) for column, place in enumerate(places) if place > 0)
        assert [place for place, _ in in_order] == list(range(1, len(in_order) + 1)), "places count from 1"
        names = [annotations.vocabulary[column] for _, column in in_order]
        result.append((names, {annotations.vocabulary[column] for column, place in enumerate(places) if place < 0}))
    return result


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], str]:
    """Write a file and return its name."""

    def write(name: str, content: str) -> str:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write
