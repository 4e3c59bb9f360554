"""Recipes small enough for tests: scenes of 32 pixels and a network made for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corelate.training.recipe import Recipe


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELATE_CACHE", str(tmp_path_factory.mktemp("cache")))


def tiny_values(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sections of a recipe that runs in seconds; changes are merged into its sections."""
    values: dict[str, dict[str, Any]] = {
        "data": {"spec": "scenes:48?size=32&test=0.25", "validation": 0.25},
        "model": {
            "backbone": "test_resnet",
            "weights": "none",
            "image_size": [32],
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
        "head": {"name": "linear", "dropout": 0.3},
        "loss": {"name": "asymmetric"},
        "optimisation": {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3},
        "run": {"accelerator": "cpu", "report": False},
    }
    for section, content in changes.items():
        values[section] = {**values.get(section, {}), **content}
    return values


@pytest.fixture
def tiny_recipe() -> Callable[..., Recipe]:
    """Make a recipe that runs in seconds: ``tiny_recipe(optimisation={"ema": 0.9})``."""
    return lambda **changes: Recipe.from_values(tiny_values(**changes))


def tensors_of(run: Path) -> bytes:
    """Return the bytes of a run's finished weights."""
    return (run / "model.safetensors").read_bytes()
