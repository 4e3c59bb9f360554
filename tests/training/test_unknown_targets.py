"""Unknown labels from the table to the figures: they teach, choose and measure nothing, and are counted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corelate.data.scenes.grammar import LABELS, compose
from corelate.data.scenes.reference import SceneReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.fixed import Fixed
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_scores
from corelate.models.heads.ml_gcn import MlGcnHead
from corelate.training.choices import Choice
from corelate.training.finished import FinishedRun
from corelate.training.label_knowledge import LabelFiles
from corelate.training.recipe import Recipe
from corelate.training.run import train

Recipes = Callable[..., Recipe]
Row = dict[str, Any]
SHARE_HIDDEN = 0.4
LOSSES = {
    "bce": {"name": "bce"},
    "bce, absent": {"name": "bce", "unknown": "absent"},
    "asymmetric": {"name": "asymmetric"},
    "lsep": {"name": "lsep"},
    "hill": {"name": "hill"},
    "hill, ignored": {"name": "hill", "unknown": "ignored"},
    "splc": {"name": "splc"},
    "splc, only unknown": {"name": "splc", "corrected": "unknown"},
}
HEADS = {
    "ml_gcn": {"name": "ml_gcn", "hidden": [16]},
    "orderless_rnn": {"name": "orderless_rnn", "hidden": 16, "max_labels": 4},
    "sr_cnn_rnn": {"name": "sr_cnn_rnn", "hidden": 16, "max_labels": 4, "label_loss": "splc"},
}


def truth() -> np.ndarray:
    return np.array([[int(label in compose(1, index).labels) for label in LABELS] for index in range(48)], np.int8)


def hidden(targets: np.ndarray, seed: int = 0) -> np.ndarray:
    """Some cells are unknown; of the first label all are, and so are all of the first picture of each split."""
    result = np.where(np.random.default_rng(seed).random(targets.shape) < SHARE_HIDDEN, -1, targets).astype(np.int8)
    result[:, 0] = -1
    result[[0, 24, 36]] = -1
    return result


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(48):
        SceneReference(1, index, 32).draw().save(folder / f"{index}.png")
    return folder


def table(pictures: Path, targets: np.ndarray, name: str) -> str:
    """Write one column a label, in which an unknown label is an empty cell, and return the spec."""
    splits = ["train"] * 24 + ["validation"] * 12 + ["test"] * 12
    with (pictures / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "split", *LABELS])
        for index, (split, row) in enumerate(zip(splits, targets, strict=True)):
            writer.writerow([f"{index}.png", split, *("" if value < 0 else value for value in row)])
    return f"table:{pictures / name}?labels=*"


def run(recipes: Recipes, spec: str, folder: Path, **changes: Row) -> dict[str, Any]:
    values = recipes(data={"spec": spec}).to_values()
    values["model"] = {key: value for key, value in values["model"].items() if value is not None}
    values.update({"loss": {}, **changes})
    if not values["loss"]:
        del values["loss"]
    return train(Recipe.from_values(values), folder)


# Figures that skip unknown cells, one cell after another


def naive_figures(scores: np.ndarray, targets: np.ndarray, tags: np.ndarray) -> dict[str, float]:
    hits = predicted = present = 0
    precisions = []
    for label in range(scores.shape[1]):
        ranked = []
        for picture in range(scores.shape[0]):
            if targets[picture, label] == -1:
                continue
            hits += bool(tags[picture, label]) and targets[picture, label] == 1
            predicted += bool(tags[picture, label])
            present += targets[picture, label] == 1
            ranked.append((scores[picture, label], targets[picture, label]))
        at_hits = [np.mean([here for score, here in ranked if score >= own]) for own, here in ranked if here == 1]
        precisions += [np.mean(at_hits)] if at_hits else []
    return {"f1": 2 * hits / max(predicted + present, 1), "map": float(np.mean(precisions))}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_and_treatment_trains_to_figures_without_unknown_cells(
    loss: str, tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    targets = hidden(truth())
    metrics = run(tiny_recipe, table(pictures, targets, "partly.csv"), tmp_path / "run", loss=LOSSES[loss])
    finished = FinishedRun.open(tmp_path / "run")
    kept = finished.scores()
    order = [list(LABELS).index(label) for label in finished.architecture.vocabulary]
    assert kept.targets.tolist() == targets[36:][:, order].tolist()
    assert np.isfinite(kept.scores).all()
    for name, rule in finished.decisions(len(LABELS)).items():
        report = metrics["rules"][name]
        expected = naive_figures(kept.scores, kept.targets, rule.decide(kept.scores))
        assert report["unknown_targets"] == (kept.targets == -1).sum() > 12
        assert report["overall"]["f1"] == pytest.approx(expected["f1"], abs=1e-12)
        assert report["map"] == pytest.approx(expected["map"], abs=1e-12)
    rows = (tmp_path / "run" / "training" / "log.csv").read_text().splitlines()
    assert all(np.isfinite([float(cell) for cell in row.split(",")]).all() for row in rows[1:])


@pytest.mark.parametrize("head", HEADS)
def test_heads_that_know_labels_or_write_them_train_on_partly_known_ones(
    head: str, tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    metrics = run(
        tiny_recipe, table(pictures, hidden(truth()), "partly.csv"), tmp_path / "run", head=HEADS[head], loss={}
    )
    assert metrics["rules"]["fixed"]["unknown_targets"] > 0
    assert np.isfinite(FinishedRun.open(tmp_path / "run").scores().scores).all()


def test_a_run_whose_validation_part_knows_nothing_has_fixed_tags_and_says_so(
    tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    targets = truth()
    targets[24:36] = -1
    metrics = run(tiny_recipe, table(pictures, targets, "nothing.csv"), tmp_path / "run")
    assert set(metrics["rules"]) == {"fixed", "top_k"}
    assert "the rule global_f can't be fitted" in metrics["note"]
    assert "among the pictures that choose: the last epoch was kept" in metrics["note"]
    assert metrics["training"]["best_epoch"] == metrics["training"]["epochs"]


def test_a_data_set_that_only_says_what_is_there_gets_no_threshold_that_tags_everything(
    tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    spec = table(pictures, np.where(truth() == 1, 1, -1), "present.csv")
    metrics = run(tiny_recipe, spec, tmp_path / "run", loss={"name": "splc"})
    assert set(metrics["rules"]) == {"fixed", "top_k"}
    assert "among the pictures that are measured: the figures say nothing" in metrics["note"]


def test_where_nothing_can_choose_the_last_epoch_is_kept_in_folds_too(
    tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    spec = table(pictures, np.where(truth() == 1, 1, -1), "present.csv")
    recipe = tiny_recipe(data={"spec": spec, "folds": 2}, loss={"name": "hill"}, optimisation={"epochs": 3})
    metrics = train(recipe, tmp_path / "run")
    assert metrics["training"]["best_epoch"] == 3


def test_a_training_part_that_knows_nothing_teaches_nothing_and_does_no_harm(
    tiny_recipe: Recipes, pictures: Path, tmp_path: Path
):
    targets = truth()
    targets[:24] = -1
    run(tiny_recipe, table(pictures, targets, "untaught.csv"), tmp_path / "run", loss={"name": "bce"})
    assert np.isfinite(FinishedRun.open(tmp_path / "run").scores().scores).all()


def test_intervals_of_partly_known_targets_hold_the_figures():
    targets = np.repeat(hidden(truth()), 3, axis=0)
    scores = np.clip(np.random.default_rng(0).random(targets.shape) * 0.6 + 0.3 * (targets == 1), 0, 1)
    options = IntervalOptions(resamples=100)
    report = evaluate_scores(scores, targets, Fixed().for_labels(len(LABELS)), intervals=options)
    low, high = report["intervals"]["map"]
    assert 0 < low <= report["map"] <= high < 1
    assert report["unknown_targets"] == (targets == -1).sum()
    known = scores.copy()
    known[targets == -1] = np.random.default_rng(1).random((targets == -1).sum())
    assert evaluate_scores(known, targets, Fixed().for_labels(len(LABELS)), intervals=options) == report


def test_label_knowledge_is_that_of_the_known_cells():
    targets = TargetMatrix.from_dense(hidden(truth()))
    inputs = LabelFiles().inputs(Choice("ml_gcn", MlGcnHead.Options()), 8, Vocabulary(LABELS), targets)
    known = targets.dense()[:, 1:]
    assert inputs.label_frequencies.tolist() == [0, *((known == 1).sum(0) / (known >= 0).sum(0))]
    assert inputs.needed_graph("ml_gcn").edges > len(LABELS)
