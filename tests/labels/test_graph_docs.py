"""The page about the label graph names every setting, and its examples do what it says."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import data_graph
from corelate.labels.counts_files import read_counts
from corelate.labels.graph_files import SUFFIXES
from corelate.labels.graph_settings import PRESETS, GraphSettings

PAGE = (Path(__file__).parents[2] / "docs" / "label-graph.md").read_text(encoding="utf-8")


def shown(value: object) -> str:
    return f"`{json.dumps(value) if isinstance(value, bool) else value}`"


@pytest.mark.parametrize("field", dataclasses.fields(GraphSettings), ids=lambda field: field.name)
def test_every_setting_has_a_row_with_its_value_in_each_preset(field: dataclasses.Field):
    values = " | ".join(shown(getattr(preset, field.name)) for preset in PRESETS.values())
    assert f"| `{field.name}` | {values} | {field.metadata['help']} |" in PAGE


def test_every_preset_and_file_form_is_described():
    assert f"| setting | {' | '.join(f'`{preset}`' for preset in PRESETS)} | meaning |" in PAGE
    assert all(f"- **`{preset}`**" in PAGE for preset in PRESETS)
    assert all(f"| `{suffix}` |" in PAGE for suffix in SUFFIXES)


def test_the_command_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(data_graph.run)
    console = re.search(r"```console\n\$ corelate data graph (.*?)\n(.*?)```", PAGE, re.DOTALL)
    assert console is not None
    assert CliRunner().invoke(app, console[1].split()).stdout == console[2]


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]):
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    exec(example[1], {})
    assert capsys.readouterr().out.startswith("(22, 22) ")


def test_the_example_of_counts_can_be_read(tmp_path: Path):
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "counts.json").write_text(example[1])
    counts = read_counts(tmp_path / "counts.json").counts
    assert (list(counts.vocabulary), counts.pictures) == (["jet", "plane"], 9)
