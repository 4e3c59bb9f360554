"""Dividing a data set on request: which pictures are divided, by which method, and what then stays as it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corelate.data import splits, stratification
from corelate.data.annotation_set import AnnotationSet
from corelate.data.division_quality import DivisionQuality, counts_in_parts, measure_division
from corelate.data.originals import without_generated
from corelate.data.roles import rows_with_role
from corelate.data.splits import Division
from corelate.errors import DataError, OptionError

STRATIFIED, RANDOM = "stratified", "random"
METHODS = (STRATIFIED, RANDOM)
RANDOM_DIVISIONS = 5
TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True)
class DivisionOptions:
    """What is asked for: either folds, or shares to hold out.

    Attributes:
        folds: The number of folds; 0: none.
        test: The share of all pictures that measure; 0: those that do already.
        validation: The share (of all pictures if `test` is given, else of those that don't measure) that choose.
        method: One of `METHODS`.
        seed: Chooses the division.
    """

    folds: int = 0
    test: float = 0.0
    validation: float = 0.0
    method: str = STRATIFIED
    seed: int = 1

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError(f"method {self.method!r}: choose one of {', '.join(METHODS)}")
        if bool(self.folds) == bool(self.test or self.validation):
            raise OptionError("ask for folds, or for a share of test or validation pictures: one of the two")
        if self.folds < 0 or self.folds == 1:
            raise OptionError(f"{self.folds} folds: expected at least 2")
        for name in (TEST, VALIDATION):
            share = getattr(self, name)
            if share and not 0 < share < 1:
                raise OptionError(f"share {share} of {name} pictures: expected a number between 0 and 1, both excluded")
        if self.test + self.validation >= 1:
            raise OptionError(f"test {self.test:g} and validation {self.validation:g} leave nothing to learn from")


@dataclass(frozen=True)
class DividedSet:
    """A data set and its division.

    Attributes:
        annotations: All pictures but generated ones.
        splits: The split of each, as a file of the division has it; None: no such column.
        folds: The fold that holds each out, from 1, and 0 for none; None: no such column.
        parts: The parts that were made, by name, as rows of all pictures; pictures that were not divided are in none.
        shares: The share of each part in what was divided.
    """

    annotations: AnnotationSet
    splits: np.ndarray | None
    folds: np.ndarray | None
    parts: dict[str, np.ndarray]
    shares: tuple[float, ...]

    @property
    def rows(self) -> np.ndarray:
        """The pictures that were divided, ascending."""
        return np.sort(np.concatenate(list(self.parts.values())))

    @property
    def quality(self) -> DivisionQuality:
        """How even the parts are."""
        return measure_division(self.annotations.targets, list(self.parts.values()), self.shares)

    def missing_labels(self) -> dict[str, list[str]]:
        """Return for each part the labels that it has no picture of, though another part has one."""
        counts = counts_in_parts(self.annotations.targets, list(self.parts.values()))
        missing = (counts == 0) & (counts.sum(axis=1) > 0)[:, None]
        vocabulary = self.annotations.vocabulary
        return {
            name: [vocabulary[label] for label in np.flatnonzero(missing[:, number]).tolist()]
            for number, name in enumerate(self.parts)
        }


def random_qualities(divided: DividedSet, seed: int, count: int = RANDOM_DIVISIONS) -> list[DivisionQuality]:
    """Return how even random divisions of the same pictures and groups into the same shares are.

    Args:
        divided: What is compared with them.
        seed: Its seed; the divisions have those that follow.
        count: How many.
    """
    pictures = divided.annotations.select(divided.rows)
    qualities = []
    for number in range(seed + 1, seed + 1 + count):
        if divided.folds is None:
            parts = divide_by_shares(pictures, divided.shares, RANDOM, number)
        else:
            parts = [fold.held_out for fold in divide_into_folds(pictures, len(divided.parts), RANDOM, number)]
        qualities.append(measure_division(pictures.targets, parts, divided.shares))
    return qualities


def divide_set(annotations: AnnotationSet, options: DivisionOptions) -> DividedSet:
    """Divide the pictures of a data set as asked; generated ones are left out, and follow their originals.

    Folds divide the pictures to learn from and to choose on; those that measure stay outside. A test share divides all
    pictures anew. A validation share alone divides anew those that don't measure.

    Raises:
        OptionError: There are too few pictures or groups.
        DataError: A given split has a name that says nothing, or nothing is left to divide.
    """
    annotations = without_generated(annotations)
    if options.folds:
        return _in_folds(annotations, options)
    if options.test:
        shares = {TEST: options.test, VALIDATION: options.validation}
        return _in_shares(annotations, np.arange(len(annotations)), shares, options)
    return _in_shares(annotations, _learnable(annotations), {VALIDATION: options.validation}, options)


def divide_into_folds(pictures: AnnotationSet, k: int, method: str, seed: int) -> list[Division]:
    """Divide pictures into k folds by one of `METHODS`; see `splits.folds` and `stratification.stratified_folds`."""
    return (
        stratification.stratified_folds(pictures, k, seed) if method == STRATIFIED else splits.folds(pictures, k, seed)
    )


def divide_by_shares(pictures: AnnotationSet, shares: Sequence[float], method: str, seed: int) -> list[np.ndarray]:
    """Divide pictures into parts by one of `METHODS`; see `splits.parts` and `stratification.stratified_parts`."""
    divide = stratification.stratified_parts if method == STRATIFIED else splits.parts
    return divide(pictures, shares, seed)


def hold_out(pictures: AnnotationSet, fraction: float, method: str, seed: int) -> Division:
    """Hold pictures out by one of `METHODS`; see `splits.holdout` and `stratification.stratified_holdout`."""
    divide = stratification.stratified_holdout if method == STRATIFIED else splits.holdout
    return divide(pictures, fraction, seed)


def _in_folds(annotations: AnnotationSet, options: DivisionOptions) -> DividedSet:
    rows = _learnable(annotations)
    divisions = divide_into_folds(annotations.select(rows), options.folds, options.method, options.seed)
    parts = {f"fold {number}": rows[division.held_out] for number, division in enumerate(divisions, start=1)}
    folds = np.zeros(len(annotations), dtype=np.int64)
    for number, part in enumerate(parts.values(), start=1):
        folds[part] = number
    given = annotations.splits
    # A picture without a split is learned from; the file says so.
    named = None if given is None else np.where(given == "", TRAIN, given)
    return DividedSet(annotations, named, folds, parts, (1 / options.folds,) * options.folds)


def _in_shares(
    annotations: AnnotationSet, rows: np.ndarray, shares: dict[str, float], options: DivisionOptions
) -> DividedSet:
    asked = {name: share for name, share in shares.items() if share}
    asked[TRAIN] = 1 - sum(asked.values())
    parts = divide_by_shares(annotations.select(rows), tuple(asked.values()), options.method, options.seed)
    named = {name: rows[part] for name, part in zip(asked, parts, strict=True)}
    chosen = np.full(len(annotations), TEST, dtype=np.dtype(f"<U{len(VALIDATION)}"))
    for name, part in named.items():
        chosen[part] = name
    return DividedSet(annotations, chosen, None, named, tuple(asked.values()))


def _learnable(annotations: AnnotationSet) -> np.ndarray:
    """Return the rows of the pictures to learn from and to choose on."""
    rows = np.union1d(rows_with_role(annotations, TRAIN), rows_with_role(annotations, VALIDATION))
    if not len(rows):
        raise DataError(
            f"{annotations.source or 'the data set'} has no pictures to learn from; its splits are "
            f"{', '.join(annotations.split_names()) or 'none'}"
        )
    return rows
