"""The page about vocabularies: its example gives what it says, and its limits are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli.data_show import run
from corelate.data.curation.curation import FIELDS, MAX_DROPPED
from corelate.data.curation.hierarchy import MAX_EDGES
from corelate.data.curation.hierarchy_files import read_hierarchy_file
from corelate.data.curation.merge_files import read_merge_file
from corelate.data.spec import load_annotations

from .conftest import listed

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "vocabulary.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in zip(("labels.csv", "merge.csv", "parents.csv"), blocks("csv"), strict=True):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_gives_the_pictures_of_the_page(example: Path):
    (command,) = blocks("bash")
    spec = command.split('"')[1]
    annotations = load_annotations(spec)
    told = dict(re.findall(r"^\| (\d\.jpg) \| (.*) \|$", PAGE, re.MULTILINE))
    found = {name: ", ".join(labels) for name, (labels, _) in zip(annotations.names, listed(annotations), strict=True)}
    assert found == told
    assert not annotations.problems
    app = typer.Typer()
    app.command()(run)
    assert command.startswith("corelate data show ")
    shown = CliRunner().invoke(app, [spec])
    assert shown.exit_code == 0, shown.output
    assert "7 pictures, 4 labels" in shown.output


def test_the_code_gives_what_its_comments_say(example: Path, capsys: pytest.CaptureFixture[str]):
    (code,) = blocks("python")
    exec(code, {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\)  # (.*)", code)


def test_json_forms_can_be_read(tmp_path: Path):
    merge, lists, tree = blocks("json")
    for name, text in (("merge.json", merge), ("lists.json", lists), ("tree.json", tree)):
        (tmp_path / name).write_text(text)
    ends = {name: pair.second for name, pair in read_merge_file(tmp_path / "merge.json").items()}
    assert ends == {"kitten": "cat", "cats": "cat", "IMG": ""}
    assert len(read_hierarchy_file(tmp_path / "lists.json")) == 4
    pairs = {(pair.first, pair.second) for pair in read_hierarchy_file(tmp_path / "tree.json")}
    assert pairs == {("cat", "animal"), ("dog", "animal"), ("poodle", "dog"), ("cat", "pet")}


def test_limits_and_fields_are_those_of_the_code():
    assert f"At most {MAX_EDGES:,} pairs" in PAGE
    assert f"the {MAX_DROPPED:,} most frequent" in PAGE
    recorded = PAGE.partition("## What is recorded")[2].partition("##")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", recorded, re.MULTILINE)) == FIELDS
    bundle = (DOCS / "bundle.md").read_text(encoding="utf-8")
    assert "## curation" in bundle
    assert all(f"`{field}`" in bundle for field in FIELDS)
