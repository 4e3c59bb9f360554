"""Generated pictures beside the real ones of a set, each with all that is known of its original."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import shown
from corelate.data.formats.locating import open_data_set
from corelate.data.generated_folder import LIST_FILE, OTHER_LABELS, GeneratedFolder
from corelate.data.joined_references import JoinedReferences, chosen_pictures
from corelate.data.original_names import OriginalNames, OriginalNotFoundError
from corelate.data.originals import is_generated
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.shared_options import MAX_GENERATED_WEIGHT
from corelate.errors import DataError, OptionError


def with_generated(
    annotations: AnnotationSet, folder: Path, weight: float = 1.0, *, listed: AnnotationSet | None = None
) -> AnnotationSet:
    """Return the set with the generated pictures of a folder behind its own.

    A generated picture has the targets of its original, and its split, group and fold.

    Args:
        annotations: The set.
        folder: The folder, or a zip or tar archive of one.
        weight: How often each is learned from in an epoch, on average.
        listed: The same pictures with the labels that their source gives them, where these have been settled since:
            a list of generated pictures may name either.

    Raises:
        OptionError: The weight is not from 0 to `MAX_GENERATED_WEIGHT`.
        DataError: The folder can't be read, or none of its pictures can be used.
    """
    check_weight(weight)
    container = open_data_set(folder, (), lambda inner: inner.has(LIST_FILE))
    if not container.has(LIST_FILE):
        raise DataError(
            f"{folder}: holds no {LIST_FILE}, the list of its generated pictures: "
            '{"samples": [{"image_name": "1000_aug.jpeg", "image_labels": ["sky"]}, …]}'
        )
    problems = Problems(annotations.source)
    problems.extend(annotations.problems)
    found = Problems(str(folder))
    pictures, originals = GeneratedFolder(container, found).read(annotations, listed or annotations)
    if not len(originals):
        raise DataError(f"{folder} holds no generated picture that can be used\n{found.report()}".strip())
    problems.extend(found)
    own = annotations.pictures
    joined = JoinedReferences.of(own, pictures, prefixes=("", _prefix(folder, annotations.names, pictures)))
    return replace(_attached(annotations, joined, originals, weight), problems=problems)


def with_weight(annotations: AnnotationSet, weight: float) -> AnnotationSet:
    """Return the set with another weight of all its generated pictures.

    Raises:
        OptionError: The weight is not from 0 to `MAX_GENERATED_WEIGHT`.
    """
    check_weight(weight)
    own = np.ones(len(annotations)) if annotations.weights is None else annotations.weights
    return replace(annotations, weights=np.where(is_generated(annotations), weight, own))


def tied_by_name(annotations: AnnotationSet, real: int) -> AnnotationSet:
    """Return a set in which the pictures behind the first ones are tied to those that they were generated from.

    Args:
        annotations: The set, without `originals`.
        real: How many of its pictures, the first, were not generated.
    """
    problems = Problems(annotations.source)
    problems.extend(annotations.problems)
    names = annotations.names
    finder = OriginalNames(names[:real])
    rows, originals = [], []
    for row in range(real, len(names)):
        try:
            original = finder.find(names[row])
        except OriginalNotFoundError as error:
            problems.add(str(error), shown(names[row]), LIST_FILE)
            continue
        if annotations.labels_of(row) != annotations.labels_of(original):
            problems.add(OTHER_LABELS, shown(names[row]), LIST_FILE)
        rows.append(row)
        originals.append(original)
    kept = np.concatenate([np.arange(real), np.array(rows, dtype=np.int64)])
    own = annotations.select(np.arange(real))
    own = replace(own, groups=_of_several(own.groups))
    pictures = chosen_pictures(annotations.pictures, kept)
    return replace(_attached(own, pictures, np.array(originals, dtype=np.int64), 1.0), problems=problems)


def _of_several(groups: np.ndarray | None) -> np.ndarray | None:
    """Return the groups of real pictures without those of one; None where no others are left.

    `originals` ties each picture to its own. Groups of one would only change which pictures a seed holds out.
    """
    if groups is None:
        return None
    _, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    alone = sizes[numbers.reshape(-1)] == 1
    return None if alone.all() else np.where(alone, "", groups)


def check_weight(weight: float) -> None:
    """Refuse what is no weight.

    Raises:
        OptionError: It is not from 0 to `MAX_GENERATED_WEIGHT`.
    """
    if not 0 <= weight <= MAX_GENERATED_WEIGHT:
        raise OptionError(
            f"generated_weight={weight:g}: expected 0 to {MAX_GENERATED_WEIGHT:g}, how often an epoch takes each "
            "generated picture"
        )


def _attached(
    annotations: AnnotationSet, pictures: Sequence[ImageReference], originals: np.ndarray, weight: float
) -> AnnotationSet:
    """Return the set with generated pictures behind its own.

    Args:
        annotations: N pictures.
        pictures: These, and M generated ones.
        originals: The row of the original of each of the M.
        weight: How often each of the M is learned from.
    """
    count, names = len(annotations), annotations.names
    rows = np.concatenate([np.arange(count), originals])
    # Objects, since in an array of text every picture takes as much as the longest name.
    ties = np.full(len(rows), "", dtype=object)
    if annotations.originals is not None:
        ties[:count] = annotations.originals
    ties[count:] = [names[row] for row in originals.tolist()]
    weights = np.ones(len(rows))
    if annotations.weights is not None:
        weights[:count] = annotations.weights
    weights[count:] = weight
    # Only what is known of the originals is asked for here; their pictures are replaced.
    return replace(annotations.select(rows), pictures=pictures, originals=ties, weights=weights)


def _prefix(folder: Path, names: Sequence[str], pictures: Sequence[ImageReference]) -> str:
    """Return what must stand before the names of generated pictures so that no two pictures have one name."""
    own, taken = [picture.name for picture in pictures], set(names)
    numbered = (f"{folder.stem} {number}/" for number in itertools.count(2))
    prefixes = itertools.chain(("", f"{folder.stem}/"), numbered)
    return next(prefix for prefix in prefixes if taken.isdisjoint(prefix + name for name in own))
