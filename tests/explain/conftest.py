"""A finished run that is trained once, and judgements of a few cells that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from corelate.decisions.base import Decision
from corelate.decisions.fixed import Fixed
from corelate.explain.judged import Judged

RECIPE = {
    "data": {"spec": "scenes:60?size=32&test=0.3", "validation": 0.3},
    "model": {
        "backbone": "test_resnet",
        "weights": "none",
        "image_size": [32],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
    "head": {"name": "linear"},
    "loss": {"name": "asymmetric"},
    "optimisation": {"epochs": 2, "batch_size": 16, "learning_rate": 4e-3},
    "rule": {"name": "global_f"},
    "run": {"seed": 1, "accelerator": "cpu", "workers": 0, "threads": 1, "report": False},
}


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a tiny network on scenes for two epochs; 18 test pictures. Do not change its files: copy the folder."""
    from corelate.training.progress import Silent
    from corelate.training.recipe import Recipe
    from corelate.training.run import train

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train(Recipe.from_values(RECIPE), folder, Silent())
    return folder


@pytest.fixture(scope="session")
def judge() -> Callable[..., Judged]:
    """Make a judgement of scores and targets; labels are a, b, c …, pictures 0.png, 1.png …"""

    def make(
        scores: Sequence[Sequence[float]] | np.ndarray,
        targets: Sequence[Sequence[int]] | np.ndarray,
        decision: Decision | float = 0.5,
        labels: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> Judged:
        scores = np.asarray(scores, np.float64) if not isinstance(scores, np.ndarray) else scores
        pictures, count = scores.shape
        return Judged(
            scores,
            np.asarray(targets, np.int8),
            labels or [chr(ord("a") + column) for column in range(count)],
            names or [f"{row}.png" for row in range(pictures)],
            Fixed(decision).for_labels(count) if isinstance(decision, float) else decision,
            "some pictures",
        )

    return make
