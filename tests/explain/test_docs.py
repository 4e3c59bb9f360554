"""Every explanation has its page, and every picture of the docs is made by the docs build and shown somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corelate.cli.main import EXPLAIN_COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
FIGURE = re.compile(r"!\[([^\]]*)\]\(([^)]*figures/[^)]+)\)")


def shown() -> dict[Path, str]:
    """Return the pictures that pages show, with what stands in for them in words."""
    found = {}
    for page in DOCS.rglob("*.md"):
        for words, place in FIGURE.findall(page.read_text(encoding="utf-8")):
            found[(page.parent / place).resolve()] = words
    return found


@pytest.mark.parametrize("name", EXPLAIN_COMMANDS)
def test_every_command_has_a_page_with_a_drawing(name: str):
    page = DOCS / "explain" / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    assert f"corelate explain {name}" in text
    assert FIGURE.search(text), "a reader wants to see it"
    assert f"explain/{name}.md" in (DOCS / "explain.md").read_text(encoding="utf-8")
    assert (DOCS / "make_figures" / f"{name}.py").exists(), "the docs build makes its drawings"


def test_every_picture_that_is_shown_is_there_and_described():
    assert not [path.name for path in shown() if not path.exists()]
    assert not [path.name for path, words in shown().items() if len(words) < 10]


def test_every_picture_is_shown_somewhere_and_small():
    pictures = set((DOCS / "figures").iterdir())
    assert pictures == set(shown())
    assert max(picture.stat().st_size for picture in pictures) < 160_000
