"""The recipes of the published heads that write labels one after another: trained, measured, exported and used.

Commands run in the test's own process where nothing hangs on it, since starting one costs more than these trainings.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from corelate.cli.main import main
from corelate.decisions import DECISION_RULES
from corelate.metrics.scores_file import read_scores
from corelate.training.recipe import Recipe, read_recipe

from .conftest import Command

RECIPES = Path(__file__).parents[2] / "recipes"
NAMES = ("seed-ria", "seed-sr-cnn-rnn", "seed-attention-rnn", "seed-attention-rnn-mla")
DATA = "scenes:48?size=64&test=0.25"
# 36 pictures to train on. Label vectors are made from their labels, which needs no file.
SMALL = [
    *("--data", DATA, "--backbone", "test_resnet", "--weights", "none", "--image-size", "64"),
    *("--head-option", 'embeddings=""', "--head-option", "hidden=32"),
    *("--epochs", "2", "--stop-epoch", "0", "--accelerator", "cpu", "--threads", "1"),
    "--no-report",
]

Run = Callable[..., str]


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORELATE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; return what it printed, of an error the lines on standard error."""

    def run(*arguments: str | Path, code: int = 0) -> str:
        capfd.readouterr()
        exit_code = command(*arguments)
        printed = capfd.readouterr()
        assert exit_code == code, printed.err
        return printed.err if code else printed.out

    return run


