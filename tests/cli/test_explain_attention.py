from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from corelate.cli import explain_attention
from corelate.errors import ImageReadError, OptionError
from corelate.explain.attention.attention_maps import METHODS
from corelate.explain.attention.picture_maps import KINDS, TagMap
from corelate.models.heads import HEADS
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

app = typer.Typer()
app.command()(explain_attention.run)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "scenes"
    model = {"backbone": "test_resnet", "weights": "none", "image_size": [64], "mean": [0.5] * 3, "std": [0.5] * 3}
    values = {
        "data": {"spec": "scenes:40?size=64"},
        "model": model,
        "head": {"name": "csra"},
        "optimisation": {"epochs": 1, "batch_size": 16},
        "rule": {"name": "top_k", "k": 3},
        "run": {"accelerator": "cpu", "report": False},
    }
    train(Recipe.from_values(values), folder, Silent())
    return folder


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def test_usual_files_and_words(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(run)
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["attention.csv", "attention.png"]
    assert "4 of 10 measured pictures, evenly spread over their list" in result.output
    assert "Head csra, attention: softmax attention of each label" in result.output
    assert "Written: attention.png\nWritten: attention.csv" in result.output
    with Image.open("attention.png") as image:
        assert image.width > 800
    with Path("attention.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["picture"] for row in rows}) == 4
    first = [
        float(row["value"]) for row in rows if (row["picture"], row["tag"]) == (rows[0]["picture"], rows[0]["tag"])
    ]
    assert sum(first) == pytest.approx(1, abs=1e-3)


def test_pictures_labels_and_methods(run: Path, tmp_path: Path):
    Image.new("RGB", (90, 50), (30, 120, 220)).save(tmp_path / "[b]sea[b].jpg")
    out = tmp_path / "maps.json"
    options = ("--label", "boat", "--label", "sea", "--method", "grad-cam", "--rule", "fixed", "--out", out)
    result = invoke(run, tmp_path / "[b]sea[b].jpg", "--name", "scene-000003.png", *options)
    assert "[b]sea[b].jpg" in result.output
    content = json.loads(out.read_text())
    assert content["about"]["method"] == "grad-cam"
    assert [Path(row["picture"]).name for row in content["rows"][::2]] == ["scene-000003.png", "[b]sea[b].jpg"]
    assert [row["tag"] for row in content["rows"]] == ["boat", "sea"] * 2
    assert content["rows"][2]["size"] == [90, 50]


def test_a_step_of_a_sequence_is_named():
    tag = TagMap("sea", "right", 0.5, np.ones((2, 2)), step=3)
    assert explain_attention._line(tag) == "  ✓ sea 0.50 (given and true), step 3, spread 100 %"


def test_errors_come_before_the_work(run: Path, tmp_path: Path):
    with pytest.raises(OptionError, match=r"suffix '\.gif'"):
        invoke(tmp_path / "no run", "--out", tmp_path / "maps.gif")
    with pytest.raises(OptionError, match="did you mean 'boat'"):
        invoke(run, "--label", "boot", "--out", tmp_path / "maps.csv")
    with pytest.raises(ImageReadError, match="No such file"):
        invoke(run, tmp_path / "gone.png", "--out", tmp_path / "maps.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_page_names_every_head_method_and_kind():
    page = (Path(__file__).parents[2] / "docs" / "explain" / "attention.md").read_text(encoding="utf-8")
    for name in HEADS.names:
        assert f"[`{name}`](../heads/{name}.md)" in page
    assert all(f"`{method}`" in page for method in METHODS)
    assert all(sign in page for sign in KINDS.values())


def test_help_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys; from corelate.cli.main import build_app; "
        "build_app(['explain', 'attention'])(['explain', 'attention', '--help'], standalone_mode=False); "
        "assert not {'torch', 'numpy', 'matplotlib'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--method" in result.stdout
