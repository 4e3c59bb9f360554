"""What the commands do with generated pictures: they say how many there are, and judge, divide and write real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from corelate.cli import data_convert, data_doctor, data_graph, data_show, data_split, evaluate
from corelate.cli.generated_note import without_generated_noted
from corelate.data.spec import load_annotations
from corelate.errors import DataError

from ..data.generated_sets import save_picture, write_generated, write_usual


def invoke(command: Any, *arguments: object) -> Result:
    app = typer.Typer()
    app.command()(command.run)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def spec(tmp_path: Path) -> str:
    real, folder = write_usual(tmp_path)
    return f"{real}?generated={folder}"


def plain(spec: str) -> str:
    return spec.partition("?")[0]


def test_show_says_how_many_there_are(spec: str):
    lines = invoke(data_show, spec).stdout.splitlines()
    words = "Generated: 3 more pictures, of 2 of these, each learned from once an epoch; nothing here counts them"
    assert words in lines
    assert [line for line in lines if line != words] == invoke(data_show, plain(spec)).stdout.splitlines()
    assert "each learned from 0.3 times an epoch" in invoke(data_show, f"{spec}&generated_weight=0.3").stdout


def test_show_as_json(spec: str):
    values = json.loads(invoke(data_show, f"{spec}&generated_weight=0.3", "--json").stdout)
    assert [values[key] for key in ("pictures", "generated", "generated_from", "generated_weight")] == [4, 3, 2, 0.3]
    values = json.loads(invoke(data_show, plain(spec), "--json").stdout)
    assert [values[key] for key in ("pictures", "generated")] == [4, None]


def test_show_prints_hostile_names_as_they_are(spec: str, tmp_path: Path):
    folder = write_generated(tmp_path / "more", {"a_aug.png": ["sky", "sea"], "[red]x\x1b[/red]_aug.png": ["sky"]})
    result = invoke(data_show, f"{plain(spec)}?generated={folder}")
    assert result.exit_code == 1
    assert "'[red]x\\x1b[/red]_aug.png'" in result.stdout


def test_doctor_does_not_take_them_for_copies(spec: str):
    result = invoke(data_doctor, spec, "--json", "--only", "duplicates,rare,unreadable")
    assert "3 generated pictures are not examined" in result.stderr
    assert result.stdout == invoke(data_doctor, plain(spec), "--json", "--only", "duplicates,rare,unreadable").stdout
    assert "_aug" not in result.stdout


def test_split_divides_and_names_real_pictures(spec: str, tmp_path: Path):
    invoke(data_split, spec, "--out", tmp_path / "with.csv", "--test", 0.5)
    invoke(data_split, plain(spec), "--out", tmp_path / "without.csv", "--test", 0.5)
    assert (tmp_path / "with.csv").read_text() == (tmp_path / "without.csv").read_text()
    again = load_annotations(f"{spec}&splits={tmp_path}/with.csv", strict=True)
    assert again.splits[[4, 5, 6]].tolist() == again.splits[[0, 0, 2]].tolist()


def test_convert_writes_real_pictures_and_says_so(spec: str, tmp_path: Path):
    result = invoke(data_convert, spec, tmp_path / "out.csv")
    assert result.exit_code == 0
    assert "Note: 3 generated pictures are not written; go on giving their folder with generated=DIR" in result.stderr
    read = load_annotations(result.stdout.strip(), strict=True)
    assert read.names == ["a.png", "b.png", "c.png", "d.png"]


def test_graph_counts_real_pictures(spec: str):
    for asked in ("", "&split=train"):
        values = [
            json.loads(invoke(data_graph, text, "--json").stdout)
            for text in (f"{spec}{asked}", f"{plain(spec)}?{asked}".rstrip("?"))
        ]
        assert values[0] == values[1]


@pytest.mark.parametrize("split", ["", "&split=train"])
def test_evaluate_measures_real_pictures(tiny_bundle: Callable[..., Path], tmp_path: Path, split: str):
    for name, colour in (("a", "red"), ("b", "green"), ("c", "blue")):
        save_picture(tmp_path / f"{name}.png", colour)
    (tmp_path / "labels.csv").write_text("path,labels,split\na.png,red,test\nb.png,green,train\nc.png,blue,train\n")
    folder = write_generated(tmp_path / "fakes", {"a_aug.png": ["red"], "b_aug.png": ["green"]})
    spec = f"table:{tmp_path}/labels.csv?generated={folder}{split}"
    result = invoke(evaluate, tiny_bundle(), "--data", spec, "--json", "--per-label")
    left_out = 1 if split else 2
    assert f"{left_out} generated pictures are not measured on" in result.stderr
    expected = invoke(
        evaluate, tiny_bundle("b.zip"), "--data", spec.replace(f"generated={folder}", ""), "--json", "--per-label"
    )
    assert json.loads(result.stdout) == json.loads(expected.stdout)


def test_nothing_but_generated_pictures_is_refused(spec: str):
    with pytest.raises(DataError, match="holds generated pictures only, which are never measured on"):
        without_generated_noted(load_annotations(spec).select([4, 5]), "measured on")
