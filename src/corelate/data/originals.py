"""Which pictures of a set were generated, and from which others.

Generated pictures are learned from where their originals are, and that is all: nothing is judged on them, divided by
them or counted on them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corelate.data.annotation_set import AnnotationSet


def is_generated(annotations: AnnotationSet) -> np.ndarray:
    """Return for each picture whether it was generated, bool of length N."""
    if annotations.originals is None:
        return np.zeros(len(annotations), dtype=bool)
    return np.asarray(annotations.originals != "", dtype=bool)


def real_rows(annotations: AnnotationSet) -> np.ndarray:
    """Return the rows of the pictures that were not generated, ascending."""
    return np.flatnonzero(~is_generated(annotations))


def without_generated(annotations: AnnotationSet) -> AnnotationSet:
    """Return the set without its generated pictures; the very same where there are none."""
    rows = real_rows(annotations)
    if len(rows) == len(annotations):
        return annotations
    real = annotations.select(rows)
    usual = real.weights is None or bool((real.weights == 1).all())
    return replace(real, originals=None, weights=None if usual else real.weights)


def original_rows(annotations: AnnotationSet) -> np.ndarray:
    """Return for each picture the row of its original, int64 of length N.

    A picture that was not generated is its own; −1 stands for an original that is not in the set, or is itself a
    generated picture.
    """
    rows = np.arange(len(annotations))
    generated = is_generated(annotations)
    if annotations.originals is None or not generated.any():
        return rows
    names = annotations.names
    row_of = {names[row]: row for row in np.flatnonzero(~generated).tolist()}
    rows[generated] = [row_of.get(name, -1) for name in annotations.originals[generated].tolist()]
    return rows


def learned_variants(annotations: AnnotationSet, rows: np.ndarray) -> np.ndarray:
    """Return the generated pictures that are learned from where some real pictures are.

    Args:
        annotations: The set.
        rows: Rows of the real pictures that are learned from.

    Returns:
        Rows of the pictures that were generated from these and weigh more than nothing, ascending.
    """
    generated = np.flatnonzero(is_generated(annotations))
    if not len(generated):
        return generated
    if annotations.weights is not None:
        generated = generated[annotations.weights[generated] > 0]
    return generated[np.isin(original_rows(annotations)[generated], rows)]


def how_often(weight: float) -> str:
    """Return in words how often an epoch takes a picture of a weight."""
    return "once" if weight == 1 else f"{weight:g} times"
