"""docs/training.md has one row for each option, with its default and its doc line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from corelate.models.heads import HEADS
from corelate.training.recipe import SECTIONS

DOCS = Path(__file__).parents[2] / "docs" / "training.md"
OPTIONS = [*SECTIONS.values(), *(head.load().Options for head in HEADS)]


def expected_row(field: dataclasses.Field) -> str:
    words = field.metadata["help"]
    if "choices" in field.metadata:
        words += f": {', '.join(f'`{choice}`' for choice in field.metadata['choices'])}"
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    shown = "" if default in (None, (), "") else f"`{default}`"
    return f"| `{field.name}` | {shown} | {words} |"


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: options.__name__)
def test_every_option_has_its_row(options: type):
    rows = DOCS.read_text(encoding="utf-8").splitlines()
    missing = [expected_row(field) for field in dataclasses.fields(options) if expected_row(field) not in rows]
    assert not missing, "put these rows into docs/training.md:\n" + "\n".join(missing)


def test_every_head_is_described():
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"**`{head.name}`**" in text for head in HEADS)
