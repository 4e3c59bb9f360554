"""The pictures with their tags: right, wrong and missed, most confident errors first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from corelate.explain.sheet.picture_tags import Tag, tags_of
from corelate.report.html import element, escape, paragraph
from corelate.report.subject import Subject
from corelate.report.thumbnails import Thumbnail, thumbnails

MOST_TAGS = 40
"""Of each picture; a rule may give hundreds of tags where there are thousands of labels."""
KINDS = {
    "right": "true and predicted",
    "wrong": "predicted, not true",
    "missed": "true, not predicted",
    "unknown": "predicted, truth unknown",
}
ORDERS = {"errors": "most confident errors first", "random": "random", "name": "by name"}


def content(subject: Subject) -> str:
    """Return the controls and a card for each picture."""
    judged, rows = subject.judged, subject.shown
    if not len(rows):
        return paragraph("No pictures were asked for; corelate report --pictures 100 shows a hundred.", class_="soft")
    names = [judged.names[row] for row in rows]
    small = thumbnails(subject.material.pictures, names)
    tags = [tags_of(judged, row) for row in rows]
    cards = [_card(name, picture, own) for name, picture, own in zip(names, small, tags, strict=True)]
    used = Counter(tag.kind for own in tags for tag in own)
    return "\n".join(
        [
            paragraph(_sample(subject)),
            *_problems(subject, small),
            paragraph(
                "A click on a tag, here or in the table of labels, shows the pictures that have it. A tag's score and "
                "the threshold it had to reach are shown when the pointer rests on it."
            ),
            legend(used),
            _controls(used),
            element("ul", "\n".join(cards), class_="pictures", id="picture-list"),
            element("button", "Show more", type="button", class_="more", id="picture-more", hidden=True),
        ]
    )


def _sample(subject: Subject) -> str:
    shown, pictures = len(subject.shown), len(subject.judged.names)
    split = subject.metrics["measured_on"]["split"]
    if shown == pictures:
        return f"All {pictures:,} pictures of the {split} split."
    errors = subject.errors_shown
    return (
        f"{shown:,} of {pictures:,} pictures of the {split} split: the {errors:,} with the most confident errors, and "
        f"{shown - errors:,} drawn at random from the others. The figures above count all {pictures:,}."
    )


def _problems(subject: Subject, small: list[Thumbnail | str]) -> list[str]:
    problem = subject.material.pictures.problem
    if problem:
        return [paragraph(f"The pictures are not at hand, only their names and tags: {problem}", class_="note")]
    missing = sum(isinstance(picture, str) for picture in small)
    if not missing:
        return []
    return [paragraph(f"{missing:,} of them can't be read any more; in place of each stands why.", class_="note")]


def legend(kinds: Container[str]) -> str:
    """Return what the colours of these kinds of tags mean."""
    tags = [element("span", escape(words), class_=f"tag {kind}") for kind, words in KINDS.items() if kind in kinds]
    return element("div", "".join(tags), class_="tags legend", role="group", aria_label="What the colours mean")


def _controls(used: Counter[str]) -> str:
    kinds = {"": "all", **{kind: f"with {kind} tags" for kind in KINDS if used[kind]}}
    fields = [
        '<label>Label <input type="search" id="picture-label" list="picture-labels" autocomplete="off"></label>'
        '<datalist id="picture-labels"></datalist>',
        _select("Pictures", "picture-kind", kinds),
        _select("Order", "picture-order", ORDERS),
        '<button type="button" class="plainly" id="picture-clear" hidden>Show all</button>',
        '<output id="picture-count" aria-live="polite"></output>',
    ]
    # Shown by the script, without which they would do nothing.
    return element("div", "\n".join(fields), class_="filter", id="picture-controls", hidden=True)


def _select(title: str, identifier: str, choices: dict[str, str]) -> str:
    options = "".join(element("option", escape(words), value=value) for value, words in choices.items())
    return element("label", f"{escape(title)} " + element("select", options, id=identifier, autocomplete="off"))


def _card(name: str, picture: Thumbnail | str, tags: list[Tag]) -> str:
    image = picture.html(name) if isinstance(picture, Thumbnail) else element("p", escape(picture), class_="nothing")
    buttons = [_tag(tag) for tag in tags[:MOST_TAGS]]
    if len(tags) > MOST_TAGS:
        buttons.append(element("span", f"and {len(tags) - MOST_TAGS:,} more", class_="soft"))
    return element(
        "li",
        image + element("p", escape(name), class_="name", dir="auto") + element("div", "".join(buttons), class_="tags"),
    )


def _tag(tag: Tag) -> str:
    return element(
        "button",
        escape(tag.label),
        type="button",
        class_=f"tag {tag.kind}",
        title=f"score {tag.score:.3f}, threshold {tag.threshold:.3f}",
        data_error=f"{tag.error:.3f}" if tag.kind in ("wrong", "missed") else None,
    )
