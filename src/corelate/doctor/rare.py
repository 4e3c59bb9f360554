"""Check `rare`: labels that can't be learned or measured, since too few pictures, or all, have them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corelate.data.targets import UNKNOWN
from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity, counted

UNUSED = Kind(
    "rare",
    "no picture",
    Severity.WARNING,
    "labels that no picture has",
    "Take them out of the vocabulary, or find pictures of them.",
)
UNLEARNED = Kind(
    "rare",
    "no training picture",
    Severity.WARNING,
    "labels that no training picture has, though others have",
    "Divide the set again (corelate data split), or drop them: every figure counts them as missed.",
)
ALONE = Kind(
    "rare",
    "one training picture",
    Severity.WARNING,
    "labels of one training picture",
    "Find more pictures, or drop them (minimum_count): one picture can't both be learned from and choose a threshold.",
)
RARE = Kind(
    "rare",
    "few training pictures",
    Severity.HINT,
    "labels of few training pictures",
    "Find more pictures, or drop them with the option minimum_count; they will hardly be learned.",
)
UNMEASURED = Kind(
    "rare",
    "no test picture",
    Severity.HINT,
    "labels that no test picture has",
    "Divide the set again (corelate data split) to have a figure for them.",
)
EVERYWHERE = Kind(
    "rare",
    "every picture",
    Severity.WARNING,
    "labels that every picture has",
    "Take them out: there is nothing to learn where no picture is without.",
)


def find(case: Case) -> Iterator[Finding]:
    """Yield labels by how many pictures of which split have them; each label once, but for what the test set lacks."""
    targets = case.annotations.targets
    everywhere = targets.label_counts()
    training = targets.select(case.training_rows).label_counts()
    unknown = np.bincount(targets.columns[targets.values == UNKNOWN], minlength=len(everywhere))
    unused = everywhere == 0
    few = training < case.options.minimum_pictures
    yield from _labels(case, UNUSED, unused, everywhere, "{count}")
    yield from _labels(case, UNLEARNED, ~unused & (training == 0), everywhere, "{count}, none for training")
    yield from _labels(case, ALONE, training == 1, training, "{count} for training")
    yield from _labels(case, RARE, few & (training > 1), training, "{count} for training")
    if case.sides is not None and (case.sides == "test").any():
        tested = targets.select(np.flatnonzero(case.sides == "test")).label_counts()
        yield from _labels(case, UNMEASURED, ~unused & (tested == 0), everywhere, "{count}, none for testing")
    full = ~unused & (everywhere + unknown == len(targets))
    yield from _labels(case, EVERYWHERE, full & (len(targets) > 1), everywhere, "{count}")


def _labels(case: Case, kind: Kind, chosen: np.ndarray, counts: np.ndarray, words: str) -> Iterator[Finding]:
    columns = np.flatnonzero(chosen)
    for column in columns[np.argsort(counts[columns], kind="stable")].tolist():
        label, count = case.annotations.vocabulary[column], int(counts[column])
        text = words.format(count=counted(count, "picture"))
        yield Finding(kind, f"{label}: {text}", labels=[label], numbers={"pictures": count})
