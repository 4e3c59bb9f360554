"""Check `unlabelled`: pictures with no label or with far more than others, and labels that are mostly unknown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity, counted

UNLABELLED = Kind(
    "unlabelled",
    "no label",
    Severity.WARNING,
    "pictures without labels",
    "Label them or take them out, unless they show nothing of the vocabulary: training learns that none of the labels "
    "is there.",
)
CROWDED = Kind(
    "unlabelled",
    "many labels",
    Severity.HINT,
    "pictures with far more labels than others",
    "Look at them: often a list of keywords was pasted into the wrong place.",
)
MOSTLY_UNKNOWN = Kind(
    "unlabelled",
    "mostly unknown",
    Severity.HINT,
    "labels that are not known of most pictures",
    "Choose what unknown means in training: see the option unknown of the losses.",
)
# Beyond the upper quartile by so many times the distance between the quartiles (at least one label).
FENCE = 6
MOSTLY = 0.5


def find(case: Case) -> Iterator[Finding]:
    """Yield odd pictures, then labels of which little is known."""
    targets = case.annotations.targets
    counts = targets.labels_per_picture()
    rows_of_cells = np.repeat(np.arange(len(targets)), np.diff(targets.row_starts))
    unknown = np.bincount(rows_of_cells[targets.values == UNKNOWN], minlength=len(targets))
    for row in np.flatnonzero(counts == 0).tolist():
        name, count = case.names[row], int(unknown[row])
        text = f"{name} ({counted(count, 'label')} unknown)" if count else name
        yield Finding(UNLABELLED, text, [name], numbers={"unknown": count})
    yield from _crowded(case, counts)
    yield from _mostly_unknown(case)


def _crowded(case: Case, counts: np.ndarray) -> Iterator[Finding]:
    lower, upper = np.percentile(counts, [25, 75])
    fence = upper + FENCE * max(1.0, upper - lower)
    rows = np.flatnonzero(counts > fence)
    for row in rows[np.argsort(-counts[rows], kind="stable")].tolist():
        name, count = case.names[row], int(counts[row])
        text = f"{name}: {count:,} labels; three quarters of the pictures have at most {upper:g}"
        yield Finding(CROWDED, text, [name], numbers={"labels": count, "fence": float(fence)})


def _mostly_unknown(case: Case) -> Iterator[Finding]:
    targets = case.annotations.targets
    counts = np.bincount(targets.columns[targets.values == UNKNOWN], minlength=targets.label_count)
    shares = counts / max(1, len(targets))
    columns = np.flatnonzero(shares > MOSTLY)
    for column in columns[np.argsort(-shares[columns], kind="stable")].tolist():
        label, share = case.annotations.vocabulary[column], float(shares[column])
        text = f"{label}: unknown of {share:.0%} of the pictures"
        yield Finding(MOSTLY_UNKNOWN, text, labels=[label], numbers={"share": round(share, 4)})
