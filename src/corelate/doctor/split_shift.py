"""Check `splits`: splits that are small, and labels that are not divided between splits as chance would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corelate.data.splits import cut_groups
from corelate.data.targets import UNKNOWN, TargetMatrix
from corelate.doctor.case import Case
from corelate.doctor.findings import Finding, Kind, Severity, counted

SMALL = Kind(
    "splits",
    "small split",
    Severity.HINT,
    "splits of few pictures",
    "Hold out more: figures of so few pictures are mostly chance.",
)
SHIFT = Kind(
    "splits",
    "label shift",
    Severity.WARNING,
    "labels whose share differs between splits more than by chance",
    "Divide again with corelate data split, unless the splits are meant to differ (another time, place or group).",
)
CUT = Kind(
    "splits",
    "cut groups",
    Severity.WARNING,
    "groups with pictures in more than one split",
    "Divide again with corelate data split, which keeps groups whole.",
)
LEAST_PICTURES = 30
# Of a set divided at random, the share in which any label at all would be named.
SIGNIFICANCE = 0.01
# In large sets every difference is significant; this is how large it must be as well.
LEAST_RATIO = 1.5


def find(case: Case) -> Iterator[Finding]:
    """Yield small splits, groups that are cut, then labels in the order of how little chance explains."""
    if case.sides is None:
        return
    names, sizes = np.unique(case.sides, return_counts=True)
    for name, size in zip(names.tolist(), sizes.tolist(), strict=True):
        if size < LEAST_PICTURES:
            yield Finding(SMALL, f"{name}: {counted(size, 'picture')}", numbers={"pictures": size})
    for group in cut_groups(case.annotations, case.sides):
        pictures = np.flatnonzero(case.annotations.groups == group)
        sides = ", ".join(np.unique(case.sides[pictures]).tolist())
        yield Finding(CUT, f"{group}: {counted(len(pictures), 'picture')} in {sides}", numbers={"group": group})
    if len(names) > 1:
        yield from _shifts(case, names.tolist())


def _shifts(case: Case, sides: list[str]) -> Iterator[Finding]:
    targets, labels = case.annotations.targets, case.annotations.vocabulary.labels
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(targets) + 1)))])
    having, known = targets.label_counts(), _known(targets)
    tests = len(labels) * len(sides)
    found = []
    # With two sides the other one's test is the same.
    for side in sides if len(sides) > 2 else [name for name in sides if name != "train"][:1]:
        inside = targets.select(np.flatnonzero(case.sides == side))
        having_inside, known_inside = inside.label_counts(), _known(inside)
        for column in np.flatnonzero(having).tolist():
            count = SplitCount(
                int(having_inside[column]), int(known_inside[column]), int(having[column]), int(known[column])
            )
            logarithm = log_probability(count, log_factorials)
            if logarithm + np.log(tests) <= np.log(SIGNIFICANCE) and count.ratio >= LEAST_RATIO:
                found.append((logarithm, column, side, count))
    for logarithm, column, side, count in sorted(found):
        text = f"{labels[column]}: {count.share:.2%} of {side}, {count.share_of_others:.2%} of the other pictures"
        shares = {"share": round(count.share, 6), "share_of_others": round(count.share_of_others, 6)}
        numbers = {"split": side, **shares, "log10_probability": round(logarithm / float(np.log(10)), 3)}
        yield Finding(SHIFT, text, labels=[labels[column]], numbers=numbers)


class SplitCount(NamedTuple):
    """How many pictures have a label.

    Attributes:
        here: Pictures of the split that have it.
        of_here: Pictures of the split of which it is known.
        total: All pictures that have it.
        of_total: All pictures of which it is known.
    """

    here: int
    of_here: int
    total: int
    of_total: int

    @property
    def share(self) -> float:
        """Share in the split."""
        return self.here / max(1, self.of_here)

    @property
    def share_of_others(self) -> float:
        """Share in all other splits together."""
        return (self.total - self.here) / max(1, self.of_total - self.of_here)

    @property
    def ratio(self) -> float:
        """The greater of the two shares, in units of the smaller; 1 where either side knows nothing of the label."""
        if self.of_here in (0, self.of_total):
            return 1.0
        smaller, greater = sorted((self.share, self.share_of_others))
        return greater / smaller if smaller else float("inf")


def log_probability(count: SplitCount, log_factorials: np.ndarray) -> float:
    """Return the logarithm of the chance of a count as far out as this, were a split drawn at random (two-sided).

    The count of a label in a random split of fixed size is hypergeometric; the smaller tail is doubled.

    Args:
        count: The count.
        log_factorials: Logarithms of the factorials of 0 to at least ``count.of_total``.
    """
    here, of_here, total, of_total = count
    counts = np.arange(max(0, of_here + total - of_total), min(of_here, total) + 1)

    def log_choose(n: int, k: np.ndarray | int) -> np.ndarray:
        result: np.ndarray = log_factorials[n] - log_factorials[k] - log_factorials[n - np.asarray(k)]
        return result

    logarithms = log_choose(total, counts) + log_choose(of_total - total, of_here - counts)
    logarithms -= log_choose(of_total, of_here)
    tails = [np.logaddexp.reduce(logarithms[counts <= here]), np.logaddexp.reduce(logarithms[counts >= here])]
    return min(0.0, float(min(tails)) + float(np.log(2)))


def _known(targets: TargetMatrix) -> np.ndarray:
    """Return of how many pictures each label is known."""
    unknown = np.bincount(targets.columns[targets.values == UNKNOWN], minlength=targets.label_count)
    known: np.ndarray = len(targets) - unknown
    return known
