from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner, Result

from corelate.augment.ml_wgan import running
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.settings import PRESETS, WGAN_GP, MLWGANSettings
from corelate.cli import augment_ml_wgan
from corelate.cli.generation_options import read_values
from corelate.data.scenes.writing import write_scenes
from corelate.errors import OptionError, RunError

app = typer.Typer(rich_markup_mode=None)
app.command()(augment_ml_wgan.run)
SPEC = "scenes:4?size=40&test=0"
TINY = ["--size", "32x64", "--iterations", "3", "--at-once", "2", "--accelerator", "cpu"]


class Grey:
    """Stands in for the networks: all that they paint is grey."""

    def __init__(self, pictures: torch.Tensor, names: Any, settings: MLWGANSettings, **computing: Any) -> None:
        self.settings, self.iteration = settings, 0
        self.fakes = torch.zeros(settings.per_image, *pictures.shape)

    @property
    def finished(self) -> bool:
        return self.iteration >= self.settings.iterations

    def step(self) -> None:
        self.iteration += 1

    def state_tensors(self) -> dict[str, torch.Tensor]:
        return {"iteration": torch.tensor(self.iteration)}


@pytest.fixture(autouse=True)
def _grey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "generate", partial(running.generate, trainer=Grey))


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_says_what_was_made_and_how_to_go_on(tmp_path: Path):
    out = tmp_path / "out folder"
    result = invoke("--data", SPEC, "--out", out, *TINY)
    assert result.exit_code == 0
    assert "4 of 4 pictures are finished, 4 of them now: " in result.stdout
    assert f"12 generated pictures: {out}" in result.stdout
    assert f"corelate train --data '{SPEC}' --generated '{out}' --out RUN" in result.stdout
    assert "generating: 4 of 4 pictures" in result.stderr
    again = invoke("--data", SPEC, "--out", out, *TINY)
    assert "all 4 pictures were finished already" in again.stdout
    assert again.exit_code == 0


def test_values_get_where_they_belong(tmp_path: Path):
    out = tmp_path / "out"
    views = ["--views", "mirrored,plain", "--per-image", "2", "--border", "1", "--seed", "7", "--limit", "2"]
    assert invoke("--data", SPEC, "--out", out, *TINY, *views, "--preset", "wgan-gp").exit_code == 0
    settings = json.loads((out / "provenance.json").read_text())["settings"]
    expected = {**vars(WGAN_GP), "height": 32, "width": 64, "iterations": 3, "per_image": 2, "border": 1, "seed": 7}
    assert settings == {**expected, "views": ["mirrored", "plain"]}
    assert len(list((out / "images").glob("*_aug_hor_flip.jpeg"))) == 2
    assert len(list((out / "images").iterdir())) == 4


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_alone_is_what_its_name_says(preset: str):
    options, settings = read_values({"data": SPEC}, preset)
    assert options == GenerationOptions(SPEC)
    assert settings == PRESETS[preset]


def test_all_problems_are_named_at_once():
    values = {"data": SPEC, "size": "100x64", "iterations": 0, "views": "plain,upside", "shard": "3/2", "devices": 0}
    with pytest.raises(OptionError) as caught:
        read_values(values, "best")
    text = str(caught.value)
    assert "\n" not in text
    for words in (
        "preset = 'best': choose one of seed, wgan-gp",
        "iterations = 0: must be at least 1",
        "choose of plain, mirrored, turned",
        "height = 100: must be a multiple of 32, e.g. 96",
        "devices = 0: must be at least 1",
        "shard = '3/2'",
    ):
        assert words in text


@pytest.mark.parametrize("size", ["128", "axb", "128x", "128,192", "-32x64"])
def test_a_size_is_height_and_width(size: str):
    with pytest.raises(OptionError, match=r"write HEIGHTxWIDTH, e\.g\. 128x192"):
        read_values({"data": SPEC, "size": size}, "seed")


def test_a_folder_of_other_things_is_refused(tmp_path: Path):
    (tmp_path / "diary.txt").touch()
    assert isinstance(invoke("--data", SPEC, "--out", tmp_path, *TINY).exception, RunError)
    assert len(list(tmp_path.iterdir())) == 1


def test_pictures_that_are_left_out_are_named_as_they_are(tmp_path: Path):
    write_scenes(tmp_path / "scenes", 9, seed=1, size=40, test_fraction=0.0)
    table = tmp_path / "scenes" / "labels.csv"
    pictures = sorted((tmp_path / "scenes").rglob("*.png"))
    odd = pictures[0].with_name("[bold]x.png")
    table.write_text(table.read_text().replace(pictures[0].name, odd.name))
    pictures[0].rename(odd)
    for path in [odd, *pictures[1:7]]:
        path.write_bytes(b"no picture")
    result = invoke("--data", f"csv:{table}", "--out", tmp_path / "out", *TINY)
    assert result.exit_code == 1
    assert "7 pictures are left out:" in result.stderr
    assert "… and 2 more" in result.stderr
    assert "2 of 9 pictures are finished, 2 of them now" in result.stdout


def test_processes_that_failed_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    summary = running.Summary(tmp_path, 4, 2, made=2, generated=6, failures=["cuda:1: ended by signal 9"])
    monkeypatch.setattr(running, "generate", lambda *arguments: summary)
    result = invoke("--data", SPEC, "--out", tmp_path, *TINY)
    assert result.exit_code == 1
    assert "cuda:1: ended by signal 9" in result.stderr


@pytest.mark.parametrize("at_once", [True, False])
def test_stopped_it_says_how_to_go_on(at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def stop(*arguments: Any) -> running.Summary:
        if at_once:
            raise KeyboardInterrupt
        return running.Summary(tmp_path, 4, 1, made=1, generated=3, stopped=True)

    monkeypatch.setattr(running, "generate", stop)
    result = invoke("--data", SPEC, "--out", tmp_path, *TINY)
    assert result.exit_code == 130
    assert "stopped; the same command goes on" in result.stderr


def test_nothing_finished_is_no_reason_to_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "generate", lambda *arguments: running.Summary(tmp_path, 4, 0, stopped=True))
    assert "corelate train" not in invoke("--data", SPEC, "--out", tmp_path, *TINY).stdout


def test_help_does_not_wait_for_torch():
    code = (
        "import sys, contextlib\n"
        "from corelate.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main(['augment', 'ml-wgan', '--help'])\n"
        "print('HEAVY', sorted({'torch', 'PIL', 'pyarrow'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_help_shows_every_option_and_its_default(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    shown = invoke("--help").stdout
    shown = " ".join(shown.split())
    for words in ("--per-image", "[default: 3]", "--size", "[default: 128x192]", "--at-once", "--shard", "--no-critic"):
        assert words in shown, words
