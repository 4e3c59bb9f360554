"""Check `together`: labels that the data can't tell apart, since they always come together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from corelate.data.curation.hierarchy import LabelHierarchy
from corelate.data.targets import PRESENT, TargetMatrix
from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity, counted, listed

ALWAYS = Kind(
    "together",
    "always together",
    Severity.WARNING,
    "labels that the same pictures have",
    "Keep one of them, or label pictures that have only one: no network can learn the difference.",
)
ONLY_WITH = Kind(
    "together",
    "only with another",
    Severity.HINT,
    "labels that only come with another",
    "If the one means the other as well (dog: animal), write it into a hierarchy file; else look for pictures without.",
)
# Share of labels that would be named by chance alone, were labels independent.
CHANCE = 0.01


def find(case: Case) -> Iterator[Finding]:
    """Yield groups of labels with the same pictures, then pairs of which one never comes without the other.

    What the set's hierarchy itself brings about is passed over.
    """
    targets, labels = case.annotations.targets, case.annotations.vocabulary.labels
    implications = _Implications(case.annotations.hierarchy)
    rows_of = _rows_by_label(targets)
    enough = [column for column, rows in enumerate(rows_of) if len(rows) >= case.options.minimum_together]
    groups: dict[bytes, list[int]] = {}
    for column in enough:
        groups.setdefault(rows_of[column].tobytes(), []).append(column)
    for group in groups.values():
        if len(unexplained := implications.unexplained(group)) > 1:
            names, count = [labels[column] for column in unexplained], len(rows_of[group[0]])
            yield Finding(ALWAYS, f"{listed(names)}: {counted(count, 'picture')}", (), names, {"pictures": count})
    counts = targets.label_counts()
    for group in groups.values():
        column = implications.unexplained(group)[0]
        for other in implications.unexplained(_always_beside(targets, rows_of[column], counts), group):
            # The same pictures have been named above.
            if counts[other] > counts[column]:
                text = f"{labels[column]} only with {labels[other]}: {counted(int(counts[column]), 'picture')}"
                numbers = {"pictures": int(counts[column]), "pictures_of_other": int(counts[other])}
                yield Finding(ONLY_WITH, f"{text} of {counts[other]:,}", (), [labels[column], labels[other]], numbers)


class _Implications:
    """Tells which labels a hierarchy puts beside others.

    Args:
        hierarchy: That of the data set; with no edges nothing is implied.
    """

    def __init__(self, hierarchy: LabelHierarchy) -> None:
        self._closure = hierarchy.closure() if hierarchy else None

    def unexplained(self, columns: list[int], beside: Sequence[int] = ()) -> list[int]:
        """Return those of the columns that neither another of them implies nor one of those beside them."""
        if self._closure is None:
            return columns
        starts, above = self._closure
        implied: set[int] = set()
        for column in {*columns, *beside}:
            implied.update(above[starts[column] : starts[column + 1]].tolist())
        return [column for column in columns if column not in implied]


def _rows_by_label(targets: TargetMatrix) -> list[np.ndarray]:
    """Return the pictures that have each label, ascending."""
    present = targets.values == PRESENT
    rows = np.repeat(np.arange(len(targets)), np.diff(targets.row_starts))[present]
    columns = targets.columns[present]
    order = np.argsort(columns, kind="stable")
    return np.split(rows[order], np.cumsum(targets.label_counts())[:-1])


def _always_beside(targets: TargetMatrix, rows: np.ndarray, counts: np.ndarray) -> list[int]:
    """Return the labels that all of the pictures have, but for those that nearly all others have as well."""
    shared = targets.select(rows).label_counts() == len(rows)
    # The chance that so many pictures all have a label that is in this share of all.
    by_chance = len(rows) * np.log(np.maximum(counts, 1) / len(targets))
    surprising = by_chance <= np.log(CHANCE / len(counts))
    return [int(column) for column in np.flatnonzero(shared & surprising)]