def command(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def recipe(name: str) -> list[str]:
    attention = ["--head-option", "attention_width=16"] if "attention" in name else []
    return [str(RECIPES / f"{name}.toml"), *SMALL, *attention]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train all four; return the folder of their runs."""
    folder = tmp_path_factory.mktemp("runs")
    for name in NAMES:
        assert command("train", *recipe(name), "--out", folder / name) == 0
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_trains_and_is_measured_by_every_rule(runs: Path, name: str):
    metrics = json.loads((runs / name / "metrics.json").read_text())
    assert set(metrics["rules"]) == set(DECISION_RULES.names)
    assert metrics["default_rule"] == "fixed"
    assert "chosen on the test split" in metrics["note"]
    assert metrics["training"]["epochs"] == 2
    with (runs / name / "training" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert "validation.loss" not in rows[0]
    assert {"loss", "validation.map", "validation.per_class.f1"} <= rows[0].keys()


@pytest.mark.parametrize("name", NAMES)
def test_its_tags_are_a_sequence_that_the_search_found(runs: Path, name: str):
    tags = read_scores(runs / name / "scores.npz").scores >= 0.5
    assert tags.shape == (12, 22)
    assert tags.sum(1).max() <= 7


def test_the_recipes_differ_in_head_and_loss_alone():
    read = {name: Recipe.from_values(read_recipe(RECIPES / f"{name}.toml")) for name in NAMES}
    for section in ("data", "model", "augmentation", "optimisation", "rule", "run"):
        assert len({repr(getattr(each, section)) for each in read.values()}) == 1, section
    assert [(each.head.name, each.loss.name) for each in read.values()] == [
        ("ria", "cross_entropy"),
        ("sr_cnn_rnn", "cross_entropy"),
        ("attention_rnn", "cross_entropy"),
        ("attention_rnn", "mla"),
    ]
    plain, free = (read[name].head.options for name in NAMES[2:])
    assert plain == free, "MLA is the same network with another loss"


def test_a_finished_run_is_evaluated_compared_exported_and_tags_pictures(runs: Path, tmp_path: Path, run: Run):
    path = runs / "seed-attention-rnn-mla"
    metrics = json.loads((path / "metrics.json").read_text())
    found = read_scores(path / "scores.npz").scores >= 0.5
    assert len(np.unique(found, axis=0)) > 1, "else the figures below could not differ"
    assert json.loads(run("evaluate", path, "--json")) == metrics["rules"]["fixed"]
    # Figures of the tags alone: after so short a training, rounding errors have a say in the order of scores.
    again = json.loads(run("evaluate", path, "--data", DATA, "--json"))
    assert again["overall"] == metrics["rules"]["fixed"]["overall"]

    compared = json.loads(run("compare", *(runs / name for name in NAMES), "--json"))
    assert len(compared) == len(NAMES)

    bundle = tmp_path / "annotator.zip"
    run("export", path, "--out", bundle)
    exported = json.loads(run("evaluate", bundle, "--data", DATA, "--json"))
    assert exported["overall"] == metrics["rules"]["fixed"]["overall"]

    run("data", "scenes", tmp_path / "scenes", "--count", "5", "--size", "64")
    run("tag", bundle, tmp_path / "scenes", "--write", "jsonl", "--out", tmp_path / "tags")
    lines = (tmp_path / "tags" / "tags.jsonl").read_text().splitlines()
    assert len(lines) == 5
    assert all(len(json.loads(line)["tags"]) <= 7 for line in lines)


def test_a_killed_run_ends_with_the_same_weights(run: Run, environment: dict[str, str], tmp_path: Path):
    # What depends on how far the training is: a change of what the decoder is fed halfway, and guesses fed more often.
    changing = ["--head-option", "pretraining=0.5", "--head-option", "scheduled_sampling=0.5", "--epochs", "6"]
    arguments = ["train", *recipe("seed-sr-cnn-rnn"), *changing, "--checkpoint-minutes", "0.0001"]
    run(*arguments, "--out", tmp_path / "whole")
    cut = tmp_path / "cut"
    process = subprocess.Popen([sys.executable, "-m", "corelate", *arguments, "--out", str(cut)], env=environment)
    deadline = time.monotonic() + 120
    while not (cut / "training" / "last.safetensors").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (cut / "metrics.json").exists(), "killed too late to be a test"
    run("resume", cut)
    assert (cut / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert np.array_equal(read_scores(cut / "scores.npz").scores, read_scores(tmp_path / "whole" / "scores.npz").scores)


def test_two_processes_find_what_one_finds(run: Run, corelate: Command, tmp_path: Path):
    # 32 pictures in four whole batches; nothing is dropped; and the sum of the losses, since a mean is over the tokens
    # of a process's own pictures, of which the processes have different numbers.
    even = [
        "--data",
        "scenes:48?size=64&test=0.3333",
        "--frozen",
        "--batch-size",
        "8",
        "--loss-option",
        "reduction=sum",
    ]
    dropouts = ["--head-option", "dropout=0.0", "--head-option", "embedding_dropout=0.0"]
    arguments = ["train", *recipe("seed-attention-rnn-mla"), *even, *dropouts, "--learning-rate", "1e-2"]
    run(*arguments, "--out", tmp_path / "one")
    corelate(*arguments, "--devices", "2", "--out", "two")
    one, two = (read_scores(tmp_path / name / "scores.npz") for name in ("one", "two"))
    assert one.names == two.names
    assert np.allclose(one.scores, two.scores, atol=1e-5)


def test_lists_that_are_cut_are_counted(capfd: pytest.CaptureFixture[str], tmp_path: Path):
    arguments = ["--frozen", "--epochs", "1", "--head-option", "max_labels=1"]
    assert command("train", *recipe("seed-ria"), *arguments, "--out", tmp_path / "run") == 0
    expected = "of 36 training pictures exceed max_labels = 1: each is cut to the first 1 in the order rare_first"
    assert capfd.readouterr().err.count(expected) == 1
    note = json.loads((tmp_path / "run" / "metrics.json").read_text())["note"]
    assert expected in note


REFUSED = {
    ("--monitor", "loss"): "is judged by what its search finds, whose figures have no loss; choose one of map",
    ("--loss", "asymmetric"): "is a loss for heads that score each label by itself; here choose one of cross_entropy",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_does_not_go_with_such_a_head_is_refused_in_one_line(run: Run, tmp_path: Path, arguments: tuple[str, str]):
    for head in (["--data", DATA, "--head", "ria"], recipe("seed-ria")):
        lines = run("train", *head, *arguments, "--out", tmp_path / "run", code=2).splitlines()
        assert lines[0] == "corelate: the recipe has 1 problem(s):"
        assert len(lines) == 2
        assert REFUSED[arguments] in lines[1]
        assert not (tmp_path / "run").exists()
