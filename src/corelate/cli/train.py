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
    from corelate.training.recipe import DEFAULTS, Recipe, read_recipe

    sections = read_recipe(recipe) if recipe else {}
    for section, content in values.items():
        # Another loss or head brings its own options: those of the recipe's would not fit it.
        before = sections.get(section, {})
        if not isinstance(before, dict):
            continue  # The recipe is wrong there, and `from_values` will say how.
        changed = "name" in content and not _same(section, content["name"], before.get("name", DEFAULTS.get(section)))
        sections[section] = content if changed else {**before, **content}
    resolved = Recipe.from_values(sections)

    from corelate.training.run import train

    run_with_output(lambda reporter: train(resolved, out, reporter), out, as_json=json)


def _same(section: str, given: str, before: object) -> bool:
    """Tell whether two names, perhaps other spellings, stand for the same thing."""
    from corelate.training.recipe import CHOICES

    registry = CHOICES[section]
    if not isinstance(before, str) or given not in registry or before not in registry:
        return given == before
    return registry.get(given).name == registry.get(before).name
