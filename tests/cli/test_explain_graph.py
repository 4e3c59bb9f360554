from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from corelate.cli import explain_graph
from corelate.errors import OptionError, RunError
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

app = typer.Typer()
app.command()(explain_graph.run)

SCENES = "scenes:60?size=32"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "graph"
    values = {
        "data": {"spec": "scenes:40?size=32&test=0.3", "validation": 0.25},
        "model": {
            "backbone": "test_resnet",
            "weights": "none",
            "image_size": [32],
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
        "head": {"name": "ml_gcn", "hidden": [8]},
        "loss": {"name": "asymmetric"},
        "optimisation": {"epochs": 1, "batch_size": 14},
        "rule": {"name": "global_f"},
        "run": {"accelerator": "cpu", "report": False},
    }
    train(Recipe.from_values(values), path, Silent())
    return path


def test_usually_a_picture_and_a_table_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(SCENES, "--around", "boat", "--around", "sea", "--most", 3)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.csv", "graph.png"]
    lines = result.stdout.splitlines()
    assert lines[0] == "Label graph: scenes:60?seed=1, counted on the training pictures, 45 of 60"
    assert any(line.startswith("boat implies: ") for line in lines)
    assert any(line.startswith("Drawn are 3 of ") for line in lines)
    assert lines[-2:] == ["Written: graph.png", "Written: graph.csv"]
    assert Image.open("graph.png").size[0] > 600
    with Path("graph.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"boat", "sea"} & {rows[0]["condition"], rows[0]["implied"]}


def test_without_a_choice_the_labels_in_the_middle_are_named(tmp_path: Path):
    result = invoke(SCENES, "--out", tmp_path / "graph.json")
    assert "Around the most frequent labels with edges: sky, " in result.stdout
    content = json.loads((tmp_path / "graph.json").read_text())
    assert content["about"]["around"][0] == "sky"
    assert len(content["about"]["around"]) == 3


def test_labels_may_hold_commas_and_markup(tmp_path: Path):
    (tmp_path / "labels.csv").write_text('path,labels\na.jpg,"[red]sky[/red];a, b;:cat:"\nb.jpg,"a, b"\n')
    spec = f"csv:{tmp_path / 'labels.csv'}?labels_only=true"
    result = invoke(spec, "--around", "a, b", "--out", tmp_path / "graph.svg")
    assert "a, b implies: :cat: 0.50, [red]sky[/red] 0.50" in result.stdout


def test_options_of_the_graph_are_heard(tmp_path: Path):
    out = tmp_path / "graph.json"
    invoke(SCENES, "--around", "sky", "--preset", "paper", "--tau", 0.99, "--p", 0.5, "--out", out)
    rows = json.loads(out.read_text())["rows"]
    assert rows
    assert all(row["probability"] >= 0.99 for row in rows)


def test_one_label_alone_gives_a_sentence(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("path,labels\na.jpg,lone\n")
    result = invoke(f"csv:{tmp_path / 'labels.csv'}?labels_only=true", "--out", tmp_path / "graph.png")
    assert result.exit_code == 0, result.output
    assert "lone has no edges: no other label goes with it often enough, or there is none" in result.stdout


def test_of_a_run_with_a_graph_that_one_is_drawn(run: Path, tmp_path: Path):
    result = invoke(run, "--around", "boat", "--out", tmp_path / "graph.png")
    assert result.stdout.startswith("Label graph: the graph inside the head of graph, where those that a label listens")
    assert "each label also listens to itself, with weight 0.80" in result.stdout
    refused = invoke(run, "--tau", 0.3, "--out", tmp_path / "other.png")
    assert isinstance(refused.exception, OptionError)


def test_what_moved_the_tags_of_a_picture(run: Path, tmp_path: Path):
    out = tmp_path / "moved.csv"
    arguments = [run, "--picture", "scene-000003.png", "--tag", "boat", "--tag", "sea"]
    result = invoke(*arguments, "--out", out, "--out", tmp_path / "moved.png")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("scene-000003.png, head ml_gcn\nboat: logit ")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["tag"] for row in rows} == {"boat", "sea"}
    assert list(rows[0]) == ["tag", "label", "contribution", "weight"]


def test_a_picture_may_be_a_file(run: Path, tmp_path: Path):
    Image.new("RGB", (50, 30), "navy").save(tmp_path / "mine.png")
    result = invoke(run, "--picture", tmp_path / "mine.png", "--out", tmp_path / "moved.json")
    assert result.stdout.startswith("mine.png, head ml_gcn")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--around", "boot"], "no label 'boot'; did you mean 'boat'"),
        (["--tag", "boat"], "--tag: say of which picture"),
        (["--rule", "top_k"], "--rule: say of which picture"),
        (["--picture", "a.png", "--around", "sea", "--most", 3], "--around and --most: it belongs to"),
        (["--picture", "a.png", "--tau", 0.2], "--tau: it belongs to"),
        (["--steps", 4], "steps = 4"),
        (["--tau", 2], "tau"),
        (["--out", "graph.gif"], "suffix '.gif'"),
    ],
)
def test_wrong_use_is_refused(arguments: list, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(SCENES, *arguments)
    assert isinstance(result.exception, OptionError)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_what_is_neither_run_nor_data_is_refused(tmp_path: Path):
    for source in (tmp_path / "nothing", "~no user/run", "a" * 300):
        refused = invoke(source, "--out", tmp_path / "graph.png").exception
        assert isinstance(refused, OptionError)
        assert "neither the folder of a run nor a data set" in str(refused)
    assert isinstance(invoke(tmp_path, "--out", tmp_path / "graph.png").exception, RunError)
