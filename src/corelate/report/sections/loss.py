"""What the run's loss does: how hard it pushes, by how sure the network is."""

from __future__ import annotations

from corelate.explain.gradients.loss_gradients import gradients_of
from corelate.report.drawn import drawn, sentences
from corelate.report.subject import Subject


def content(subject: Subject) -> str:
    """Return the sentences and the drawing."""
    chosen = subject.material.recipe.loss
    usual = vars(type(chosen.options)())
    found = gradients_of(
        chosen.name, {key: value for key, value in vars(chosen.options).items() if value != usual[key]}
    )
    caption = (
        "How hard the loss pushes the logit of one label (dL/dlogit), by the probability that the network gives it: "
        "below 0 it pushes up, as a present label needs, above 0 down. Where a curve is near 0 the network is left "
        "alone."
    )
    return sentences(found.describe()) + drawn(found, "loss-drawing", caption, strict=subject.strict, wide=True)
