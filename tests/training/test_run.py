"""Whole runs on scenes, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from corelate.data.spec import load_annotations
from corelate.decisions import DECISION_RULES
from corelate.errors import DataError, OptionError, RunError
from corelate.metrics.report import evaluate_scores
from corelate.metrics.scores_file import read_scores
from corelate.training.finished import FinishedRun
from corelate.training.measuring import NO_TEST_NOTE, SEED_NOTE
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train
from corelate.training.run_folder import RunFolder

from .conftest import tensors_of

Recipes = Callable[..., Recipe]


class StoppedError(Exception):
    pass


class StopsAt(Silent):
    """Ends the process, so to speak, at the n-th piece of work."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    def begin(self, title: str, total: int, unit: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoppedError(title)


class Titles(Silent):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def begin(self, title: str, total: int, unit: str) -> None:
        self.seen.append(title)


def test_a_run_leaves_everything_that_is_promised(tiny_recipe: Recipes, tmp_path: Path):
    recipe = tiny_recipe(optimisation={"ema": 0.9})
    metrics = train(recipe, tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir() if not path.name.startswith(".")}
    assert names == {
        "recipe.toml",
        "environment.json",
        "data.json",
        "annotator.json",
        "model.safetensors",
        "decisions.json",
        "metrics.json",
        "scores.npz",
        "validation-scores.npz",
        "label-counts.json",
        "training",
    }
    assert {path.name for path in (tmp_path / "run" / "training").iterdir()} == {
        "log.csv",
        "tensorboard",
        "last.safetensors",
        "best.safetensors",
    }
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == metrics
    assert (metrics["measured_on"], metrics["note"]) == ({"split": "test", "images": 12}, "")
    assert metrics["chosen_on"] == "9 validation pictures"
    assert set(metrics["rules"]) == set(DECISION_RULES.names)
    run = FinishedRun.open(tmp_path / "run")
    assert run.recipe == recipe
    kept = run.scores()
    for name, decision in run.decisions(22).items():
        assert evaluate_scores(kept.scores, kept.targets, decision) == metrics["rules"][name], "figures from scores"


def test_a_run_notes_how_many_pictures_taught_each_label(tiny_recipe: Recipes, tmp_path: Path):
    train(tiny_recipe(), tmp_path / "run")
    counts = json.loads((tmp_path / "run" / "label-counts.json").read_text())
    annotations = load_annotations("scenes:48?size=32&test=0.25")
    judged = {*(read_scores(tmp_path / "run" / name).names for name in ("scores.npz", "validation-scores.npz"))}
    taught = [row for row, name in enumerate(annotations.names) if not any(name in names for names in judged)]
    labels = [label for row in taught for label in annotations.labels_of(row)]
    assert counts["images"] == len(taught) == 27
    assert dict(zip(counts["labels"], counts["present"], strict=True)) == {
        label: labels.count(label) for label in annotations.vocabulary
    }


def test_the_finished_annotator_gives_the_kept_scores(tiny_recipe: Recipes, tmp_path: Path):
    train(tiny_recipe(), tmp_path / "run")
    run = FinishedRun.open(tmp_path / "run")
    from corelate.data.images import read_image
    from corelate.data.spec import load_annotations

    pictures = load_annotations("scenes:48?size=32&test=0.25&split=test").pictures
    pixels = np.stack([run.architecture.preprocessing(read_image(picture)) for picture in pictures])
    with torch.inference_mode():
        scores = torch.sigmoid(run.annotator()(torch.from_numpy(pixels))).numpy()
    assert np.allclose(scores, run.scores().scores, atol=1e-5)
    assert list(run.scores().names or ()) == [picture.name for picture in pictures]


def test_the_same_recipe_gives_the_same_weights(tiny_recipe: Recipes, tmp_path: Path):
    train(tiny_recipe(), tmp_path / "one")
    train(tiny_recipe(), tmp_path / "two")
    train(tiny_recipe(run={"seed": 2}), tmp_path / "three")
    assert tensors_of(tmp_path / "one") == tensors_of(tmp_path / "two") != tensors_of(tmp_path / "three")


