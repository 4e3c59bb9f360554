"""Measuring the generated pictures of a data set, in one pass over originals and all that was made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from corelate.augment.quality.families import Family, drawn, families_of
from corelate.augment.quality.generated_quality import GeneratedQuality
from corelate.augment.quality.looking import Looked, look
from corelate.augment.quality.material import Material
from corelate.augment.quality.options import QualityOptions
from corelate.data.annotation_set import AnnotationSet
from corelate.errors import DataError

if TYPE_CHECKING:
    from corelate.augment.quality.feature_space import FeatureSpace

MOST_READERS = 8
FAMILIES_PER_BLOCK = 32
# Yardsticks are means over so many originals at most; they are known well enough then, and cost little.
YARDSTICK_ORIGINALS = 1000

Progress = Callable[[int, int], object]


def measure(
    annotations: AnnotationSet, options: QualityOptions, *, progress: Progress = lambda done, total: None
) -> GeneratedQuality:
    """Measure how near generated pictures are to their originals and to each other.

    Args:
        annotations: Real and generated pictures; `originals` says which are which.
        options: How many are measured, and by which network.
        progress: Is told how many originals are done, and of how many.

    Raises:
        DataError: There are no generated pictures, or not one can be compared with its original.
        OptionError: The backbone or its options are wrong.
        WeightsError: The weights can't be had or do not fit.
    """
    all_families = families_of(annotations)
    space = _space(options)
    families = drawn(all_families, options.pictures, options.seed)
    material = Material(annotations)
    done = 0
    for block, looked in _looked_at(annotations, families, options, space):
        for family, seen in zip(block, looked, strict=True):
            material.add(family, seen, _features(seen, space))
        done += len(block)
        progress(done, len(families))
    if not material.families:
        first = f"; the first: {material.failures[0]}" if material.failures else ""
        raise DataError(f"not one generated picture of {annotations.source} can be compared with its original{first}")
    return GeneratedQuality(
        families=material.measured(),
        yardsticks=material.yardsticks(options.seed),
        failures=tuple(material.failures),
        available=len(all_families),
        source=annotations.source,
        features=space.name if space else "",
        options=options,
        annotations=annotations,
    )


def _space(options: QualityOptions) -> FeatureSpace | None:
    if not options.backbone:
        return None
    from corelate.augment.quality.feature_space import FeatureSpace

    return FeatureSpace.open(options)


def _looked_at(
    annotations: AnnotationSet, families: list[Family], options: QualityOptions, space: FeatureSpace | None
) -> Iterator[tuple[list[Family], list[Looked]]]:
    pictures = annotations.pictures

    def see(number: int) -> Looked:
        family = families[number]
        return look(
            pictures[family.original],
            [pictures[row] for row in family.generated],
            prepare=space.prepare if space else None,
            with_copies=number < YARDSTICK_ORIGINALS,
            border=options.border,
            any_suffix=options.any_suffix,
        )

    readers = ThreadPoolExecutor(min(MOST_READERS, os.cpu_count() or 1), thread_name_prefix="look-at-picture")
    try:
        for start in range(0, len(families), FAMILIES_PER_BLOCK):
            block = range(start, min(start + FAMILIES_PER_BLOCK, len(families)))
            yield [families[number] for number in block], list(readers.map(see, block))
    finally:
        readers.shutdown(cancel_futures=True)


def _features(seen: Looked, space: FeatureSpace | None) -> np.ndarray | None:
    return space.features(seen.inputs) if space and seen.inputs else None
