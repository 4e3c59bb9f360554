"""Commands run as users run them: in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

Command = Callable[..., "subprocess.CompletedProcess[str]"]
TINY = [
    *("--data", "scenes:48?size=32&test=0.25", "--validation", "0.25"),
    *("--backbone", "test_resnet", "--weights", "none", "--image-size", "32"),
    *("--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5"),
    *("--epochs", "2", "--batch-size", "8", "--learning-rate", "1e-3", "--accelerator", "cpu"),
]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute with one thread also where no command is run: the networks are tiny."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of the commands: one thread, a cache of their own."""
    return {**os.environ, "CORELATE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


@pytest.fixture
def corelate(environment: dict[str, str], tmp_path: Path) -> Command:
    """Run ``corelate`` in the test's folder and return what it printed."""

    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "corelate", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
