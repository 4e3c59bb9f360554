"""What the scores are worth: precision against recall, and whether they are the chances they look like."""

from __future__ import annotations

from functools import partial

from corelate.report.drawn import drawn, sentences
from corelate.report.html import element
from corelate.report.isolation import isolated
from corelate.report.subject import Subject


def content(subject: Subject) -> str:
    """Return the two drawings; each stands alone if the other can't be made."""
    parts = [("Precision and recall", _precision_recall), ("Reliability", _reliability)]
    made = [
        element("div", element("h3", title) + isolated(partial(make, subject), subject.strict)) for title, make in parts
    ]
    return element("div", "\n".join(made), class_="halves")


def _precision_recall(subject: Subject) -> str:
    from corelate.explain.measures.precision_recall import precision_recall

    found = precision_recall(subject.judged)
    caption = (
        "Each point of a curve is one threshold: how many of the tags are right (precision) when so many of the true "
        "labels are found (recall). The further to the upper right, the better; the dot is where the rule decides."
    )
    return sentences(found.summary()[1:]) + drawn(found, "precision-recall-drawing", caption, strict=subject.strict)


def _reliability(subject: Subject) -> str:
    from corelate.explain.measures.reliability import reliability

    found = reliability(subject.judged)
    caption = (
        "Cells (a picture and a label) by their score: on the diagonal, a score of 0.7 is right in 7 of 10 cases. "
        "Below it the scores promise too much, above it too little. The expected calibration error is "
        f"{found.bins.ece:.3f}."
    )
    return sentences(found.summary()[1:]) + drawn(found, "reliability-drawing", caption, strict=subject.strict)
