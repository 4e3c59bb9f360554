"""Leaving out the pictures that can't be read, before a training begins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.originals import original_rows, real_rows
from corelate.errors import DataError, ImageReadError
from corelate.training.progress import Reporter
from corelate.training.recipe import DataOptions

DAMAGED = "damaged picture: left out"
DAMAGED_ORIGINAL = "original of a generated picture is damaged: generated picture left out"


def without_unreadable(annotations: AnnotationSet, options: DataOptions, reporter: Reporter) -> AnnotationSet:
    """Leave out the pictures that can't be read, now rather than hours into the training.

    With a picture go those that were generated from it.

    Raises:
        DataError: Nothing can be read, or (strict) something can't.
    """
    annotations = _readable(annotations, options.any_suffix, reporter)
    if options.strict:
        annotations.problems.raise_if_any()
    elif annotations.problems:
        reporter.message(f"the data set has problems, and goes on without:\n{annotations.problems.report()}")
    return annotations


def _readable(annotations: AnnotationSet, any_suffix: bool, reporter: Reporter) -> AnnotationSet:
    def problem(row: int) -> str:
        try:
            read_image(annotations.pictures[row], any_suffix=any_suffix)
        except ImageReadError as error:
            return str(error)
        return ""

    reporter.begin("checking pictures", len(annotations), "images")
    readable = np.ones(len(annotations), dtype=bool)
    with ThreadPoolExecutor(4) as pool:
        for row, text in enumerate(pool.map(problem, range(len(annotations)))):
            reporter.advance(1)
            if text:
                readable[row] = False
                annotations.problems.add(DAMAGED, annotations.pictures[row].name, text)
    reporter.end()
    if not readable[real_rows(annotations)].any():
        raise DataError(f"not one picture can be read\n{annotations.problems.report()}")
    if readable.all():
        return annotations
    homes = original_rows(annotations)
    orphans = readable & ~readable[homes]
    for row in np.flatnonzero(orphans).tolist():
        annotations.problems.add(DAMAGED_ORIGINAL, annotations.pictures[row].name)
    return annotations.select(np.flatnonzero(readable & ~orphans))
