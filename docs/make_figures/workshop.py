"""Small runs on drawn scenes that the figures of the docs are made from; each is trained once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

SCENES = "scenes:1200?size=96&seed=1&test=0.25"
BASE: dict[str, dict[str, Any]] = {
    "data": {"spec": SCENES, "validation": 0.15},
    "model": {
        "backbone": "test_resnet",
        "weights": "none",
        "image_size": [96],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
    "head": {"name": "linear", "bias": "prior"},
    "loss": {"name": "asymmetric"},
    "optimisation": {"epochs": 12, "batch_size": 32, "learning_rate": 4e-3, "weight_decay": 0.02},
    "rule": {"name": "per_label_f"},
    "run": {"seed": 1, "accelerator": "cpu", "report": False},
}


@dataclass(frozen=True)
class Workshop:
    """Where the runs are kept.

    Attributes:
        folder: Outside the docs; runs found there are used again.
    """

    folder: Path

    def run(self, **sections: dict[str, Any]) -> Path:
        """Return a finished run; sections of the recipe replace or add to keys of the usual one.

        A section with another ``name`` (a head, a loss, a rule) replaces the usual section whole.
        """
        values = {name: dict(content) for name, content in BASE.items()}
        for name, content in sections.items():
            values[name] = dict(content) if "name" in content else {**values.get(name, {}), **content}
        recipe = Recipe.from_values(values)
        digest = hashlib.sha256(json.dumps(recipe.to_values(), sort_keys=True).encode()).hexdigest()[:12]
        path = self.folder / f"{recipe.head.name}-{recipe.loss.name}-{digest}"
        if not (path / "metrics.json").exists():
            train(recipe, path, Silent())
        return path
