"""The figures of docs/explain/reliability.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.measures.reliability import reliability
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures into a folder: the same network, trained with two losses."""
    for loss in ("asymmetric", "bce"):
        diagram = reliability(RunMaterial.open(workshop.run(loss={"name": loss})).judged())
        write_bytes(folder / f"reliability-{loss}.png", encode(draw(diagram), "png", 90))
