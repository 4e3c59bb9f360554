"""Runs that learn from generated pictures too, and judge by none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corelate.data.annotation_set import AnnotationSet
from corelate.data.spec import DataSpec, load_annotations
from corelate.errors import DataError, OptionError, RecipeError, RunError
from corelate.explain.run_pictures import RunPictures
from corelate.metrics.scores_file import read_scores
from corelate.training.batches import Order, PictureBatches
from corelate.training.checkpoints import load_tensors
from corelate.training.preparation import divide, fingerprint
from corelate.training.progress import Silent
from corelate.training.readable import DAMAGED, DAMAGED_ORIGINAL, without_unreadable
from corelate.training.recipe import DataOptions, Recipe
from corelate.training.run import resume, train
from corelate.training.variants import VariantCounts, with_variants

from ..data.generated_sets import save_picture, write_scene_variants, write_table
from .conftest import tensors_of, tiny_values

Recipes = Callable[..., Recipe]
SPEC = "scenes:48?size=32&test=0.25"


class Lines(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    """Three generated pictures of every fourth picture of the scenes, test pictures included."""
    real = load_annotations(SPEC)
    rows = range(0, 48, 4)
    return write_scene_variants(tmp_path / "fakes", [real.names[row] for row in rows], [*map(real.labels_of, rows)])


def fake_count(names: list[str]) -> int:
    return sum("_aug" in name for name in names)


def data(fakes: Path, **options: Any) -> dict[str, Any]:
    return {"spec": SPEC, "validation": 0.25, "generated": str(fakes), **options}


@pytest.mark.parametrize(
    ("options", "run"), [({}, {}), ({"folds": 3}, {}), ({"division": "random"}, {}), ({}, {"protocol": "seed"})]
)
def test_real_pictures_are_divided_as_without(
    tiny_recipe: Recipes, fakes: Path, options: dict[str, Any], run: dict[str, Any]
):
    recipe = tiny_recipe(data=data(fakes, **options), run=run)
    plain = divide(load_annotations(SPEC), recipe)
    parts = divide(load_annotations(recipe.data.full_spec()), recipe)
    names = parts.annotations.names
    assert names[:48] == plain.annotations.names
    for rows in ("train", "validation", "test"):
        assert getattr(parts, rows).tolist() == getattr(plain, rows).tolist()
    assert [[part.tolist() for part in fold] for fold in parts.folds] == [
        [part.tolist() for part in fold] for fold in plain.folds
    ]
    for learning in (parts.train, *(kept for kept, _ in parts.folds)):
        rows = with_variants(parts.annotations, learning)
        originals = {names[row] for row in learning}
        assert set(parts.annotations.originals[rows[len(learning) :]]) <= originals
        expected = sum(3 for number in range(0, 48, 4) if names[number] in originals)
        assert len(rows) - len(learning) == expected > 0
    assert fake_count(names) == len(with_variants(parts.annotations, parts.train)) - len(parts.train)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_run_learns_from_them_and_judges_by_none(tiny_recipe: Recipes, fakes: Path, tmp_path: Path, frozen: bool):
    lines = Lines()
    model = {"frozen": frozen}
    recipe = tiny_recipe(data=data(fakes, generated_weight=0.5), model=model)
    metrics = train(recipe, tmp_path / "run", lines)
    plain = train(tiny_recipe(model=model), tmp_path / "plain")
    learned = metrics["trained_on"]
    assert (learned["images"], learned["generated_weight"]) == (27, 0.5)
    assert learned["generated"] == 3 * learned["generated_from"] > 0
    assert learned["generated_in_an_epoch"] == learned["generated"] / 2
    assert any(
        line.startswith(f"{learned['generated']} generated pictures of {learned['generated_from']} of the 27 training")
        and "each 0.5 times an epoch" in line
        for line in lines.said
    )
    assert metrics["measured_on"] == plain["measured_on"] == {"split": "test", "images": 12}
    for file in ("scores.npz", "validation-scores.npz"):
        own, other = read_scores(tmp_path / "run" / file), read_scores(tmp_path / "plain" / file)
        assert list(own.names) == list(other.names)
        assert np.array_equal(own.targets, other.targets)
    counts = [json.loads((tmp_path / run / "label-counts.json").read_text()) for run in ("run", "plain")]
    assert counts[0] == counts[1], "labels are counted on real pictures"
    assert tensors_of(tmp_path / "run") != tensors_of(tmp_path / "plain")


@pytest.mark.parametrize("folds", [0, 2])
def test_each_training_learns_from_its_own_pictures_and_from_theirs(
    tiny_recipe: Recipes, fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folds: int
):
    learned: list[tuple[list[str], list[str], list[float]]] = []

    class Watched(PictureBatches):
        def __init__(self, annotations: AnnotationSet, *arguments: Any, **options: Any) -> None:
            super().__init__(annotations, *arguments, **options)
            assert np.array_equal(self.order.weights, annotations.weights)
            columns = (annotations.originals, annotations.weights)
            learned.append((annotations.names, *(column.tolist() for column in columns)))

    monkeypatch.setattr("corelate.training.run.PictureBatches", Watched)
    recipe = tiny_recipe(data=data(fakes, folds=folds, generated_weight=0.5), optimisation={"epochs": 1})
    train(recipe, tmp_path / "run")
    plain = divide(load_annotations(SPEC), recipe)
    expected = [*(kept for kept, _ in plain.folds), plain.train]
    assert len(learned) == len(expected)
    for (names, originals, weights), rows in zip(learned, expected, strict=True):
        real = [plain.annotations.names[row] for row in rows]
        assert names[: len(real)] == real
        of_these = [name for name in load_annotations(SPEC).names[::4] if name in real for _ in range(3)]
        assert originals == [""] * len(real) + of_these
        assert weights == [1.0] * len(real) + [0.5] * len(of_these)


def test_weight_0_is_as_without(tiny_recipe: Recipes, fakes: Path, tmp_path: Path):
    lines = Lines()
    metrics = train(tiny_recipe(data=data(fakes, generated_weight=0)), tmp_path / "run", lines)
    train(tiny_recipe(), tmp_path / "plain")
    assert tensors_of(tmp_path / "run") == tensors_of(tmp_path / "plain")
    assert metrics["trained_on"]["generated"] == 0
    assert any(line.startswith("no generated picture is learned from") for line in lines.said)


def test_a_head_counts_labels_of_real_pictures(fakes: Path, tmp_path: Path):
    for name, options in (("run", {"generated": str(fakes)}), ("plain", {})):
        changes = {"data": {"spec": SPEC, **options}, "optimisation": {"epochs": 1}}
        values = tiny_values(**changes) | {"head": {"name": "ml_gcn", "hidden": 8}}
        train(Recipe.from_values(values), tmp_path / name)
    abouts = [json.loads((tmp_path / name / "annotator.json").read_text()) for name in ("run", "plain")]
    assert abouts[0] == abouts[1]
    weights = [load_tensors(tmp_path / name / "model.safetensors")[0] for name in ("run", "plain")]
    graphs = [
        {name: part for name, part in tensors.items() if "graph" in name or "embed" in name} for tensors in weights
    ]
    assert graphs[0]
    assert all(torch.equal(graphs[0][name], graphs[1][name]) for name in graphs[0])


class StoppedError(Exception):
    pass


class StopsInTheMiddle(Silent):
    def __init__(self, steps: int) -> None:
        self.left = steps

    def wants_detail(self) -> bool:
        self.left -= 1
        if not self.left:
            raise StoppedError
        return False


def test_a_run_stopped_anywhere_goes_on_exactly(tiny_recipe: Recipes, fakes: Path, tmp_path: Path):
    recipe = tiny_recipe(data=data(fakes, generated_weight=0.6), run={"checkpoint_minutes": 1e-9})
    train(recipe, tmp_path / "whole")
    for stop in (3, 9):
        with pytest.raises(StoppedError):
            train(recipe, tmp_path / str(stop), StopsInTheMiddle(stop))
        resume(tmp_path / str(stop))
        assert tensors_of(tmp_path / str(stop)) == tensors_of(tmp_path / "whole")


@pytest.mark.parametrize("change", ["list", "weight"])
def test_a_folder_that_changed_shows(tiny_recipe: Recipes, fakes: Path, tmp_path: Path, change: str):
    with pytest.raises(StoppedError):
        train(tiny_recipe(data=data(fakes)), tmp_path / "run", StopsInTheMiddle(4))
    if change == "list":
        content = json.loads((fakes / "train_aug.json").read_text())
        content["samples"] = content["samples"][18:]
        (fakes / "train_aug.json").write_text(json.dumps(content))
    else:
        recipe = tmp_path / "run" / "recipe.toml"
        recipe.write_text(
            recipe.read_text().replace(f'generated = "{fakes}"', f'generated = "{fakes}"\ngenerated_weight = 2.0')
        )
    with pytest.raises(RunError, match="data set has changed"):
        resume(tmp_path / "run")


def test_a_run_that_began_before_generated_pictures_were_told_apart_does_not_go_on(
    tiny_recipe: Recipes, fakes: Path, tmp_path: Path
):
    with pytest.raises(StoppedError):
        train(tiny_recipe(data=data(fakes)), tmp_path / "run", StopsInTheMiddle(4))
    began = json.loads((tmp_path / "run" / "data.json").read_text())
    del began["generated"]
    (tmp_path / "run" / "data.json").write_text(json.dumps(began))
    with pytest.raises(RunError, match="data set has changed"):
        resume(tmp_path / "run")


def test_fingerprints_of_sets_without_generated_pictures_say_nothing_of_them():
    assert "generated" not in fingerprint(load_annotations(SPEC))


def test_damaged_pictures(fakes: Path):
    """A damaged generated picture goes alone; with a damaged original go its own."""
    annotations = load_annotations(f"{SPEC}&generated={fakes}")
    victim = annotations.originals[48]
    (fakes / "images" / annotations.names[52]).write_bytes(b"no picture")

    class Damaged:
        name = victim

        def read(self) -> bytes:
            return b"damaged"

    pictures = list(annotations.pictures)
    pictures[annotations.names.index(victim)] = Damaged()
    object.__setattr__(annotations, "pictures", pictures)
    kept = without_unreadable(annotations, DataOptions(spec=SPEC), Silent())
    gone = set(annotations.names) - set(kept.names)
    assert gone == {victim, *annotations.names[48:51], annotations.names[52]}
    assert annotations.problems.counts() == {DAMAGED: 2, DAMAGED_ORIGINAL: 3}


def test_a_damaged_picture_costs_no_generated_picture_of_others(tiny_recipe: Recipes, tmp_path: Path):
    """Without it other pictures are held out, and those that were come back with all that is theirs."""
    write_table(tmp_path, "path,labels\n" + "".join(f"{number}.png,l{number % 3}\n" for number in range(30)), ())
    for number in range(30):
        save_picture(tmp_path / f"{number}.png", f"rgb({number * 8}, 0, 90)")
    names, labels = [f"{number}.png" for number in range(30)], [[f"l{number % 3}"] for number in range(30)]
    folder = write_scene_variants(tmp_path / "fakes", names, labels, count=1)
    (tmp_path / "7.png").write_bytes(b"no picture")
    (folder / "images" / "8_aug_0.png").write_bytes(b"no picture")
    options = {"spec": f"table:{tmp_path}/labels.csv", "validation": 0.4, "generated": str(folder)}
    metrics = train(tiny_recipe(data=options, optimisation={"epochs": 1}), tmp_path / "run")
    assert metrics["data_problems"] == {DAMAGED: 2, DAMAGED_ORIGINAL: 1}
    held_out = set(read_scores(tmp_path / "run" / "validation-scores.npz").names)
    assert metrics["trained_on"]["generated"] == len(set(names) - held_out - {"7.png", "8.png"})


def test_nothing_but_generated_pictures_is_nothing(fakes: Path):
    annotations = load_annotations(f"{SPEC}&generated={fakes}").select([0, 48, 49])

    class Damaged:
        name = annotations.names[0]

        def read(self) -> bytes:
            return b"damaged"

    object.__setattr__(annotations, "pictures", [Damaged(), *list(annotations.pictures)[1:]])
    with pytest.raises(DataError, match="not one picture can be read"):
        without_unreadable(annotations, DataOptions(spec=SPEC), Silent())


def test_repeats_within_an_epoch_are_changed_in_different_ways():
    annotations = load_annotations("scenes:2?size=32")
    order = Order(2, 8, seed=1, weights=np.array([4.0, 1.0]))

    def noise(image: object) -> torch.Tensor:
        return torch.rand(3, 2, 2)

    inputs, _ = next(iter(PictureBatches(annotations, noise, order).epoch(0)))
    assert len({tuple(pixels.flatten().tolist()) for pixels in inputs}) == 5
    plain, _ = next(iter(PictureBatches(annotations, noise, Order(2, 8, seed=1)).epoch(0)))
    known = {tuple(pixels.flatten().tolist()) for pixels in inputs}
    assert all(tuple(pixels.flatten().tolist()) in known for pixels in plain), "the first of each is as ever"


# --- options ---------------------------------------------------------------------------------------------------------


def test_the_recipes_folders_are_added_to_the_specs(tmp_path: Path):
    options = DataOptions(spec="scenes:9?generated=a&size=32", generated="b,c", generated_weight=0.1)
    spec = DataSpec.parse(options.full_spec())
    assert spec.shared == {"generated": "a,b,c", "generated_weight": "0.1"}
    assert DataOptions(spec=SPEC).full_spec() == SPEC


def test_two_weights_contradict_each_other(tiny_recipe: Recipes):
    with pytest.raises(RecipeError, match=r"generated_weight = 0\.2: the data spec says generated_weight=0\.3"):
        tiny_recipe(data={"spec": f"{SPEC}&generated=a&generated_weight=0.3", "generated_weight": 0.2})
    tiny_recipe(data={"spec": f"{SPEC}&generated=a&generated_weight=0.30", "generated_weight": 0.3})


@pytest.mark.parametrize("weight", [-1, float("nan"), 1001, "much"])
def test_a_weight_that_can_not_be_is_refused(tiny_recipe: Recipes, weight: object):
    with pytest.raises(RecipeError, match="generated_weight"):
        tiny_recipe(data={"spec": SPEC, "generated": "a", "generated_weight": weight})


def test_a_weight_without_pictures_is_refused(tiny_recipe: Recipes, tmp_path: Path):
    with pytest.raises(OptionError, match="there are no generated pictures"):
        train(tiny_recipe(data={"spec": SPEC, "generated_weight": 0.5}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_paths_are_kept_from_the_root(tiny_recipe: Recipes, fakes: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(fakes.parent)
    (fakes.parent / "more").mkdir()
    recipe = tiny_recipe(data={"spec": SPEC, "generated": "fakes,more,gone"}).with_absolute_paths()
    assert recipe.data.generated == f"{fakes},{fakes.parent}/more,gone"
    assert Recipe.from_values(recipe.to_values()) == recipe


def test_pictures_of_a_run_are_shown_when_generated_ones_have_gone():
    pictures = RunPictures(f"{SPEC}&generated=gone&generated_weight=0.5")
    assert pictures.problem == ""
    assert len(pictures.annotations) == 48


def test_counts_in_words(fakes: Path):
    annotations = load_annotations(f"{SPEC}&generated={fakes}")
    counts = VariantCounts.of(annotations, np.array([0, 1, 4]))
    assert counts.describe() == (
        "6 generated pictures of 2 of the 3 training pictures are learned from, each once an epoch (6 in an epoch); "
        "nothing is judged on them"
    )
    mixed = VariantCounts(True, 6, 2, 3, (0.5, 1.0), 4.5)
    assert "as often as its weight says (4.5 in an epoch)" in mixed.describe()
    assert mixed.to_json()["generated_weight"] is None
    nothing = VariantCounts.of(load_annotations(SPEC), np.arange(3))
    assert (nothing.describe(), nothing.to_json()) == ("", {})
