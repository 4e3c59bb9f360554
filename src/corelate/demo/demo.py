"""The demo: two losses side by side on drawn scenes, and new scenes tagged by the better one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.data.images import read_image
from corelate.data.scenes.reference import SceneReference
from corelate.data.scenes.writing import write_scenes
from corelate.demo.page import TaggedScene, write_page
from corelate.errors import RunError
from corelate.options import option
from corelate.report.comparison import Comparison
from corelate.report.comparison_page import write_comparison
from corelate.tagging.tagger import Tagger
from corelate.training.export import export_run
from corelate.training.progress import Reporter
from corelate.training.recipe import Recipe
from corelate.training.run import train
from corelate.training.run_folder import RunFolder

LOSSES = ("bce", "asymmetric")
PAGE = "demo.html"
COMPARISON = "comparison.html"
# Written first, so that a later demo knows this folder for its own and may replace it.
MARKER = ".corelate-demo"


@dataclass(frozen=True)
class DemoOptions:
    """What the demo does."""

    scenes: int = option(2000, "scenes drawn to learn from and to measure on", minimum=40)
    new_scenes: int = option(24, "further scenes that are tagged", minimum=1)
    size: int = option(96, "side of a scene, pixels", minimum=32)
    # timm's smallest ResNet: it learns scenes in seconds, where networks made for ImageNet take minutes.
    backbone: str = option("test_resnet", "network that is trained from scratch")
    image_size: int = option(64, "side of the network's input, pixels", minimum=32)
    epochs: int = option(10, "passes over the scenes", minimum=1)
    seed: int = option(1, "seed of scenes and training", minimum=0)


@dataclass(frozen=True)
class DemoResult:
    """What the demo found.

    Attributes:
        metrics: The content of ``metrics.json`` for each loss.
        chosen: The loss whose annotator tagged the new scenes.
        bundle: The exported annotator.
        page: The page of the new scenes; it leads to the two below.
        report: The report of the chosen run.
        comparison: Both runs side by side.
        seconds: How long it all took.
    """

    metrics: dict[str, dict[str, Any]]
    chosen: str
    bundle: Path
    page: Path
    report: Path
    comparison: Path
    seconds: float


def run_demo(folder: Path, options: DemoOptions, reporter: Reporter) -> DemoResult:
    """Draw scenes, train with two losses, compare them, export the better annotator, tag new scenes and write pages.

    Raises:
        RunError: The folder holds something that is not an earlier demo.
    """
    started = time.monotonic()
    _clear(folder)
    reporter.message(f"drawing {options.scenes} scenes")
    table = write_scenes(folder / "scenes", options.scenes, seed=options.seed, size=options.size)
    metrics = {}
    for loss in LOSSES:
        reporter.message(f"training with the loss {loss}")
        metrics[loss] = train(_recipe(options, table, loss), folder / loss, reporter)
    # Chosen on validation pictures, never on the test split that the table shows.
    chosen = max(LOSSES, key=lambda loss: metrics[loss]["training"]["best_figure"])
    write_comparison(folder / COMPARISON, Comparison.of([folder / loss for loss in LOSSES]))
    bundle = folder / "annotator"
    export_run(folder / chosen, bundle, reporter=reporter)
    scenes = _tag_new_scenes(folder / "new-scenes", bundle, options)
    seconds = time.monotonic() - started
    write_page(folder / PAGE, scenes, metrics, chosen, seconds)
    report = RunFolder(folder / chosen).report
    return DemoResult(metrics, chosen, bundle, folder / PAGE, report, folder / COMPARISON, seconds)


def _clear(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / MARKER).exists():
            raise RunError(f"{folder} holds something that is not a demo; choose another place with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _recipe(options: DemoOptions, table: Path, loss: str) -> Recipe:
    return Recipe.from_values(
        {
            "data": {"spec": f"csv:{table}", "validation": 0.15},
            "model": {
                "backbone": options.backbone,
                "weights": "none",
                "image_size": [options.image_size],
                "mean": [0.5, 0.5, 0.5],
                "std": [0.5, 0.5, 0.5],
            },
            "head": {"name": "linear", "dropout": 0.1, "bias": "prior"},
            "loss": {"name": loss},
            "optimisation": {
                "epochs": options.epochs,
                "batch_size": 32,
                "learning_rate": 4e-3,
                "weight_decay": 0.02,
                "ema": 0.98,
            },
            "rule": {"name": "per_label_f"},
            "run": {"seed": options.seed},
        }
    )


def _tag_new_scenes(folder: Path, bundle: Path, options: DemoOptions) -> list[TaggedScene]:
    """Draw scenes of another series, as files, and tag them as `corelate tag` does."""
    series = options.seed + 1
    write_scenes(folder, options.new_scenes, seed=series, size=2 * options.size, test_fraction=0.0)
    references = [SceneReference(series, index, 2 * options.size) for index in range(options.new_scenes)]
    tagger = Tagger.open(bundle)
    tags = tagger.tag([read_image(reference) for reference in references])
    return [
        TaggedScene(reference.name, reference.read(), _in_order(reference.labels, tagger.labels), dict(found))
        for reference, found in zip(references, tags, strict=True)
    ]


def _in_order(labels: Sequence[str], vocabulary: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(labels, key=list(vocabulary).index))
