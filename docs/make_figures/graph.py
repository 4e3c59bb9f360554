"""Figures of docs/explain/graph.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.explanation import Explanation
from corelate.explain.graph.label_graph import label_graph_of
from corelate.explain.graph.neighbourhood import neighbourhood
from corelate.explain.graph.tag_influences import tag_influences
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes

SCENES = "scenes:1200?size=32&seed=1&test=0.25"
HEADS = {
    "ml-gcn": {"name": "ml_gcn", "hidden": [64], "preset": "paper", "p": 0.6},
    "gcn-dynamic": {"name": "gcn_dynamic", "width": 64, "aggregation": "mean"},
}
PICTURE = "scene-000043.png"
TAGS = {"ml-gcn": ("stars", "flower"), "gcn-dynamic": ("stars",)}


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures: a label graph around one label and around two, and what moved the tags of a picture."""
    known = label_graph_of(SCENES)
    _write(folder, "boat", neighbourhood(known, ["boat"]))
    _write(folder, "house-sea", neighbourhood(known, ["house", "sea"], most=12))
    for name, head in HEADS.items():
        material = RunMaterial.open(workshop.run(head=head))
        _write(folder, name, tag_influences(material, PICTURE, TAGS[name]))


def _write(folder: Path, name: str, explanation: Explanation) -> None:
    write_bytes(folder / f"graph-{name}.png", encode(draw(explanation), "png", 100))
