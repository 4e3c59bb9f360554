"""How even a division is: in labels, above all in rare ones, and in sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corelate.data.targets import TargetMatrix

# Labels with so many pictures or fewer count as rare.
RARE = 20


@dataclass(frozen=True)
class DivisionQuality:
    """The figures of a division; the smaller, the more even.

    Attributes:
        sizes: Pictures of each part.
        examples_error: Mean over parts of the difference between the size and what it should be, in pictures (ED).
        label_error: Label distribution error: mean over the labels that a picture has (LD).
        least_label_error: The same if each label were divided as evenly as whole pictures allow.
        rare_labels: How many labels have from 1 to `RARE` pictures.
        rare_label_error: LD of these alone; None where there are none.
        least_rare_label_error: The same if each were divided as evenly as whole pictures allow.
        parts_without: Parts that lack a label which some picture has (FZ).
        pairs_without: Pairs of a part and a label of which the part has no picture (FLZ).
        least_pairs_without: Those that no division avoids: a label with three pictures is missing in two of five parts.
    """

    sizes: list[int]
    examples_error: float
    label_error: float
    least_label_error: float
    rare_labels: int
    rare_label_error: float | None
    least_rare_label_error: float | None
    parts_without: int
    pairs_without: int
    least_pairs_without: int

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


def measure_division(targets: TargetMatrix, parts: Sequence[np.ndarray], shares: Sequence[float]) -> DivisionQuality:
    """Measure a division.

    Args:
        targets: The labels of all pictures; unknown ones don't count.
        parts: The rows of each part; together those that were divided. Of k folds, the parts are those held out.
        shares: The share of the pictures that each part should have.

    Source:
        LD, ED, FZ and FLZ: Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data, ECML PKDD 2011,
        section 4.
    """
    counts = counts_in_parts(targets, parts)
    sizes = np.array([len(part) for part in parts])
    totals = counts.sum(axis=1)
    used, rare = totals > 0, (totals > 0) & (totals <= RARE)
    # Of the sizes that the parts have: whole pictures and groups may keep them from their shares.
    even = even_counts(totals, sizes / max(1, sizes.sum()))
    errors, least = label_errors(counts, sizes), label_errors(even, sizes)
    wanted = np.asarray(shares) * sizes.sum()
    missing = (counts == 0) & used[:, None]
    return DivisionQuality(
        sizes=sizes.tolist(),
        examples_error=float(np.abs(sizes - wanted).mean()),
        label_error=float(errors[used].mean()) if used.any() else 0.0,
        least_label_error=float(least[used].mean()) if used.any() else 0.0,
        rare_labels=int(rare.sum()),
        rare_label_error=float(errors[rare].mean()) if rare.any() else None,
        least_rare_label_error=float(least[rare].mean()) if rare.any() else None,
        parts_without=int(missing.any(axis=0).sum()),
        pairs_without=int(missing.sum()),
        least_pairs_without=int(np.maximum(0, len(parts) - totals[used]).sum()),
    )


def counts_in_parts(targets: TargetMatrix, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return how many pictures of each part have each label, int64 of labels × parts."""
    return np.stack([targets.select(part).label_counts() for part in parts], axis=1)


def even_counts(totals: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the most even way to give each label's pictures to parts: no part is off its share by a picture.

    Args:
        totals: Pictures with each label, of length L.
        shares: Of length k, together 1.

    Returns:
        Int64 of labels × parts; what rounding down leaves over goes to the largest remainders, the first of equal ones.
    """
    exact = totals[:, None] * shares
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - counts), axis=1, kind="stable")
    left = totals - counts.sum(axis=1)
    more = np.arange(len(shares)) < left[:, None]
    np.put_along_axis(counts, order, np.take_along_axis(counts, order, axis=1) + more, axis=1)
    return counts


def label_errors(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return each label's term of LD.

    The mean over parts of how far the odds of the label in the part are from its odds in all pictures; odds are
    pictures with it for each without it. Where every picture of a part has the label, the odds are as if one had not;
    a label that all pictures have can't be divided unevenly, and has 0.

    Args:
        counts: Pictures of each part with each label, labels × parts.
        sizes: Pictures of each part.

    Returns:
        Float64, one for each label.
    """
    totals, whole = counts.sum(axis=1), sizes.sum()
    odds = counts / np.maximum(sizes - counts, 1)
    expected = totals / np.maximum(whole - totals, 1)
    errors = np.abs(odds - expected[:, None]).mean(axis=1)
    return np.where(totals < whole, errors, 0.0)
