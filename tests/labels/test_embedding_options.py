"""The options of label embeddings, and the page about them."""

import dataclasses
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from corelate.labels.embedding_options import FALLBACKS, EmbeddingOptions
from corelate.options import option, read_options

PAGE = (Path(__file__).parents[2] / "docs" / "label-embeddings.md").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class HeadOptions(EmbeddingOptions):
    depth: int = option(2, "layers", minimum=1)


def test_a_head_inherits_them():
    problems: list[str] = []
    options = read_options(HeadOptions, {"embeddings": "words.txt", "depth": 3}, problems)
    assert (options.embeddings, options.embedding_width, options.missing_words, options.depth) == (
        "words.txt",
        None,
        "random",
        3,
    )
    assert not problems


@pytest.mark.parametrize(("name", "value"), [("embedding_width", 0), ("missing_words", "guess"), ("embeddings", 3)])
def test_wrong_values_are_problems(name, value):
    problems: list[str] = []
    read_options(EmbeddingOptions, {name: value}, problems)
    assert len(problems) == 1


def test_they_are_light():
    heavy = "{'torch', 'scipy', 'numpy'}"
    code = f"import sys, corelate.labels.embedding_options; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("field", dataclasses.fields(EmbeddingOptions), ids=lambda field: field.name)
def test_every_option_has_its_row(field):
    choices = ", ".join(f"`{choice}`" for choice in field.metadata.get("choices", ()))
    words = f"{field.metadata['help']}: {choices}" if choices else field.metadata["help"]
    default = f"`{field.default}`" if field.default not in ("", None) else ""
    assert f"| `{field.name}` | {default} | {words} |" in PAGE.splitlines()


def test_every_fallback_is_described():
    assert all(f"- `{fallback}`: " in PAGE for fallback in FALLBACKS)


def test_the_recipe_on_the_page_names_options_that_exist():
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        problems: list[str] = []
        values = tomllib.loads(block)["head"]
        read_options(EmbeddingOptions, {key: value for key, value in values.items() if key != "name"}, problems)
        assert not problems


def test_examples_on_the_page_run_and_print_what_they_say(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        space: dict[str, object] = {}
        exec(block, space)
        printed = capsys.readouterr().out
        for line in re.findall(r"print\(.*\)  # (.*)", block):
            assert line in printed.splitlines()
        if "summary()" in block:
            assert f"```\n{space['embeddings'].summary()}\n```" in PAGE
