"""Whole runs of heads that write labels one by one."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corelate.errors import RunError
from corelate.losses import SEQUENCE_LOSSES
from corelate.models.heads import HEADS
from corelate.models.heads.base import Head
from corelate.training.finished import FinishedRun
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train

from .conftest import tensors_of, tiny_values

RIA = {"name": "ria", "hidden": 16, "max_labels": 3}


def recipe_with(head: dict[str, Any] = RIA, **changes: dict[str, Any]) -> Recipe:
    values = tiny_values(**changes)
    if "loss" not in changes:
        del values["loss"]
    return Recipe.from_values({**values, "head": head})


class Messages(Silent):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def message(self, text: str) -> None:
        self.seen.append(text)


class StoppedError(Exception):
    pass


class StopsInTraining(Silent):
    def begin(self, title: str, total: int, unit: str) -> None:
        if "epoch 2" in title:
            raise StoppedError(title)


KINDS: dict[str, dict[str, Any]] = {
    "fine-tuned": {},
    "frozen": {"model": {"frozen": True}},
    "frozen, folds": {"model": {"frozen": True}, "data": {"folds": 2}},
    "seed protocol": {"model": {"frozen": True}, "run": {"protocol": "seed"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path, kind: str):
    recipe = recipe_with({**RIA, "scheduled_sampling": 0.5}, **KINDS[kind])
    train(recipe, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(recipe, tmp_path / "cut", StopsInTraining())
    resume(tmp_path / "cut")
    assert tensors_of(tmp_path / "cut") == tensors_of(tmp_path / "whole")


def test_a_run_stopped_in_its_pretraining_goes_on_with_it(tmp_path: Path):
    head = {"name": "sr_cnn_rnn", "hidden": 16, "max_labels": 3, "pretraining": 0.75}
    recipe = recipe_with(head, model={"frozen": True})
    train(recipe, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(recipe, tmp_path / "cut", StopsInTraining())
    resume(tmp_path / "cut")
    assert tensors_of(tmp_path / "cut") == tensors_of(tmp_path / "whole")


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_every_sequence_loss_trains(tmp_path: Path, name: str):
    metrics = train(recipe_with(loss={"name": name}, model={"frozen": True}), tmp_path / name)
    assert metrics["training"]["epochs"] == 2
    with (tmp_path / name / "training" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert "validation.loss" not in rows[0], "the loss of label scores is not what was trained"
    assert {"loss", "validation.map", "validation.overall.f1"} <= rows[0].keys()
    assert all(np.isfinite(float(row["loss"])) for row in rows)


def test_label_sets_that_are_too_long_are_counted(tmp_path: Path):
    reporter = Messages()
    metrics = train(recipe_with(model={"frozen": True}), tmp_path / "run", reporter)
    expected = (
        " of 27 training pictures exceed max_labels = 3: each is cut to the first 3 in the order rare_first; "
        "raise max_labels to keep them"
    )
    (line,) = (text for text in reporter.seen if "training pictures exceed" in text)
    assert line.endswith(expected)
    assert 0 < int(line.removesuffix(expected)) < 27
    assert metrics["note"] == line


def test_nothing_is_said_where_every_label_fits(tmp_path: Path):
    reporter = Messages()
    metrics = train(recipe_with({**RIA, "max_labels": 22}, model={"frozen": True}), tmp_path / "run", reporter)
    assert metrics["note"] == ""
    assert not [text for text in reporter.seen if "max_labels" in text]


def table_of(folder: Path, lists: list[list[str]]) -> Path:
    from PIL import Image

    folder.mkdir()
    for number in range(len(lists)):
        Image.new("RGB", (32, 32), (40 * number % 256, 90, 20)).save(folder / f"{number}.png")
    rows = [f"{number}.png,{';'.join(labels)}" for number, labels in enumerate(lists)]
    (folder / "labels.csv").write_text("\n".join(["path,labels", *rows]))
    return folder / "labels.csv"


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "fine-tuned"])
def test_the_order_of_the_files_reaches_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen: bool):
    lists = [["sea", "boat", "sky"] if number % 2 else ["sky", "boat"] for number in range(12)]
    seen: list[torch.Tensor] = []
    own = HEADS.load("ria").objective

    def objective(head: Head, features: Any, targets: torch.Tensor, loss: Any, progress: float) -> torch.Tensor:
        seen.append(targets)
        return own(head, features, targets, loss, progress)

    monkeypatch.setattr(HEADS.load("ria"), "objective", objective)
    table = table_of(tmp_path / "data", lists)
    recipe = recipe_with({**RIA, "order": "given"}, data={"spec": f"csv:{table}"}, model={"frozen": frozen})
    train(recipe, tmp_path / "run")
    given = {tuple(row) for row in torch.cat(seen).tolist()}
    assert given == {(2.0, 1.0, 3.0), (2.0, 0.0, 1.0)}, "places of boat, sea and sky"


def test_metrics_are_given_targets_without_places(tmp_path: Path):
    from corelate.metrics.scores_file import read_scores

    lists = [["sea", "boat", "sky"] if number % 2 else ["sky", "boat"] for number in range(12)]
    table = table_of(tmp_path / "data", lists)
    train(recipe_with(data={"spec": f"csv:{table}"}, model={"frozen": True}), tmp_path / "run")
    assert set(np.unique(read_scores(tmp_path / "run" / "scores.npz").targets)) <= {0, 1}


def test_another_order_of_the_labels_does_not_go_on(tmp_path: Path):
    from corelate.errors import RunError

    lists = [["sea", "boat"], ["sky"]] * 6
    table = table_of(tmp_path / "data", lists)
    with pytest.raises(StoppedError):
        train(recipe_with(data={"spec": f"csv:{table}"}), tmp_path / "run", StopsInTraining())
    table.write_text(table.read_text().replace("sea;boat", "boat;sea"))
    with pytest.raises(RunError, match="has changed since"):
        resume(tmp_path / "run")


def test_a_head_of_one_s_own_can_have_any_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No search and no sequences: only what training asks of a head."""
    progress_seen = []

    def objective(head: Head, features: Any, targets: torch.Tensor, loss: Any, progress: float) -> torch.Tensor:
        progress_seen.append(progress)
        return head(features).square().mean()

    monkeypatch.setattr(HEADS.load("linear"), "objective", objective)
    train(recipe_with({"name": "linear"}, model={"frozen": True}), tmp_path / "run")
    assert progress_seen == [update / 8 for update in range(8)], "27 pictures: 4 batches in each of 2 epochs"


@pytest.mark.parametrize(
    "damage", [{"head_options": []}, {"head_options": {"beam_width": "three"}}, {"head": "nosuch"}]
)
def test_a_damaged_description_is_named_whatever_search_is_asked_for(tmp_path: Path, damage: dict[str, Any]):
    train(recipe_with(model={"frozen": True}), tmp_path / "run")
    path = tmp_path / "run" / "annotator.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    for search in ({}, {"scores": "found"}):
        with pytest.raises(RunError, match=r"annotator\.json is damaged"):
            FinishedRun.open(tmp_path / "run").annotator(search)
