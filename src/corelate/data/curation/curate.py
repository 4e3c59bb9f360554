"""Settling the labels of a data set: merge map, hierarchy and minimum count, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation.curation import MAX_DROPPED, Curation
from corelate.data.curation.hierarchy import LabelHierarchy
from corelate.data.curation.hierarchy_files import read_hierarchy_file
from corelate.data.curation.label_changes import (
    Pairs,
    imply_labels,
    keep_labels,
    merge_labels,
    nearest_kept,
    reached_labels,
)
from corelate.data.curation.merge_files import read_merge_file
from corelate.data.curation.orders import bottom_up
from corelate.data.curation.pair_files import Pair
from corelate.data.originals import real_rows
from corelate.data.problems import Problems
from corelate.data.roles import ROLES, sides
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, VocabularyError
from corelate.options import check_options, option

ValueT = TypeVar("ValueT")


@dataclass(frozen=True)
class CurationOptions:
    """How the labels of a data set are settled.

    Raises:
        OptionError: An option is of the wrong type or beyond its limits.
    """

    merge: str = option("", "File of labels that become one: each name and what it becomes.")
    minimum_count: int = option(0, "Drop labels that fewer training pictures have.", minimum=0)
    hierarchy: str = option("", "File of labels that imply others: each child and its parent.")

    def __post_init__(self) -> None:
        check_options(self, "vocabulary")


def curate(annotations: AnnotationSet, options: CurationOptions, split: str = "") -> AnnotationSet:
    """Return the set with other labels; what was done to them is its `curation`.

    Names of the files that the vocabulary lacks are noted among the problems: one file serves several sets.

    Args:
        annotations: The set.
        options: Names of the files, relative to the working directory, and the minimum count.
        split: The split that will be kept; it counts for training where its name says no other role.

    Raises:
        DataError: A file can't be read or contradicts itself, or no label is left.
    """
    problems = Problems(annotations.problems.source)
    problems.extend(annotations.problems)
    becomes = _merge_map(options.merge, annotations.vocabulary, problems)
    vocabulary, targets = _merged(annotations, becomes, options.merge)
    earlier = annotations.curation or Curation(LabelHierarchy(annotations.vocabulary))
    pairs = _through_merge(earlier.pairs(), becomes)
    pairs += _hierarchy_pairs(options.hierarchy, vocabulary, becomes, problems)
    hierarchy, targets = imply_labels(vocabulary, targets, pairs)
    vocabulary, targets, dropped = _frequent(
        targets, hierarchy.vocabulary, _training_rows(annotations, split), options.minimum_count
    )
    pairs = nearest_kept(pairs, vocabulary)
    curation = Curation(
        LabelHierarchy.from_names(vocabulary, [pair for pair in pairs if pair[0] in vocabulary]),
        _without({name: becomes.get(end, end) for name, end in earlier.merged.items()} | becomes, vocabulary),
        _without({**earlier.dropped, **dropped}, vocabulary),
        _outside(pairs, vocabulary),
    )
    return replace(annotations, vocabulary=vocabulary, targets=targets, curation=curation, problems=problems)


def apply_curation(annotations: AnnotationSet, curation: Curation) -> AnnotationSet:
    """Return another set with its labels merged and implied as they were in the set that was curated.

    No label is dropped for being rare: whoever looks for the labels of an annotator takes those.

    Raises:
        VocabularyError: No label is left, or the labels imply too many others.
    """
    vocabulary, targets = merge_labels(annotations.vocabulary, annotations.targets, curation.merged)
    hierarchy, targets = imply_labels(vocabulary, targets, curation.pairs())
    vocabulary = hierarchy.vocabulary
    return replace(annotations, vocabulary=vocabulary, targets=targets, curation=replace(curation, hierarchy=hierarchy))


def _merge_map(file: str, vocabulary: Vocabulary, problems: Problems) -> dict[str, str]:
    """Return what names become in the end; those that stay are left out."""
    if not file:
        return {}
    path = Path(file).expanduser()
    pairs = read_merge_file(path)
    for name, pair in pairs.items():
        if name not in vocabulary:
            problems.add("name to merge is not in the vocabulary: passed over", name, _place(path, pair))
    return {name: pair.second for name, pair in pairs.items() if pair.second != name}


def _merged(annotations: AnnotationSet, becomes: Mapping[str, str], file: str) -> tuple[Vocabulary, TargetMatrix]:
    try:
        return merge_labels(annotations.vocabulary, annotations.targets, becomes)
    except VocabularyError:
        raise DataError(f"{file} drops all {len(annotations.vocabulary)} labels; leave at least one") from None


def _hierarchy_pairs(file: str, vocabulary: Vocabulary, becomes: Mapping[str, str], problems: Problems) -> Pairs:
    """Return the pairs of a hierarchy file, by the names that labels have after merging."""
    if not file:
        return []
    path = Path(file).expanduser()
    found = read_hierarchy_file(path)
    pairs = _through_merge([(pair.first, pair.second) for pair in found], becomes)
    try:
        bottom_up(pairs)
    except VocabularyError as error:
        raise DataError(f"{path}: after merging, {error}; take out one of these pairs") from None
    reached = reached_labels(vocabulary, pairs)
    for pair in found:
        if becomes.get(pair.first, pair.first) not in reached and becomes.get(pair.first) != "":
            problems.add("child is not in the vocabulary: passed over", pair.first, _place(path, pair))
    return pairs


def _through_merge(pairs: Pairs, becomes: Mapping[str, str]) -> Pairs:
    """Return pairs by the names after merging; over a dropped name its children imply what it implied."""
    dropped = {name for name, end in becomes.items() if not end}
    if any(parent in dropped for _, parent in pairs):
        pairs = nearest_kept(pairs, _Except(dropped))
    renamed = ((becomes.get(child, child), becomes.get(parent, parent)) for child, parent in pairs)
    return list(dict.fromkeys((child, parent) for child, parent in renamed if child and child != parent))


class _Except:
    """All names but some."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def __contains__(self, name: object) -> bool:
        return name not in self.names


