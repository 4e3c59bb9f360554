"""The pictures on which runs give the most different tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.explain.sheet.picture_tags import Tag, tags_of
from corelate.report.comparison import ComparedRun, Comparison

PICTURES = 12


@dataclass(frozen=True)
class Disagreement:
    """A picture, and what each run says of it.

    Attributes:
        name: The picture's name.
        labels: How many labels some of the runs give it and others don't, of those whose truth is known.
        common: The tags that all runs give it, and those that all miss; scores are the first run's.
        own: For each run its tags that not all runs have: given ones, and missed ones that another run has found.
    """

    name: str
    labels: int
    common: tuple[Tag, ...]
    own: tuple[tuple[Tag, ...], ...]


def disagreements(comparison: Comparison, count: int = PICTURES) -> list[Disagreement]:
    """Return the pictures on which the paired runs differ in the most labels; those with equal numbers as in the data.

    Pictures on which all agree are left out, so that there may be fewer than `count`, or none.
    """
    runs = comparison.paired
    if len(runs) < 2:
        return []
    differing = differing_labels(runs, comparison.base.judged.targets)
    rows = np.argsort(-differing, kind="stable")[:count]
    return [_disagreement(comparison, runs, int(row), int(differing[row])) for row in rows if differing[row]]


def differing_labels(runs: Sequence[ComparedRun], targets: np.ndarray) -> np.ndarray:
    """Return for each picture how many known labels some of the runs give it and others don't, int64[N]."""
    some, every = runs[0].predicted.copy(), runs[0].predicted.copy()
    for run in runs[1:]:
        some |= run.predicted
        every &= run.predicted
    return np.count_nonzero(some & ~every & (targets != UNKNOWN), axis=1)


def _disagreement(comparison: Comparison, runs: Sequence[ComparedRun], row: int, labels: int) -> Disagreement:
    tags = []
    for run in runs:
        assert run.alignment.rows is not None  # paired runs have rows
        tags.append(tags_of(run.judged, int(run.alignment.rows[row])))
    held = [{(tag.label, tag.kind) for tag in each} for each in tags]
    shared = set.intersection(*held)
    common = tuple(tag for tag in tags[0] if (tag.label, tag.kind) in shared)
    own = tuple(tuple(tag for tag in each if (tag.label, tag.kind) not in shared) for each in tags)
    return Disagreement(str(comparison.base.judged.names[row]), labels, common, own)
