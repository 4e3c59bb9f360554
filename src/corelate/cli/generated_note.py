"""Leaving generated pictures out of what is judged, and saying so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corelate.data.annotation_set import AnnotationSet


def without_generated_noted(annotations: AnnotationSet, done: str) -> AnnotationSet:
    """Return the set without its generated pictures, and say how many are left out.

    Args:
        annotations: The set.
        done: What is not done to them, for the message, e.g. ``"examined"``.

    Raises:
        DataError: There are no others.
    """
    from corelate.cli.console import error_console
    from corelate.data.originals import without_generated
    from corelate.errors import DataError

    real = without_generated(annotations)
    left_out = len(annotations) - len(real)
    if not len(real):
        raise DataError(f"{annotations.source} holds generated pictures only, which are never {done}")
    if left_out:
        error_console.print(f"{left_out} generated pictures are not {done}", markup=False)
    return real
