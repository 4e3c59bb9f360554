from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from corelate.errors import RecipeError
from corelate.training.choices import CHOICES
from corelate.training.recipe import SECTIONS, Recipe, read_recipe


def test_a_recipe_survives_toml():
    recipe = Recipe.from_values(
        {
            "data": {"spec": 'csv:a "quoted" näme.csv?separator=|', "folds": 3},
            "model": {"image_size": [224, 299], "layer": "Mixed_7a", "mean": [0, 0.5, 1]},
            "loss": {"name": "asl", "gamma_negative": 2},
            "optimisation": {"learning_rate": 1e-5},
        }
    )
    again = Recipe.from_values(tomllib.loads(recipe.to_toml()))
    assert again == recipe
    assert again.loss.name == "asymmetric", "aliases are resolved"
    assert again.model.mean == (0.0, 0.5, 1.0)
    assert again.model.image_size == (224, 299)


@pytest.mark.parametrize("loss", [None, "mla", "cross_entropy"])
def test_a_recipe_of_a_head_that_writes_labels_survives_toml(loss: str | None):
    values = {"data": {"spec": "scenes:9"}, "head": {"name": "ria", "max_labels": 7}}
    recipe = Recipe.from_values({**({"loss": {"name": loss}} if loss else {}), **values})
    assert recipe.loss.name == (loss or "cross_entropy")
    assert Recipe.from_values(tomllib.loads(recipe.to_toml())) == recipe
    assert Recipe.from_values({**recipe.to_values(), "model": {}}) == recipe


def test_a_head_that_writes_labels_can_t_be_judged_by_the_loss_of_its_scores():
    values = {"data": {"spec": "scenes:9"}, "run": {"monitor": "loss"}}
    with pytest.raises(
        RecipeError, match=r"monitor = 'loss': head ria .*choose one of map, overall\.f1, per_class\.f1$"
    ):
        Recipe.from_values({**values, "head": {"name": "ria"}})
    assert Recipe.from_values(values).run.monitor == "loss"


def test_one_number_is_a_size():
    assert Recipe.from_values({"data": {"spec": "scenes:9"}, "model": {"image_size": 64}}).model.image_size == (64,)


def test_all_problems_come_at_once():
    with pytest.raises(RecipeError) as caught:
        Recipe.from_values(
            {
                "data": {"spec": "nonsense", "folds": 1},
                "model": {"backbon": "resnet18", "mean": [0.5]},
                "los": {"name": "bce"},
                "loss": {"name": "asymetric"},
                "head": {"name": "linear", "dropout": 1.0},
                "optimisation": {"epochs": "many", "learning_rate": 0, "ema": float("nan")},
                "run": {"protocol": "hold-out", "seed": True},
            }
        )
    lines = str(caught.value).splitlines()[1:]
    expected = (
        "[data] spec: 'nonsense' is not a data spec",
        "[data] folds = 1: must be 0 or at least 2",
        "[model] backbon: unknown; did you mean backbone?",
        "[model] mean = [0.5]: three numbers",
        "[los]: unknown section",
        "[loss] name: unknown loss 'asymetric'",
        "[head] dropout = 1.0: must be below 1.0",
        "[optimisation] epochs = 'many': expected a whole number",
        "[optimisation] learning_rate = 0: must be above 0.0",
        "[optimisation] ema = nan: must be a finite number",
        "[run] protocol = 'hold-out': choose one of held-out, seed",
        "[run] seed = True: expected a whole number",
    )
    assert len(lines) == len(expected)
    for start in expected:
        assert any(line.startswith(start) for line in lines), start


def test_a_key_outside_a_section_is_named():
    with pytest.raises(RecipeError, match=r"epochs = 3: stands outside a section"):
        Recipe.from_values({"epochs": 3, "data": {"spec": "scenes:9"}})


def test_processes_share_a_batch_evenly():
    with pytest.raises(RecipeError, match="batch_size = 10: must be a multiple of the 4 processes"):
        Recipe.from_values(
            {"data": {"spec": "scenes:9"}, "optimisation": {"batch_size": 10}, "run": {"devices": 2, "nodes": 2}}
        )


def test_the_seed_protocol_takes_no_folds():
    with pytest.raises(RecipeError, match="takes no"):
        Recipe.from_values({"data": {"spec": "scenes:9", "folds": 3}, "run": {"protocol": "seed"}})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[data", b"a = 1\na = 2"])
def test_a_damaged_file_is_one_error(tmp_path: Path, content: bytes):
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"recipe\.toml can't be read"):
        read_recipe(path)


def test_a_missing_file_is_one_error(tmp_path: Path):
    with pytest.raises(RecipeError, match="does not exist"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[2].glob("recipes/*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_can_be_read(path: Path):
    recipe = Recipe.from_values(read_recipe(path))
    assert Recipe.from_values(tomllib.loads(recipe.to_toml())) == recipe


def test_field_names_are_unique_so_that_flags_are():
    names = [name for options in SECTIONS.values() for name in options.__dataclass_fields__]
    assert len(names) == len(set(names))
    assert not set(names) & set(CHOICES)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"head": {"name": "sr_cnn_rnn"}, "optimisation": {"epochs": 80, "stop_epoch": 40}},
            r"pretraining = 0\.5 of 80 epochs lasts until stop_epoch = 40 ends the training",
        ),
        (
            {"head": {"name": "ria"}, "optimisation": {"batch_size": 2}, "run": {"devices": 2}},
            r"batch_size = 2: head ria standardises pooled features .* needs two pictures for each process",
        ),
    ],
)
def test_what_a_sequence_head_can_t_do_is_refused(sections: dict, message: str):
    with pytest.raises(RecipeError, match=message):
        Recipe.from_values({"data": {"spec": "scenes:9"}, **sections})


@pytest.mark.parametrize(
    "sections",
    [
        {"head": {"name": "sr_cnn_rnn", "pretraining": 1.0}},
        {"head": {"name": "sr_cnn_rnn", "pretraining": 0.0}, "optimisation": {"epochs": 80, "stop_epoch": 40}},
        {"head": {"name": "ria", "standardise": False}, "optimisation": {"batch_size": 1}},
        {"head": {"name": "attention_rnn"}, "optimisation": {"batch_size": 1}},
    ],
)
def test_what_is_like_it_is_allowed(sections: dict):
    recipe = Recipe.from_values({"data": {"spec": "scenes:9"}, **sections})
    assert recipe.head.name == sections["head"]["name"]
