"""Which labels the network holds for alike, before and after the training."""

from __future__ import annotations

from corelate.explain.label_maps import label_maps
from corelate.report.drawn import drawn, sentences
from corelate.report.subject import Subject

MOST_LABELS = 1000
"""A map of so many labels takes a page a few seconds; one of 5,000 half a minute."""


def content(subject: Subject) -> str:
    """Return the sentences and the maps."""
    found = label_maps(subject.material, most_labels=MOST_LABELS)
    caption = (
        "Look for groups: labels that lie near each other are alike to the network, and if faint lines join them, they "
        "also stand together in training pictures. Distances across the map mean nothing."
    )
    if len(found.labels) < len(subject.judged.labels):
        caption += (
            f" Of {len(subject.judged.labels):,} labels it shows {len(found.labels):,}; corelate explain labels RUN "
            "maps them all."
        )
    return sentences(found.describe()) + drawn(found, "label-map-drawing", caption, strict=subject.strict, wide=True)
