"""Finished runs that are trained once: of plain labels, and of labels and file names that try to break the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corelate.data.scenes.writing import scene_references
from corelate.metrics.report import evaluate_scores
from corelate.metrics.scores_file import write_scores

# What stands in place of the scenes' labels: markup, formulas, quotes, other scripts, and much text.
HOSTILE = {
    "sky": "</script><img src=x onerror=alert(1)>",
    "sea": "$x$ & $\\frac{1}{0}$",
    "tree": 'a "quoted" \'label\' onclick="alert(2)"',
    "field": "שמיים ים",
    "cloud": "\u202eeverything backwards",
    "people": "山と海",
    "sun": "l" * 300,
    "house": "]]><!-- & -->",
}
NAME = '{number:03}"><img src=x onerror=alert(3)> $x$ 山 {filler}.png'


def recipe_values(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sections of a recipe that runs in seconds."""
    values: dict[str, dict[str, Any]] = {
        "data": {"spec": "scenes:60?size=32&test=0.3", "validation": 0.3},
        "model": {
            "backbone": "test_resnet",
            "weights": "none",
            "image_size": [32],
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
        "head": {"name": "linear"},
        "optimisation": {"epochs": 2, "batch_size": 16, "learning_rate": 4e-3},
        "run": {"accelerator": "cpu", "workers": 0, "threads": 1, "report": False},
    }
    for section, content in changes.items():
        values[section] = {**values.get(section, {}), **content}
    return values


def trained(folder: Path, **changes: dict[str, Any]) -> Path:
    from corelate.training.recipe import Recipe
    from corelate.training.run import train

    train(Recipe.from_values(recipe_values(**changes)), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train on scenes; 18 test pictures, 22 labels. Do not change its files: copy the folder."""
    return trained(tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train on pictures whose labels and names would like to be something else."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = []
    for number, scene in enumerate(scene_references(60, 1, 32)):
        name = NAME.format(number=number, filler="n" * (180 if number == 4 else 3))
        (folder / name).write_bytes(scene.read())
        labels = [HOSTILE.get(label, label) for label in scene.labels]
        rows.append({"path": name, "labels": labels, "split": "test" if number % 3 == 1 else "train"})
    table = folder / "labels.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return trained(folder / "run", data={"spec": f"table:{table}"})


Altered = Callable[..., Path]


@pytest.fixture
def altered_run(tiny_run: Path, tmp_path: Path) -> Altered:
    """Copy the tiny run with other scores, as if it had been measured on other pictures and labels."""

    def make(
        scores: np.ndarray, targets: np.ndarray, labels: Sequence[str], names: Sequence[str] | None = None
    ) -> Path:
        from corelate.training.measuring import fit_rules

        folder = tmp_path / "altered"
        shutil.copytree(tiny_run, folder)
        names = names or [f"picture-{row:05}.png" for row in range(len(scores))]
        for file in ("scores.npz", "validation-scores.npz"):
            write_scores(folder / file, scores, targets, labels=labels, names=names)
        rules = fit_rules(scores, targets, f"{len(scores)} validation pictures")
        (folder / "decisions.json").write_text(json.dumps({name: rule.to_json() for name, rule in rules.items()}))
        counts = {"images": 10, "labels": list(labels), "present": list(range(len(labels)))}
        (folder / "label-counts.json").write_text(json.dumps(counts))
        metrics = json.loads((folder / "metrics.json").read_text())
        metrics["rules"] = {name: evaluate_scores(scores, targets, rule) for name, rule in rules.items()}
        metrics["measured_on"]["images"] = len(scores)
        metrics["default_rule"] = "global_f" if "global_f" in rules else "fixed"
        (folder / "metrics.json").write_text(json.dumps(metrics))
        return folder

    return make


@pytest.fixture
def copied_run(tiny_run: Path, tmp_path: Path) -> Path:
    """Copy the tiny run, to be changed."""
    return Path(shutil.copytree(tiny_run, tmp_path / "copied"))
