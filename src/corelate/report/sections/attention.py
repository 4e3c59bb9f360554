"""Where the network looks for the tags of a few pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corelate.errors import ImageReadError
from corelate.explain.sheet.choosing_pictures import choose_pictures
from corelate.report.html import element, escape, paragraph
from corelate.report.isolation import not_shown
from corelate.report.subject import Subject
from corelate.report.thumbnails import Thumbnail

if TYPE_CHECKING:
    from corelate.explain.attention.picture_maps import PictureMaps, TagMap

ERRORS, DRAWN = 2, 2
"""How many pictures are looked at for their confident errors, and how many are drawn at random."""
MOST_TAGS = 6
LONGEST = 146


def content(subject: Subject) -> str:
    """Return a row of maps for each of a few pictures."""
    if not subject.most_pictures:
        return paragraph("No pictures were asked for.", class_="soft")
    names = _names(subject)
    if not names:
        problem = subject.material.pictures.problem or "none of the pictures can be read any more"
        return not_shown(f"the pictures are not at hand: {problem}")
    from corelate.explain.attention.attention_maps import attention_maps

    found = attention_maps(subject.material, names, rule=subject.rule, most_tags=MOST_TAGS)
    return "\n".join(
        [
            paragraph(f"Head {found.head}. {found.meaning[0].upper()}{found.meaning[1:]}."),
            paragraph(
                "Bright is where the network finds what speaks for this tag, or where it looks; where a picture shows "
                "as it is, there is nothing of that. Each map has a scale of its own. The first pictures are those "
                "with the most confident errors, the others are drawn at random. For other pictures and labels: "
                "corelate explain attention RUN."
            ),
            element("ul", "\n".join(map(_row, found.pictures)), class_="looked"),
        ]
    )


def _names(subject: Subject) -> list[str]:
    """Return the names of a few pictures that can be read: some with confident errors, some drawn at random."""
    judged = subject.judged
    most = max(1, len(subject.shown))
    errors, drawn = (choose_pictures(judged, order, most).tolist() for order in ("errors", "random"))
    chosen: list[int] = []
    for rows, count in ((errors, ERRORS), (drawn, DRAWN)):
        wanted = len(chosen) + count
        for row in rows:
            if len(chosen) == wanted or subject.material.pictures.problem:
                break
            if row not in chosen and _can_be_read(subject, judged.names[row]):
                chosen.append(row)
    return [judged.names[row] for row in chosen]


def _can_be_read(subject: Subject, name: str) -> bool:
    try:
        subject.material.pictures.open(name)
    except ImageReadError:
        return False
    return True


def _row(picture: PictureMaps) -> str:
    plain = Thumbnail.of(picture.picture, LONGEST).html(picture.name)
    maps = [_map(plain, element("p", "the picture", class_="soft"))]
    maps += [_tag_map(picture, tag) for tag in picture.tags]
    more = element("p", f"and {picture.more:,} more tags", class_="soft") if picture.more else ""
    return element(
        "li",
        element("p", escape(picture.name), class_="name", dir="auto")
        + element("div", "".join(maps) + more, class_="row", tabindex=0, role="group", aria_label=picture.name),
    )


def _tag_map(picture: PictureMaps, tag: TagMap) -> str:
    image = Thumbnail.of(picture.overlay(tag, LONGEST), LONGEST).html(f"map of {tag.label} over {picture.name}")
    score = "" if tag.score is None else element("span", f" {tag.score:.2f}", class_="soft")
    kind = tag.kind.replace(" ", "-")
    return _map(image, element("p", element("span", escape(tag.label), class_=f"tag {kind}") + score))


def _map(image: str, words: str) -> str:
    return element("div", image + words, class_="map")