def _training_rows(annotations: AnnotationSet, split: str) -> np.ndarray:
    """Return the rows of the real pictures that teach."""
    real = real_rows(annotations)
    if annotations.splits is None:
        return real
    splits = annotations.splits[real]
    if split and split.lower() not in ROLES:
        return real[splits == split]
    return real[sides(splits) == "train"]


def _frequent(
    targets: TargetMatrix, vocabulary: Vocabulary, rows: np.ndarray, minimum: int
) -> tuple[Vocabulary, TargetMatrix, dict[str, int]]:
    """Return the labels that enough training pictures have, and the others with their counts, frequent ones first."""
    if not minimum:
        return vocabulary, targets, {}
    if not len(rows):
        raise DataError(
            f"minimum_count={minimum}: there are no training pictures to count in; name a split train, or choose one "
            "with ?split="
        )
    counts = (targets if len(rows) == len(targets) else targets.select(rows)).label_counts()
    if counts.max() < minimum:
        raise DataError(
            f"minimum_count={minimum} drops every label: the most frequent, {vocabulary[int(counts.argmax())]!r}, is "
            f"in {counts.max()} of {len(rows)} training pictures"
        )
    rare = np.flatnonzero(counts < minimum)
    rare = rare[np.argsort(-counts[rare], kind="stable")][:MAX_DROPPED]
    dropped = {vocabulary[int(column)]: int(counts[column]) for column in rare}
    return *keep_labels(vocabulary, targets, counts >= minimum), dropped


def _outside(pairs: Pairs, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    outside: dict[str, list[str]] = {}
    for child, parent in pairs:
        if child not in vocabulary:
            outside.setdefault(child, []).append(parent)
    return {child: tuple(parents) for child, parents in outside.items()}


def _without(names: Mapping[str, ValueT], vocabulary: Vocabulary) -> dict[str, ValueT]:
    """Return what is not in the vocabulary: an earlier change may have been taken back by a later one."""
    return {name: value for name, value in names.items() if name not in vocabulary}


def _place(path: Path, pair: Pair) -> str:
    return f"{path}, {pair.where}" if pair.where else str(path)
