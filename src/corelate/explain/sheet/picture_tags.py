"""The tags of one picture: which are right, wrong or missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.explain.judged import Judged
from corelate.explain.sheet.confident_errors import cell_errors, thresholds_of

SIGNS = {"right": "✓", "wrong": "✗", "missed": "–", "unknown": "?"}
"""The kinds of tags in the order in which they are shown, each with its sign."""


@dataclass(frozen=True)
class Tag:
    """A label that a picture has or was given.

    Attributes:
        label: The label.
        kind: ``right``: given and true; ``wrong``: given and not true; ``missed``: true and not given; ``unknown``:
            given, and nobody knows whether it is true.
        score: The score, in [0, 1].
        threshold: What the score was compared with, see `corelate.explain.sheet.confident_errors.thresholds_of`.
        error: How confident the error is, see `corelate.explain.sheet.confident_errors`: at least 1/2 where the tag is
            wrong or missed, 0 where the truth is unknown.
    """

    label: str
    kind: str
    score: float
    threshold: float
    error: float = 0.0


def tags_of(judged: Judged, row: int) -> list[Tag]:
    """Return the tags of a picture: right, wrong, missed, and of unknown truth.

    Right ones and those of unknown truth begin with the highest score, wrong and missed ones with the most confident
    error; equal ones keep the order of the labels.
    """
    rows = np.array([row])
    errors = cell_errors(judged, rows)[0]
    scores, given, targets = judged.scores[row].astype(np.float64), judged.predicted[row], judged.targets[row]
    thresholds = np.broadcast_to(thresholds_of(judged, rows), (1, len(scores)))[0]
    kinds = {
        "right": (given & (targets == PRESENT), scores),
        "wrong": (given & (targets == ABSENT), errors),
        "missed": (~given & (targets == PRESENT), errors),
        "unknown": (given & (targets == UNKNOWN), scores),
    }
    tags = []
    for kind, (chosen, key) in kinds.items():
        columns = np.flatnonzero(chosen)
        for column in columns[np.argsort(-key[columns], kind="stable")]:
            figures = (float(values[column]) for values in (scores, thresholds, errors))
            tags.append(Tag(judged.labels[column], kind, *figures))
    return tags
