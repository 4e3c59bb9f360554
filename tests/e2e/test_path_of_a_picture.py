"""The main job from end to end: train, resume, evaluate, compare, export, tag."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from corelate.metrics.scores_file import read_scores

from .conftest import TINY, Command


def test_from_scenes_to_tags(corelate: Command, tmp_path: Path):
    corelate("data", "scenes", "scenes", "--count", "12", "--size", "40")
    shown = json.loads(corelate("data", "show", "csv:scenes/labels.csv", "--json").stdout)
    assert shown["pictures"] == 12

    trained = corelate("train", *TINY, "--loss", "asl", "--loss-option", "gamma_negative=2", "--out", "run")
    assert "mAP" in trained.stdout
    assert "results: run" in trained.stdout
    assert "gamma_negative = 2.0" in (tmp_path / "run" / "recipe.toml").read_text()
    assert "is finished already" in corelate("resume", "run").stderr

    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    evaluated = json.loads(corelate("evaluate", "run", "--json").stdout)
    assert evaluated == metrics["rules"]["global_f"]
    again = json.loads(corelate("evaluate", "run", "--data", "scenes:48?size=32&test=0.25", "--json").stdout)
    assert abs(again["map"] - metrics["rules"]["global_f"]["map"]) < 1e-6
    alone = json.loads(corelate("evaluate", "--scores", "run/scores.npz", "--json").stdout)
    assert alone["overall"] == metrics["rules"]["fixed"]["overall"]

    assert "run" in corelate("compare", "run", "run").stdout
    assert len(json.loads(corelate("compare", "run", "--json").stdout)) == 1

    exported = corelate("export", "run", "--out", "annotator.zip")
    assert "differs from PyTorch by at most" in exported.stderr
    assert "already exists; choose another name" in corelate("export", "run", "--out", "annotator.zip", code=2).stderr
    bundle = json.loads(corelate("evaluate", "annotator.zip", "--data", "scenes:48?size=32&test=0.25", "--json").stdout)
    assert abs(bundle["overall"]["f1"] - evaluated["overall"]["f1"]) < 1e-6

    (tmp_path / "scenes" / "broken.png").write_bytes(b"\x89PNG broken")
    tagged = corelate(
        "tag", "annotator.zip", "scenes", "--write", "jsonl,csv", "--out", "tags", "--rule", "top_k", code=1
    )
    assert "broken.png" in tagged.stderr
    lines = [json.loads(line) for line in (tmp_path / "tags" / "tags.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    assert all(len(line["tags"]) == 5 for line in lines)
    with (tmp_path / "tags" / "tags.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 12


def test_a_killed_run_ends_with_the_same_weights(corelate: Command, environment: dict[str, str], tmp_path: Path):
    recipe = [*TINY, "--ema", "0.9", "--checkpoint-minutes", "0.0001"]
    corelate("train", *recipe, "--out", "whole")
    command = [sys.executable, "-m", "corelate"]
    # Killed in the first seconds of training, then again a little later, wherever that is.
    process = subprocess.Popen([*command, "train", *recipe, "--out", "cut"], cwd=tmp_path, env=environment)
    checkpoint = tmp_path / "cut" / "training" / "last.safetensors"
    for extra in (0.02, 0.2):
        deadline = time.monotonic() + 120
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != before:
                break
            time.sleep(0.005)
        time.sleep(extra)
        process.kill()
        process.wait()
        process = subprocess.Popen([*command, "resume", "cut"], cwd=tmp_path, env=environment)
    process.kill()
    process.wait()
    corelate("resume", "cut")
    for name in ("model.safetensors", "scores.npz"):
        one, other = tmp_path / "cut" / name, tmp_path / "whole" / name
        if name.endswith("npz"):
            assert np.array_equal(read_scores(one).scores, read_scores(other).scores)
        else:
            assert one.read_bytes() == other.read_bytes()


def test_two_processes_find_what_one_finds(corelate: Command, tmp_path: Path):
    # 24 training pictures: three whole batches, so that no process count leaves any out.
    frozen = [*TINY, "--frozen", "--head-option", "dropout=0.0", "--epochs", "3", "--validation", "0.3333"]
    corelate("train", *frozen, "--out", "one")
    corelate("train", *frozen, "--devices", "2", "--out", "two")
    one, two = (read_scores(tmp_path / run / "scores.npz") for run in ("one", "two"))
    assert one.names == two.names
    assert np.allclose(one.scores, two.scores, atol=1e-4)


def assert_measured_and_resumed(corelate: Command, run: Path) -> None:
    """Check a run's figures, and that going on without them ends with the same weights."""
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["rules"]["fixed"]["images"] == 12
    (run / "metrics.json").unlink()
    before = (run / "model.safetensors").read_bytes()
    corelate("resume", run)
    assert (run / "model.safetensors").read_bytes() == before


def test_two_processes_fine_tune_and_resume(corelate: Command, tmp_path: Path):
    corelate("train", *TINY, "--devices", "2", "--out", "two")
    assert_measured_and_resumed(corelate, tmp_path / "two")


def test_two_processes_train_a_head_that_writes_labels(corelate: Command, tmp_path: Path):
    options = ["--head", "ria", "--loss", "mla", "--head-option", "hidden=16", "--head-option", "max_labels=3"]
    done = corelate("train", *TINY, *options, "--devices", "2", "--out", "two")
    assert done.stderr.count("training pictures exceed max_labels = 3") == 1
    assert_measured_and_resumed(corelate, tmp_path / "two")


def test_wrong_use_is_one_line_and_code_2(corelate: Command, tmp_path: Path):
    cases = {
        ("train", "--out", "x"): "[data] spec: is needed",
        ("train", "none.toml", "--out", "x"): "recipe none.toml does not exist",
        ("train", "--data", "cvs:x", "--out", "x"): "did you mean 'csv'?",
        ("train", "--data", "scenes:20", "--loss", "asll", "--out", "x"): "unknown loss 'asll'",
        ("train", *TINY, "--backbone", "resnet10x", "--out", "x"): "unknown backbone 'resnet10x'",
        ("resume", "."): "is no run folder",
        ("evaluate",): "give either a run folder or bundle, or --scores",
        ("tag", "none.zip", "."): "none.zip",
        ("export", "none", "--out", "y"): "is no run folder",
    }
    for arguments, words in cases.items():
        done = corelate(*arguments, code=2)
        assert words in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_what_was_refused_leaves_nothing_behind(corelate: Command, tmp_path: Path):
    corelate("train", "--data", "csv:none.csv", "--out", "x", code=2)
    corelate("train", *TINY, "--backbone", "resnet10x", "--out", "x", code=2)
    corelate("train", *TINY, "--out", "x")


def test_evaluating_on_other_data(corelate: Command, tmp_path: Path):
    corelate("train", *TINY, "--out", "run")
    corelate("data", "scenes", "scenes", "--count", "8", "--size", "40")
    table = tmp_path / "scenes" / "labels.csv"
    (tmp_path / "scenes" / "scene-000001.png").write_bytes(b"no picture")
    done = corelate("evaluate", "run", "--data", "csv:scenes/labels.csv?split=train", "--json", code=1)
    assert "scene-000001.png" in done.stderr
    assert json.loads(done.stdout)["images"] == 5
    assert "labels of the annotator are not in the data" in done.stderr
    table.write_text("path,labels\nscene-000002.png,elephant\n")
    refused = corelate("evaluate", "run", "--data", "csv:scenes/labels.csv", code=2)
    assert "no label in common" in refused.stderr
