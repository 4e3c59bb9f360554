"""Finished runs made by hand, for the tests of comparisons: nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from corelate.data.spec import load_annotations
from corelate.decisions.fixed import Fixed
from corelate.decisions.top_k_decision import TopKDecision
from corelate.metrics.report import evaluate_scores
from corelate.metrics.scores_file import write_scores
from corelate.training.recipe import Recipe

SPEC = "scenes:60?size=32&test=0.4"
LOG = "epoch,loss,validation.map\n1.0,0.5,0.3\n2.0,0.4,0.5\n3.0,0.3,0.4\n"


def scene_targets() -> tuple[np.ndarray, list[str], list[str]]:
    """Return the targets, labels and names of the test pictures, of which there are 24."""
    annotations = load_annotations(f"{SPEC}&split=test")
    return annotations.targets.dense(), list(annotations.vocabulary), list(annotations.names)


def noisy_scores(targets: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    """Return scores that are right for the most part, the less so the more noise there is."""
    drawn = np.random.default_rng(seed).random(targets.shape)
    return np.clip((1 - noise) * targets * 0.9 + noise * drawn, 0, 1).astype(np.float32)


def write_run(
    folder: Path,
    scores: np.ndarray | None = None,
    targets: np.ndarray | None = None,
    labels: list[str] | None = None,
    names: list[str] | None = None,
    *,
    noise: float = 0.6,
    seed: int = 1,
    rule: str = "fixed",
    log: str | None = LOG,
    recipe: dict[str, dict[str, Any]] | None = None,
    **metrics: Any,
) -> Path:
    """Write a run that was measured on the test split of drawn scenes, or on what is given; ``names=[]`` names none."""
    known, usual_labels, usual_names = scene_targets()
    given = targets is not None
    targets = known if targets is None else targets
    scores = noisy_scores(targets, noise, seed) if scores is None else scores
    labels = usual_labels if labels is None else labels
    names = usual_names if names is None and not given else names
    folder.mkdir(parents=True)
    values = {"data": {"spec": SPEC}, "head": {"name": "linear"}, "loss": {"name": "asymmetric"}, "run": {"seed": seed}}
    (folder / "recipe.toml").write_text(Recipe.from_values(values | (recipe or {})).to_toml())
    write_scores(folder / "scores.npz", scores, targets, labels=labels, names=names or None)
    rules = {"fixed": Fixed(0.5).for_labels(len(labels)), "top_k": TopKDecision(k=min(3, len(labels)))}
    content = {
        "protocol": "held-out",
        "note": "",
        "measured_on": {"split": "test", "images": len(targets)},
        "trained_on": {"images": 30},
        "chosen_on": "6 validation pictures",
        "training": {"epochs": 3, "best_epoch": 2},
        "default_rule": rule,
        "rules": {name: evaluate_scores(scores, targets, each) for name, each in rules.items()},
        "weights": {"source": "none"},
        "seconds": {"training": 1.0},
    }
    decisions = {name: each.to_json() for name, each in rules.items()}
    (folder / "decisions.json").write_text(json.dumps(decisions))
    (folder / "metrics.json").write_text(json.dumps(content | metrics))
    if log is not None:
        (folder / "training").mkdir()
        (folder / "training" / "log.csv").write_text(log)
    return folder
