"""Each option has a row with its default and its doc line: a recipe's in docs/training.md, a head's on its own page."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from corelate.models.heads import HEADS
from corelate.training.recipe import SECTIONS

DOCS = Path(__file__).parents[2] / "docs"
TRAINING = DOCS / "training.md"


def head_page(name: str) -> str:
    return (DOCS / "heads" / f"{name}.md").read_text(encoding="utf-8")


def expected_row(field: dataclasses.Field) -> str:
    words = field.metadata["help"]
    if "choices" in field.metadata:
        words += f": {', '.join(f'`{choice}`' for choice in field.metadata['choices'])}"
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    default = list(default) if isinstance(default, tuple) and default else default
    shown = "" if default in (None, (), "") else f"`{default}`"
    return f"| `{field.name}` | {shown} | {words} |"


def missing_rows(options: type, text: str) -> list[str]:
    rows = text.splitlines()
    return [expected_row(field) for field in dataclasses.fields(options) if expected_row(field) not in rows]


@pytest.mark.parametrize("options", SECTIONS.values(), ids=lambda options: options.__name__)
def test_every_option_of_a_recipe_has_its_row(options: type):
    missing = missing_rows(options, TRAINING.read_text(encoding="utf-8"))
    assert not missing, "put these rows into docs/training.md:\n" + "\n".join(missing)


@pytest.mark.parametrize("head", HEADS.names)
def test_every_option_of_a_head_has_its_row(head: str):
    missing = missing_rows(HEADS.load(head).Options, head_page(head))
    assert not missing, f"put these rows into docs/heads/{head}.md:\n" + "\n".join(missing)


@pytest.mark.parametrize("head", HEADS.names)
def test_a_head_s_page_says_what_it_is_where_it_is_from_and_what_it_costs(head: str):
    text = head_page(head)
    assert text.startswith(f"# {head}: ")
    for needed in (f"**`{head}`**", "**Published**", "**Cost**", "```bash\ncorelate train"):
        assert needed in text, needed
    assert head == "linear" or "**Source**" in text


def test_every_head_is_named_where_heads_are_chosen():
    text = TRAINING.read_text(encoding="utf-8")
    assert all(f"[`{head.name}`](heads/{head.name}.md)" in text for head in HEADS)
