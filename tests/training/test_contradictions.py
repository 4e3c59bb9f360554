"""Mixed pictures and what can't learn from them."""

from __future__ import annotations

from typing import Any

import pytest

from corelate.errors import RecipeError
from corelate.models.heads import HEADS
from corelate.training.recipe import Recipe

WRITING = [name for name in HEADS.names if HEADS.load(name).predicts == "tokens"]
SCORING = [name for name in HEADS.names if name not in WRITING]


def recipe(**sections: Any) -> Recipe:
    return Recipe.from_values({"data": {"spec": "scenes:9"}, **sections})


@pytest.mark.parametrize("head", WRITING)
@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_heads_that_write_labels_take_no_mixed_pictures(head: str, kind: str):
    with pytest.raises(RecipeError, match=rf"{kind} = 0\.5: head {head} learns to write the labels of one picture"):
        recipe(head={"name": head}, augmentation={kind: 0.5})


def test_frozen_features_are_not_mixed_and_the_line_names_both_kinds():
    with pytest.raises(RecipeError, match=r"mixup = 0\.2, cutmix = 1: \[model\] frozen = true learns from features"):
        recipe(model={"frozen": True}, augmentation={"mixup": 0.2, "cutmix": 1})


@pytest.mark.parametrize(("batch_size", "devices"), [(1, 1), (2, 2)])
def test_a_process_needs_two_pictures_to_mix(batch_size: int, devices: int):
    sections = {"optimisation": {"batch_size": batch_size}, "run": {"devices": devices}}
    with pytest.raises(RecipeError, match=rf"cutmix = 1: with \[optimisation\] batch_size = {batch_size} a process"):
        recipe(augmentation={"cutmix": 1.0}, **sections)
    recipe(augmentation={"mix_chance": 0.5}, **sections)


@pytest.mark.parametrize("head", SCORING)
def test_heads_that_score_all_labels_at_once_take_them(head: str):
    assert recipe(head={"name": head}, augmentation={"mixup": 0.2}).augmentation.mixup == 0.2


@pytest.mark.parametrize(
    "sections",
    [
        {"head": {"name": WRITING[0]}, "augmentation": {"mix_targets": "union", "mix_chance": 0.5}},
        {"model": {"frozen": True}, "augmentation": {"mixup": 0.0}},
    ],
)
def test_nothing_is_refused_where_nothing_is_mixed(sections: dict[str, Any]):
    assert recipe(**sections).augmentation.mixup == 0
