"""The pictures on which the runs disagree most, with the tags of each."""

from __future__ import annotations

from collections.abc import Sequence

from corelate.explain.sheet.picture_tags import Tag
from corelate.report.comparison import Comparison
from corelate.report.comparison_sections.words import heading
from corelate.report.disagreements import Disagreement, disagreements
from corelate.report.html import element, escape, paragraph
from corelate.report.sections.pictures import KINDS, legend
from corelate.report.thumbnails import Thumbnail, thumbnails

MOST_TAGS = 20
"""Of each run and picture."""


def content(comparison: Comparison, strict: bool) -> str:
    """Return a card for each of these pictures."""
    if len(comparison.paired) < 2:
        return paragraph("Two runs that were measured on the same pictures and labels are needed.", class_="soft")
    found = disagreements(comparison)
    if not found:
        return paragraph("The runs give every picture the same tags.", class_="soft")
    small = thumbnails(comparison.base.material.pictures, [each.name for each in found])
    cards = [_card(comparison, each, picture) for each, picture in zip(found, small, strict=True)]
    kinds = {tag.kind for each in found for tag in (*each.common, *(tag for own in each.own for tag in own))}
    many = len(comparison.base.judged.names)
    return "\n".join(
        [
            paragraph(
                f"The {len(found):,} of {many:,} pictures with the most labels that some runs give and others don't. "
                "What all runs say stands first, then what is a run's own."
            ),
            *_problem(comparison),
            legend(kinds),
            element("ul", "\n".join(cards), class_="pictures"),
        ]
    )


def _problem(comparison: Comparison) -> list[str]:
    problem = comparison.base.material.pictures.problem
    return [paragraph(f"The pictures are not at hand, only their tags: {problem}", class_="note")] if problem else []


def _card(comparison: Comparison, each: Disagreement, picture: Thumbnail | str) -> str:
    image = (
        picture.html(each.name) if isinstance(picture, Thumbnail) else element("p", escape(picture), class_="nothing")
    )
    differing = f"{each.labels:,} label differs" if each.labels == 1 else f"{each.labels:,} labels differ"
    parts = [image, element("p", escape(each.name), class_="name", dir="auto"), element("p", differing, class_="name")]
    if each.common:
        parts += [element("p", "all runs", class_="name"), _tags(each.common)]
    for run, tags in zip(comparison.paired, each.own, strict=True):
        parts += [element("p", heading(run), class_="name"), _tags(tags)]
    return element("li", "".join(parts))


def _tags(tags: Sequence[Tag]) -> str:
    shown = [
        element("span", escape(tag.label), class_=f"tag {tag.kind}", title=f"score {tag.score:.3f}, {KINDS[tag.kind]}")
        for tag in tags[:MOST_TAGS]
    ]
    if len(tags) > MOST_TAGS:
        shown.append(element("span", f"and {len(tags) - MOST_TAGS:,} more", class_="soft"))
    return element("div", "".join(shown) or element("span", "nothing more", class_="soft"), class_="tags")
