"""The demo's page: two runs side by side, and new pictures with their true and predicted tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.data.images import decode_image
from corelate.files import write_text
from corelate.report.html import Column, Markup, element, escape, paragraph, table
from corelate.report.page import Section, render_page
from corelate.report.thumbnails import Thumbnail

KINDS = {"right": "true and predicted", "wrong": "predicted, not true", "missed": "true, not predicted"}
SIDE = 240
"""Of a scene on the page, pixels."""
SHARES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class TaggedScene:
    """A picture with what is true of it and what was predicted.

    Attributes:
        name: File name.
        png: The encoded picture.
        truth: Its labels.
        predicted: The score of each predicted label.
    """

    name: str
    png: bytes
    truth: tuple[str, ...]
    predicted: dict[str, float]


def write_page(
    path: Path, scenes: list[TaggedScene], metrics: dict[str, dict[str, Any]], chosen: str, seconds: float
) -> None:
    """Write the page.

    Args:
        path: Where to; the runs' own pages are expected beside it, in folders named after the losses.
        scenes: The tagged pictures.
        metrics: The content of ``metrics.json`` for each loss.
        chosen: The loss whose annotator tagged them.
        seconds: How long the demo took.
    """
    count = metrics[chosen]["trained_on"]["images"]
    introduction = paragraph(
        f"Trained from scratch on {count:,} drawn scenes, {seconds:.0f} seconds in all.", class_="soft"
    )
    sections = [
        Section("losses", "Two losses, same network, same pictures", _losses(metrics, chosen)),
        Section("scenes", "New scenes, tagged by the exported annotator", _scenes(scenes, chosen)),
    ]
    write_text(path, render_page("corelate demo", introduction, sections))


def _losses(metrics: dict[str, dict[str, Any]], chosen: str) -> str:
    first = metrics[chosen]
    rule = first["default_rule"]
    text = (
        f"Measured on {first['measured_on']['images']:,} test scenes that chose nothing. Epoch and thresholds (rule "
        f"{rule}) were chosen on {first['chosen_on']}. Each name leads to the run's report; "
    )
    link = element("a", "the comparison", href="comparison.html")
    words = element("p", f"{escape(text)}{link} says which differences are more than chance.")
    names = ["overall P", "R", "F1", "per-class P", "R", "F1", "N+", "mAP"]
    columns = [Column("loss"), *(Column(name, numeric=True) for name in names)]
    rows = [_figures(loss, content["rules"][rule]) for loss, content in metrics.items()]
    classes = ["chosen" if loss == chosen else "" for loss in metrics]
    return words + table("figures", columns, rows, caption="Figures of both runs", row_classes=classes)


def _figures(loss: str, report: dict[str, Any]) -> list[Any]:
    shares = [report[kind][key] for kind in ("overall", "per_class") for key in SHARES]
    name = Markup(element("a", escape(loss), href=f"{loss}/report.html"), loss)
    return [name, *shares, report["n_plus"], report["map"]]


def _scenes(scenes: list[TaggedScene], chosen: str) -> str:
    correct = sum(len(set(scene.truth) & scene.predicted.keys()) for scene in scenes)
    predicted = sum(len(scene.predicted) for scene in scenes)
    true = sum(len(scene.truth) for scene in scenes)
    text = (
        f"The annotator trained with {chosen} had the better validation figure and tagged these {len(scenes)} scenes "
        f"through ONNX Runtime: {correct} of {true} true labels found, {predicted - correct} of {predicted} tags "
        "wrong. Some labels of a scene are not drawn at all (people who left the beach, snow behind the trees): only "
        "what goes together tells of them."
    )
    legend = element("div", "".join(_tag(kind, words) for kind, words in KINDS.items()), class_="tags")
    cards = "\n".join(_card(scene) for scene in scenes)
    return paragraph(text) + legend + element("ul", cards, class_="pictures")


def _card(scene: TaggedScene) -> str:
    kinds = [("right" if label in scene.truth else "wrong", label, score) for label, score in scene.predicted.items()]
    tags = [_tag(kind, label, f"score {score:.2f}") for kind, label, score in kinds]
    tags += [_tag("missed", label, "not predicted") for label in scene.truth if label not in scene.predicted]
    picture = Thumbnail.of(decode_image(scene.png, scene.name), SIDE).html(f"{scene.name}: {', '.join(scene.truth)}")
    return element("li", picture + element("div", "".join(tags), class_="tags"))


def _tag(kind: str, label: str, hint: str = "") -> str:
    return element("span", escape(label), class_=f"tag {kind}", title=hint or None)
