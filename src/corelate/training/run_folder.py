"""The run folder: everything that a run leaves behind, each file written in one step."""

from __future__ import annotations

import contextlib
import csv
import importlib.metadata
import io
import json
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import corelate
from corelate.data.curation import Curation
from corelate.data.dividing import RANDOM
from corelate.errors import RunError
from corelate.files import LOCK, write_json, write_text
from corelate.training.recipe import Recipe, read_recipe

PACKAGES = ("torch", "torchvision", "timm", "numpy", "pillow", "lightning-fabric", "safetensors")


@dataclass(frozen=True)
class RunFolder:
    """Names of the files of a run.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.path / "recipe.toml"

    @property
    def environment(self) -> Path:
        """Versions, machine and seed."""
        return self.path / "environment.json"

    @property
    def architecture(self) -> Path:
        """What the annotator is made of."""
        return self.path / "annotator.json"

    @property
    def weights(self) -> Path:
        """The finished annotator's tensors."""
        return self.path / "model.safetensors"

    @property
    def decisions(self) -> Path:
        """The fitted decision rules."""
        return self.path / "decisions.json"

    @property
    def metrics(self) -> Path:
        """The figures; the last file that a run writes."""
        return self.path / "metrics.json"

    @property
    def scores(self) -> Path:
        """Scores of the evaluation split."""
        return self.path / "scores.npz"

    @property
    def validation_scores(self) -> Path:
        """Scores that the decision rules were fitted on."""
        return self.path / "validation-scores.npz"

    @property
    def label_counts(self) -> Path:
        """How many training pictures have each label."""
        return self.path / "label-counts.json"

    @property
    def report(self) -> Path:
        """The page that shows what the run found."""
        return self.path / "report.html"

    @property
    def problems(self) -> Path:
        """What was wrong with the data set, if anything was."""
        return self.path / "data-problems.txt"

    @property
    def label_graph(self) -> Path:
        """The label graph that was given as a file, if one was."""
        return self.path / "label-graph.json"

    @property
    def label_embeddings(self) -> Path:
        """The label embeddings that were given as a file, if they were."""
        return self.path / "label-embeddings.npz"

    @property
    def data(self) -> Path:
        """What the data set was when the run began."""
        return self.path / "data.json"

    @property
    def curation(self) -> Path:
        """What was done to the labels of the data set, if anything was."""
        return self.path / "curation.json"

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.metrics.exists()

    def create(self, recipe: Recipe) -> None:
        """Make the folder and note the recipe.

        Raises:
            RunError: The folder holds something already.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; give a folder for the run")
        if self.recipe.exists():
            raise RunError(
                f"{self.path} holds a run already; go on with it by: corelate resume {self.path}, or give another --out"
            )
        if self.path.exists() and any(self.path.iterdir()):
            raise RunError(f"{self.path} is not empty; give a new folder for the run")
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.environment, describe_environment(recipe.run.seed))
        write_text(self.recipe, recipe.to_toml())

    def check_data(self, fingerprint: dict[str, Any]) -> None:
        """Note what the data set is; when the run goes on, it must still be that.

        Raises:
            RunError: The data set has changed.
        """
        if not self.data.exists():
            write_json(self.data, fingerprint)
            return
        began = self.read_json(self.data)
        # A run that began before generated pictures were told apart would not go on as it began.
        began.setdefault("generated", None)
        if any(fingerprint.get(key) != value for key, value in began.items()):
            raise RunError(
                f"the data set has changed since {self.path} began ({began.get('pictures')} pictures then, "
                f"{fingerprint['pictures']} now, or other names, labels, weights, splits or groups); start a new run"
            )

    def note_curation(self, curation: Curation | None) -> None:
        """Note what was done to the labels of the data set."""
        if curation is not None:
            write_json(self.curation, curation.to_json())

    def discard(self) -> None:
        """Take back what `create` and the preparations made, if no training has begun; else leave everything."""
        if (self.path / "training").exists() or (self.path / "folds").exists():
            return
        made = (self.recipe, self.environment, self.architecture, self.problems, self.data, self.curation)
        for file in (*made, self.label_graph, self.label_embeddings, self.path / LOCK):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def read_recipe(self) -> Recipe:
        """Return the run's recipe.

        Raises:
            RunError: There is no run here.
        """
        if not self.recipe.exists():
            raise RunError(f"{self.path} is no run folder: it has no {self.recipe.name}; start one with corelate train")
        values = read_recipe(self.recipe)
        if isinstance(values.get("data"), dict):
            # A run whose recipe does not say so began when all divisions were random, and must go on with its own.
            values["data"].setdefault("division", RANDOM)
        return Recipe.from_values(values)

    def read_json(self, path: Path) -> Any:
        """Return the content of one of the run's JSON files.

        Raises:
            RunError: The file is not there, since the run is not finished, or can't be read.
        """
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(
                f"{self.path} has no {path.name}: the run is not finished; go on with: corelate resume {self.path}"
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(f"{path} can't be read: {error}") from error


def describe_environment(seed: int) -> dict[str, Any]:
    """Return what the run ran with."""
    return {
        "corelate": corelate.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "cuda": torch.version.cuda if torch.cuda.is_available() else None,
        "devices": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
        "arguments": [Path(sys.argv[0]).name, *map(_readable, sys.argv[1:])],
        "seed": seed,
    }


def _readable(argument: str) -> str:
    """Return an argument that may hold bytes of no text in a form that every file can hold."""
    return argument.encode("utf-8", "backslashreplace").decode()


def write_log(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write the figures of all epochs so far as CSV, and the newest to TensorBoard.

    The CSV is written whole each time, so that a resumed run has each epoch once.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "log.csv", text.getvalue())
    _write_tensorboard(folder / "tensorboard", rows[-1])


def _write_tensorboard(folder: Path, row: dict[str, float]) -> None:
    from torch.utils.tensorboard import SummaryWriter

    epoch = int(row["epoch"])
    # The purge step hides what a killed process wrote for this epoch before.
    with SummaryWriter(str(folder), purge_step=epoch) as writer:
        for name, value in row.items():
            if name != "epoch":
                writer.add_scalar(name, value, epoch)
