"""The figure of docs/explain/curves.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.measures.precision_recall import precision_recall
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figure into a folder."""
    curves = precision_recall(RunMaterial.open(workshop.run()).judged(), ("sea", "bird", "boat"))
    write_bytes(folder / "curves-scenes.png", encode(draw(curves), "png", 110))
