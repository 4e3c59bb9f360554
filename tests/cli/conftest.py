"""A finished run made by hand: what commands read that look at scores and pictures, without any training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SPEC = "scenes:30?size=32&test=0.4"


@pytest.fixture
def finished_run(tmp_path: Path) -> Callable[..., Path]:
    """Write a run on the test split of 30 scenes whose scores are those of a network that is right most of the time."""
    from corelate.data.spec import load_annotations
    from corelate.decisions.fixed import Fixed
    from corelate.decisions.top_k_decision import TopKDecision
    from corelate.metrics.scores_file import write_scores
    from corelate.training.recipe import Recipe

    def write(name: str = "run", spec: str = SPEC, **files: Any) -> Path:
        annotations = load_annotations(f"{SPEC}&split=test")
        targets = annotations.targets.dense()
        scores = np.clip(0.55 * targets + 0.55 * np.random.default_rng(1).random(targets.shape), 0, 1)
        folder = tmp_path / name
        folder.mkdir()
        values: dict[str, Any] = {"data": {"spec": spec}, "head": {"name": "linear"}, "loss": {"name": "asymmetric"}}
        (folder / "recipe.toml").write_text(Recipe.from_values(values).to_toml())
        labels = list(annotations.vocabulary)
        write_scores(folder / "scores.npz", scores, targets, labels=labels, names=annotations.names)
        decisions = {"fixed": Fixed(0.5).for_labels(len(labels)).to_json(), "top_k": TopKDecision(k=3).to_json()}
        metrics = {
            **{
                "protocol": "held-out",
                "note": "",
                "chosen_on": "",
                "default_rule": "fixed",
                "rules": {},
                "weights": "",
            },
            "measured_on": {"split": "test", "images": len(targets)},
        }
        for file, content in {"decisions": decisions, "metrics": metrics, **files}.items():
            (folder / f"{file}.json").write_text(json.dumps(content))
        return folder

    return write
