"""The figures of docs/explain/training.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.measures.training_curves import curves_of_run
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes

# Fewer scenes than usual: the network is trained once for each fold, and once more.
FEWER_SCENES = "scenes:240?size=96&seed=1&test=0.25"


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures into a folder: a training with validation pictures, and one with folds."""
    folds = {"data": {"spec": FEWER_SCENES, "folds": 3}, "optimisation": {"epochs": 8}}
    for name, changes in (("scenes", {}), ("folds", folds)):
        curves = curves_of_run(RunMaterial.open(workshop.run(**changes)))
        write_bytes(folder / f"training-{name}.png", encode(draw(curves), "png", 110))
