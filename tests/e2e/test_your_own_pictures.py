"""The page for newcomers: its own commands, one after the other, from photos with keywords to tags."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

PAGE = Path(__file__).parents[2] / "docs" / "your-own-pictures.md"
# The doctor ends with 1 where it finds something, and of photos it always does.
FINDS = {"doctor": (0, 1)}


def commands() -> Iterator[str]:
    for block in re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        yield from block.strip().splitlines()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache of the model hub in which the page's network lies, with random weights: tests have no network."""
    home = tmp_path_factory.mktemp("hub")
    torch.manual_seed(1)
    network = timm.create_model("mobilenetv2_100")
    repository = home / "hub" / ("models--" + network.pretrained_cfg["hf_hub_id"].replace("/", "--"))
    snapshot = repository / "snapshots" / "0"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0")
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, snapshot / "model.safetensors"
    )
    return home


@pytest.mark.slow
def test_commands_of_the_page(tmp_path: Path, hub: Path):
    environment = {**os.environ, "HF_HOME": str(hub), "CORELATE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    given = list(commands())
    assert len(given) == 11
    for command in given:
        words, _, target = command.replace("--count 300", "--count 60").partition(" > ")
        name, *arguments = shlex.split(words)
        assert name == "corelate"
        done = subprocess.run(
            [sys.executable, "-m", "corelate", *arguments],
            cwd=tmp_path,
            check=False,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode in FINDS.get(arguments[1], (0,)), f"{command}\n{done.stdout}\n{done.stderr}"
        if target:
            (tmp_path / target).write_text(done.stdout)

    metrics = json.loads((tmp_path / "runs" / "mine" / "metrics.json").read_text())
    assert "out-of-fold scores of 60 pictures" in metrics["chosen_on"]
    assert json.loads((tmp_path / "figures.json").read_text())["per_label"]
    with (tmp_path / "tags" / "tags.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 20
