"""The figure of docs/explain/table.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.measures.label_table import affordable_intervals, label_table
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figure into a folder."""
    material = RunMaterial.open(workshop.run())
    judged = material.judged()
    labels = label_table(judged, material.training_counts, affordable_intervals(judged))
    write_bytes(folder / "table-scenes.png", encode(draw(labels), "png", 100))
