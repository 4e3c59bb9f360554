"""Which labels go together: the graph inside the head, or that of the training pictures."""

from __future__ import annotations

from corelate.explain.graph.label_graph import label_graph_of
from corelate.explain.graph.neighbourhood import neighbourhood
from corelate.report.drawn import drawn
from corelate.report.html import paragraph
from corelate.report.subject import Subject


def content(subject: Subject) -> str:
    """Return the drawing of the most frequent labels and those around them."""
    known = label_graph_of(subject.material)
    found = neighbourhood(known)
    more = f" {found.left_out:,} more labels are linked to them." if found.left_out else ""
    about = (
        f"{known.about}: the {len(found.chosen)} most frequent labels and the {len(found.labels) - len(found.chosen)} "
        f"with the surest links to them.{more} For other labels: corelate explain graph RUN --around LABEL."
    )
    if found.edges.probabilities is None:
        stronger = "the larger the weight that the head multiplies with."
    else:
        stronger = "the more often pictures with the first have the second, too."
    caption = f"An arrow leads from a label to one that follows from it; the wider and darker, {stronger}"
    return paragraph(about[0].upper() + about[1:]) + drawn(
        found, "label-graph-drawing", caption, strict=subject.strict, wide=True
    )
