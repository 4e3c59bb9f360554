"""The figures of docs/explain/compare.md."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.explanation import Explanation
from corelate.files import write_bytes
from corelate.report.comparison import Comparison
from corelate.report.figure_differences import FigureDifferences
from corelate.report.label_differences import LabelDifferences


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures into a folder: one network, trained with two losses."""
    with TemporaryDirectory() as shelf:
        comparison = Comparison.of([_named(Path(shelf), loss, workshop) for loss in ("asymmetric", "bce")])
        _write(folder, "figures", FigureDifferences(comparison))
        _write(folder, "labels", LabelDifferences(comparison))


def _named(shelf: Path, loss: str, workshop: Workshop) -> Path:
    """Return a run under the name of its loss; its own name is long and says little."""
    (shelf / loss).symlink_to(workshop.run(loss={"name": loss}).resolve(), target_is_directory=True)
    return shelf / loss


def _write(folder: Path, name: str, explanation: Explanation) -> None:
    write_bytes(folder / f"compare-{name}.png", encode(draw(explanation), "png", 120))