KINDS = {
    "fine-tuned": {},
    "frozen": {"model": {"frozen": True}},
    "frozen, folds": {"model": {"frozen": True}, "data": {"folds": 3}},
    "folds": {"data": {"folds": 2}, "optimisation": {"epochs": 1}},
    "seed protocol": {"run": {"protocol": "seed"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_stopped_at_any_piece_ends_with_the_same_files(tiny_recipe: Recipes, tmp_path: Path, kind: str):
    recipe = tiny_recipe(**KINDS[kind])
    pieces = Titles()
    expected = train(recipe, tmp_path / "whole", pieces)
    with pytest.raises(StoppedError):
        train(recipe, tmp_path / "cut", StopsAt(2))
    for piece in range(3, len(pieces.seen), 2):
        # Each time a little further than where the last attempt came.
        with pytest.raises(StoppedError):
            resume(tmp_path / "cut", StopsAt(piece))
            raise StoppedError
    found = resume(tmp_path / "cut")
    assert tensors_of(tmp_path / "cut") == tensors_of(tmp_path / "whole")
    for name in ("scores.npz", "validation-scores.npz"):
        one, other = read_scores(tmp_path / "cut" / name), read_scores(tmp_path / "whole" / name)
        assert np.array_equal(one.scores, other.scores)
    assert found["rules"] == expected["rules"]


def test_a_finished_run_is_left_alone(tiny_recipe: Recipes, tmp_path: Path):
    metrics = train(tiny_recipe(), tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    assert resume(tmp_path / "run", StopsAt(0)) == metrics
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before


def test_folds_choose_on_pictures_that_each_fold_did_not_see(tiny_recipe: Recipes, tmp_path: Path):
    metrics = train(tiny_recipe(model={"frozen": True}, data={"folds": 3}), tmp_path / "run")
    assert metrics["chosen_on"] == "out-of-fold scores of 36 pictures, 3 folds"
    assert metrics["trained_on"] == {"images": 36}
    validation = read_scores(tmp_path / "run" / "validation-scores.npz")
    test = read_scores(tmp_path / "run" / "scores.npz")
    assert len(set(validation.names or ())) == 36
    assert not set(validation.names or ()) & set(test.names or ())


def test_the_seed_protocol_says_so(tiny_recipe: Recipes, tmp_path: Path):
    metrics = train(tiny_recipe(run={"protocol": "seed"}), tmp_path / "run")
    assert metrics["protocol"] == "seed"
    assert metrics["note"] == SEED_NOTE
    assert metrics["trained_on"] == {"images": 36}, "nothing is held out"
    assert "12 test pictures" in metrics["chosen_on"]
    assert "36 training pictures" in metrics["rules"]["per_label_mcc"]["rule"]["fitted_on"]


def test_without_a_test_split_the_figures_say_that_they_are_optimistic(tiny_recipe: Recipes, tmp_path: Path):
    metrics = train(tiny_recipe(data={"spec": "scenes:30?size=32&test=0"}), tmp_path / "run")
    assert metrics["note"] == NO_TEST_NOTE
    assert metrics["measured_on"]["split"] == "validation"


def test_the_seed_protocol_needs_a_test_split(tiny_recipe: Recipes, tmp_path: Path):
    with pytest.raises(DataError, match="the data set has none"):
        train(tiny_recipe(data={"spec": "scenes:30?size=32&test=0"}, run={"protocol": "seed"}), tmp_path / "run")


def test_features_are_computed_once(tiny_recipe: Recipes, tmp_path: Path):
    first, second, other = Titles(), Titles(), Titles()
    frozen: dict[str, Any] = {"model": {"frozen": True}}
    train(tiny_recipe(**frozen), tmp_path / "one", first)
    train(tiny_recipe(**frozen, loss={"name": "bce"}), tmp_path / "two", second)
    train(tiny_recipe(model={"frozen": True, "mean": [0.1] * 3}), tmp_path / "three", other)
    assert "computing features" in first.seen
    assert "computing features" not in second.seen
    assert "computing features" in other.seen, "another normalisation gives other features"


def write_table(folder: Path, damaged: bool) -> Path:
    folder.mkdir()
    lines = ["path,labels"]
    for number in range(20):
        colour = (250, 20, 20) if number % 2 else (20, 20, 250)
        Image.new("RGB", (32, 32), colour).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{'red' if number % 2 else 'blue'}")
    if damaged:
        (folder / "4.png").write_bytes(b"no picture")
        lines.append("gone.png,red")
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder / "labels.csv"


def test_pictures_that_cannot_be_read_are_left_out_before_training(tiny_recipe: Recipes, tmp_path: Path):
    table = write_table(tmp_path / "data", damaged=True)
    metrics = train(tiny_recipe(data={"spec": f"csv:{table}"}), tmp_path / "run")
    assert metrics["trained_on"]["images"] + metrics["measured_on"]["images"] == 19
    problems = (tmp_path / "run" / "data-problems.txt").read_text()
    assert "4.png" in problems
    assert "gone.png" in problems


def test_strict_makes_damaged_pictures_fatal(tiny_recipe: Recipes, tmp_path: Path):
    table = write_table(tmp_path / "data", damaged=False)
    (tmp_path / "data" / "4.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"4\.png"):
        train(tiny_recipe(data={"spec": f"csv:{table}", "strict": True}), tmp_path / "run")


def test_a_folder_with_something_in_it_is_refused(tiny_recipe: Recipes, tmp_path: Path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(RunError, match="is not empty"):
        train(tiny_recipe(), tmp_path)
    (tmp_path / "recipe.toml").touch()
    with pytest.raises(RunError, match="holds a run already; go on with it by: corelate resume"):
        train(tiny_recipe(), tmp_path)
    with pytest.raises(RunError, match="is a file"):
        train(tiny_recipe(), tmp_path / "photo.jpg")


def test_resuming_what_is_no_run(tmp_path: Path):
    with pytest.raises(RunError, match=r"is no run folder: it has no recipe\.toml"):
        resume(tmp_path)


def test_an_unfinished_run_cannot_be_used(tiny_recipe: Recipes, tmp_path: Path):
    with pytest.raises(StoppedError):
        train(tiny_recipe(), tmp_path / "run", StopsAt(1))
    with pytest.raises(RunError, match="is not finished; go on with it by: corelate resume"):
        FinishedRun.open(tmp_path / "run")


def test_one_folder_takes_one_process(tiny_recipe: Recipes, tmp_path: Path):
    from corelate.files import locked

    RunFolder(tmp_path / "run").create(tiny_recipe())
    with locked(tmp_path / "run"), pytest.raises(RunError, match="in use by another process"):
        resume(tmp_path / "run")


def test_the_recipe_chooses_the_rule_and_its_options(tiny_recipe: Recipes, tmp_path: Path):
    recipe = tiny_recipe(rule={"name": "top_k", "k": 3}, model={"frozen": True})
    metrics = train(recipe, tmp_path / "run")
    assert metrics["default_rule"] == "top_k"
    assert metrics["rules"]["top_k"]["rule"]["options"] == {"k": 3}


def test_every_loss_trains(tiny_recipe: Recipes, tmp_path: Path):
    from corelate.losses import LOSSES

    for name in LOSSES.names:
        metrics = train(tiny_recipe(loss={"name": name}, model={"frozen": True}), tmp_path / name)
        assert metrics["training"]["epochs"] == 2


def table_with_splits(folder: Path, splits: list[str]) -> Path:
    table = write_table(folder, damaged=False)
    lines = table.read_text().splitlines()
    rows = [f"{line},{splits[row % len(splits)]}" for row, line in enumerate(lines[1:])]
    table.write_text("\n".join([lines[0] + ",split", *rows]))
    return table


def test_a_resumed_run_must_find_the_same_data(tiny_recipe: Recipes, tmp_path: Path):
    table = write_table(tmp_path / "data", damaged=False)
    with pytest.raises(StoppedError):
        train(tiny_recipe(data={"spec": f"csv:{table}"}), tmp_path / "run", StopsAt(3))
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], *reversed(lines[1:])]))
    with pytest.raises(RunError, match=r"has changed since .* began \(20 pictures then, 20 now"):
        resume(tmp_path / "run")


def test_a_run_can_go_on_in_another_folder(tiny_recipe: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_table(tmp_path / "data", damaged=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoppedError):
        train(tiny_recipe(data={"spec": "csv:data/labels.csv"}), Path("run"), StopsAt(3))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(Path("../run"))["training"]["epochs"] == 2


@pytest.mark.parametrize("name", ["validation", "val", "valid", "dev", "Val"])
def test_a_given_validation_split_chooses(tiny_recipe: Recipes, tmp_path: Path, name: str):
    table = table_with_splits(tmp_path / "data", ["train", "train", "train", name, "test"])
    metrics = train(tiny_recipe(data={"spec": f"csv:{table}"}, model={"frozen": True}), tmp_path / "run")
    assert metrics["chosen_on"] == "4 validation pictures"
    assert metrics["trained_on"] == {"images": 12}
    assert metrics["measured_on"] == {"split": "test", "images": 4}


def test_a_split_of_another_name_is_never_trained_on(tiny_recipe: Recipes, tmp_path: Path):
    table = table_with_splits(tmp_path / "data", ["train", "holdout"])
    with pytest.raises(DataError, match="split 'holdout' is none of train, validation and test"):
        train(tiny_recipe(data={"spec": f"csv:{table}"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("splits", [["test"], ["validation", "test"]])
@pytest.mark.parametrize("protocol", ["held-out", "seed"])
def test_without_training_pictures_the_message_says_so(
    tiny_recipe: Recipes, tmp_path: Path, splits: list[str], protocol: str
):
    table = table_with_splits(tmp_path / "data", splits)
    recipe = tiny_recipe(data={"spec": f"csv:{table}"}, run={"protocol": protocol}, model={"frozen": True})
    if protocol == "seed" and "validation" in splits:
        assert train(recipe, tmp_path / "run")["trained_on"] == {"images": 10}
    else:
        with pytest.raises(DataError, match="has no training pictures; its splits are"):
            train(recipe, tmp_path / "run")


DAMAGES = {
    "annotator.json": ["{}", "[]", "not json", '{"vocabulary": ["a", "a"]}'],
    "decisions.json": ["[]", '{"fixed": {}}', "1"],
    "metrics.json": ["{}", "[]", "1"],
    "model.safetensors": ["", "xx"],
    "recipe.toml": ["[data", "[data]\nspec = 3"],
}


def test_a_damaged_run_folder_is_one_error(tiny_recipe: Recipes, tmp_path: Path):
    from corelate.errors import CorelateError
    from corelate.training.export import export_run

    train(tiny_recipe(model={"frozen": True}), tmp_path / "run")
    for name, contents in DAMAGES.items():
        before = (tmp_path / "run" / name).read_bytes()
        for content in contents:
            (tmp_path / "run" / name).write_text(content)
            with pytest.raises(CorelateError, match=name.replace(".", r"\.") if name != "recipe.toml" else "recipe"):
                export_run(tmp_path / "run", tmp_path / "bundle")
        (tmp_path / "run" / name).write_bytes(before)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("content", [b"", b"\x02" + b"\0" * 7 + b"{}"])
def test_a_damaged_checkpoint_says_what_to_do(tiny_recipe: Recipes, tmp_path: Path, content: bytes):
    with pytest.raises(StoppedError):
        train(tiny_recipe(), tmp_path / "run", StopsAt(4))
    checkpoint = tmp_path / "run" / "training" / "last.safetensors"
    checkpoint.write_bytes(content)
    with pytest.raises(RunError, match=r"last\.safetensors can't be used .*; delete it"):
        resume(tmp_path / "run")
    checkpoint.unlink()
    assert resume(tmp_path / "run")["training"]["epochs"] == 2


def test_a_chosen_rule_that_cannot_be_fitted_is_said(tiny_recipe: Recipes, tmp_path: Path):
    table = write_table(tmp_path / "data", damaged=False)
    recipe = tiny_recipe(data={"spec": f"csv:{table}"}, rule={"name": "top_k", "k": 9}, model={"frozen": True})
    metrics = train(recipe, tmp_path / "run")
    assert metrics["default_rule"] == "fixed"
    assert "the rule top_k can't be fitted" in metrics["note"]


def test_what_the_machine_lacks_is_one_error(tiny_recipe: Recipes, tmp_path: Path):
    if torch.cuda.is_available():
        pytest.skip("this machine has what the test asks for")
    with pytest.raises(OptionError, match="this machine can't give --accelerator cuda"):
        train(tiny_recipe(run={"accelerator": "cuda"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("frozen", [True, False])
def test_every_precision_of_a_cpu(tiny_recipe: Recipes, tmp_path: Path, precision: str, frozen: bool):
    recipe = tiny_recipe(optimisation={"precision": precision, "ema": 0.9}, model={"frozen": frozen})
    assert train(recipe, tmp_path / "run")["training"]["epochs"] == 2


@pytest.mark.parametrize("count", [2, 3, 4])
def test_very_few_pictures(tiny_recipe: Recipes, tmp_path: Path, count: int):
    recipe = tiny_recipe(data={"spec": f"scenes:{count}?size=32&test=0"}, model={"image_size": [64]})
    assert train(recipe, tmp_path / "run")["training"]["epochs"] == 2


def test_bundles_do_not_tell_where_their_maker_keeps_files(tiny_recipe: Recipes, tmp_path: Path):
    from corelate.training.export import export_run

    table = write_table(tmp_path / "data", damaged=False)
    train(tiny_recipe(data={"spec": f"csv:{table}"}, model={"frozen": True}), tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "bundle")
    assert str(tmp_path) not in (tmp_path / "bundle" / "annotator.json").read_text()


def test_the_validation_loss_can_choose_the_epoch(tiny_recipe: Recipes, tmp_path: Path):
    metrics = train(tiny_recipe(run={"monitor": "loss"}, model={"frozen": True}), tmp_path / "run")
    columns, *rows = (line.split(",") for line in (tmp_path / "run/training/log.csv").read_text().splitlines())
    losses = [float(row[columns.index("validation.loss")]) for row in rows]
    assert metrics["training"]["best_figure"] == min(losses)
