"""How options given beside a recipe go together with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corelate.cli import training_output
from corelate.cli.main import main
from corelate.training.recipe import Recipe

RECIPE = """
[data]
spec = "scenes:20"
[head]
name = "{name}"
preset = "paper"
hidden = [8]
"""


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that would have been trained."""
    seen: list[Recipe] = []
    monkeypatch.setattr("corelate.training.run.train", lambda recipe, out, reporter: seen.append(recipe))
    monkeypatch.setattr(training_output, "run_with_output", lambda work, out, as_json: work(None))
    return seen


@pytest.mark.parametrize("in_recipe", ["ml_gcn", "gcn"])
@pytest.mark.parametrize("given", ["ml_gcn", "gcn"])
def test_another_spelling_of_the_same_head_keeps_its_options(
    tmp_path: Path, resolved: list[Recipe], in_recipe: str, given: str
):
    (tmp_path / "recipe.toml").write_text(RECIPE.format(name=in_recipe))
    main_or_exit(["train", str(tmp_path / "recipe.toml"), "--head", given, "--out", str(tmp_path / "run")])
    (recipe,) = resolved
    assert (recipe.head.name, recipe.head.options.preset, recipe.head.options.hidden) == ("ml_gcn", "paper", (8,))


def test_another_head_brings_its_own_options(tmp_path: Path, resolved: list[Recipe]):
    (tmp_path / "recipe.toml").write_text(RECIPE.format(name="gcn"))
    main_or_exit(["train", str(tmp_path / "recipe.toml"), "--head", "csra", "--out", str(tmp_path / "run")])
    assert resolved[0].to_values()["head"]["name"] == "csra"


def test_a_loss_that_the_head_has_anyway_keeps_its_options(tmp_path: Path, resolved: list[Recipe]):
    text = '[data]\nspec = "scenes:20"\n[head]\nname = "ria"\n[loss]\nreduction = "sum"\n'
    (tmp_path / "recipe.toml").write_text(text)
    main_or_exit(["train", str(tmp_path / "recipe.toml"), "--loss", "cross_entropy", "--out", str(tmp_path / "run")])
    main_or_exit(["train", str(tmp_path / "recipe.toml"), "--loss", "mla", "--out", str(tmp_path / "run")])
    assert [(recipe.loss.name, recipe.loss.options.reduction) for recipe in resolved] == [
        ("cross_entropy", "sum"),
        ("mla", "mean"),
    ]


def test_the_loss_follows_the_head_where_none_is_named(tmp_path: Path, resolved: list[Recipe]):
    main_or_exit(["train", "--data", "scenes:20", "--head", "ria", "--out", str(tmp_path / "run")])
    main_or_exit(["train", "--data", "scenes:20", "--loss", "pla", "--head", "ria", "--out", str(tmp_path / "run")])
    assert [recipe.loss.name for recipe in resolved] == ["cross_entropy", "pla"]


def test_a_head_that_does_not_go_with_the_recipe_s_loss_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "recipe.toml").write_text('[data]\nspec = "scenes:20"\n[loss]\nname = "asl"\n')
    with pytest.raises(SystemExit) as ended:
        main(["train", str(tmp_path / "recipe.toml"), "--head", "ria", "--out", str(tmp_path / "run")])
    assert ended.value.code == 2
    assert "here choose one of cross_entropy, mla, pla" in " ".join(capsys.readouterr().err.split())


def main_or_exit(arguments: list[str]) -> Any:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code in (0, None)
