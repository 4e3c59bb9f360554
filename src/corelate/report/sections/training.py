"""How the training went, epoch by epoch."""

from __future__ import annotations

from corelate.explain.measures.training_curves import curves_of_run
from corelate.report.drawn import drawn, sentences
from corelate.report.subject import Subject


def content(subject: Subject) -> str:
    """Return the sentences and the curves."""
    found = curves_of_run(subject.material)
    caption = (
        "Loss and figures after each epoch, on the pictures that choose; the line marks the epoch whose weights were "
        "kept. A loss that falls in training and rises there is overfitting."
    )
    return sentences(found.summary()) + drawn(found, "training-drawing", caption, strict=subject.strict, wide=True)
