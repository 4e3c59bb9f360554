"""The figures of docs/explain/gradients.md."""

from __future__ import annotations

from pathlib import Path

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.gradients.loss_gradients import LossGradients, loss_gradients
from corelate.files import write_bytes


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures into a folder; they need no run."""
    _write(folder, "all", loss_gradients())
    gammas = [("focal", {"gamma": gamma}) for gamma in (1, 2, 3, 5)]
    _write(folder, "focal", loss_gradients(["bce", *gammas]))
    detached = ("asymmetric", {"focusing_gradient": "detached"})
    no_margin = ("asymmetric", {"margin": 0})
    _write(folder, "asymmetric", loss_gradients(["bce", "asymmetric", detached, no_margin]))
    _write(folder, "tails", loss_gradients(["bce", "focal", "asymmetric", "hill"], axis="logit"))
    pairs = [loss_gradients(["lsep"], other_logit=logit) for logit in (-2, 0, 2)]
    _write(folder, "lsep", LossGradients(tuple(sheet.losses[0] for sheet in pairs), pairs[0].situation))


def _write(folder: Path, name: str, sheet: LossGradients) -> None:
    write_bytes(folder / f"gradients-{name}.png", encode(draw(sheet), "png", 100))
