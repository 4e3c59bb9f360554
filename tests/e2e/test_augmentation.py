"""From a data set to generated pictures, killed on the way, to a training with them; as a user does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from .conftest import TINY, Command

DATA = "scenes:12?size=40&test=0.5&seed=3"
SMALL = ("--size", "32x32", "--iterations", "3", "--border", "0", "--accelerator", "cpu")
GENERATE = ("augment", "ml-wgan", "--data", DATA, *SMALL, "--limit", "2")


def contents(out: Path) -> dict[str, bytes]:
    files = [path for path in out.rglob("*") if path.is_file() and "progress" not in path.parts]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_generated_pictures_are_learned_from(corelate: Command, tmp_path: Path):
    done = corelate(*GENERATE, "--out", "fakes", "--at-once", "2")
    assert "2 of 2 pictures are finished, 2 of them now" in done.stdout
    samples = json.loads((tmp_path / "fakes" / "train_aug.json").read_text())["samples"]
    about = json.loads((tmp_path / "fakes" / "provenance.json").read_text())
    assert len(samples) == 6
    assert sorted(name for names in about["pictures"].values() for name in names) == sorted(
        sample["image_name"] for sample in samples
    )
    for sample in samples:
        with Image.open(tmp_path / "fakes" / "images" / sample["image_name"]) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (32, 32))
    shown = corelate("data", "show", f"{DATA}&generated=fakes")
    assert "6" in shown.stdout
    tiny = [*TINY[2:], "--data", DATA]
    corelate("train", *tiny, "--generated", "fakes", "--out", "run")
    assert "generated" in (tmp_path / "run" / "recipe.toml").read_text()
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["training"]


@pytest.mark.slow
def test_killed_it_goes_on_and_two_processes_make_the_same(
    corelate: Command, environment: dict[str, str], tmp_path: Path
):
    short = ("--iterations", "2", "--per-image", "2", "--threads", "1")
    one_by_one = (*GENERATE, *short, "--at-once", "1", "--checkpoint-minutes", "0.0001")
    corelate(*one_by_one, "--out", "undisturbed")
    command = [sys.executable, "-m", "corelate", *one_by_one, "--out", "fakes"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment)
    wait_for(lambda: any((tmp_path / "fakes").rglob("checkpoint.safetensors")), process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    corelate(*one_by_one, "--out", "fakes")
    assert contents(tmp_path / "fakes") == contents(tmp_path / "undisturbed")
    corelate(*one_by_one, "--out", "two", "--devices", "2")
    assert contents(tmp_path / "two") == contents(tmp_path / "undisturbed")
