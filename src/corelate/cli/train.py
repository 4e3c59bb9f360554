"""``corelate train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from corelate.cli.recipe_options import with_recipe_options


@with_recipe_options
def run(
    recipe: Annotated[Path | None, typer.Argument(metavar="[RECIPE]", help="A recipe (TOML).")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the run; must be new or empty.")],
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False,
    values: dict[str, dict[str, Any]],
) -> None:
    """Train an annotator from a recipe or from options.

    Options given beside a recipe replace what stands in it.
    """
    from corelate.cli.training_output import run_with_output
    from corelate.training.choices import CHOICES, default_name, same_name
    from corelate.training.recipe import Recipe, read_recipe

    written = read_recipe(recipe) if recipe else {}
    sections = dict(written)
    for section, content in values.items():
        # Another loss or head brings its own options: those of the recipe's would not fit it.
        before = written.get(section, {})
        if not isinstance(before, dict):
            continue  # The recipe is wrong there, and `from_values` will say how.
        changed = False
        if section in CHOICES and "name" in content:
            changed = not same_name(section, content["name"], before.get("name", default_name(section, written)))
        sections[section] = content if changed else {**before, **content}
    resolved = Recipe.from_values(sections)

    from corelate.training.run import train

    run_with_output(lambda reporter: train(resolved, out, reporter), out, as_json=json)
