import json

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import data_show
from corelate.errors import DataError

app = typer.Typer()
app.command()(data_show.run)


@pytest.fixture
def table(tmp_path):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()
    path = tmp_path / "labels.csv"
    path.write_text("path,labels,split\na.jpg,sky;[red]sea[/red];:sun:,train\nb.jpg,sky,train\nc.jpg,,test\n")
    return path


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_counts(table):
    result = invoke(f"csv:{table}")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        str(table),
        "3 pictures, 3 labels, 4 label marks (1.333 a picture)",
        "Splits: train 2, test 1",
        "Pictures by number of labels: 0: 1, 1: 1, 3: 1",
        "Most frequent labels: sky 2, :sun: 1, [red]sea[/red] 1",
        "Pictures without labels: 1 (c.jpg)",
    ]


def test_folds_and_what_was_done_to_labels(table):
    (table.parent / "folds.csv").write_text("path,fold\na.jpg,1\nb.jpg,2\nc.jpg,\n")
    result = invoke(f"csv:{table}?splits={table.parent}/folds.csv&minimum_count=2")
    assert "Folds: 1: 1, 2: 1, none: 1" in result.stdout
    assert "Labels: 0 merged or dropped by name, 2 dropped as rare, 0 pairs of child and parent" in result.stdout


def test_problems_are_shown_and_give_exit_code_1(table):
    table.write_text(table.read_text() + "[bold]gone.jpg,sky,test\n")
    result = invoke(f"csv:{table}")
    assert result.exit_code == 1
    assert result.stdout.endswith("Problems\n1 × missing image: picture left out: [bold]gone.jpg (line 5)\n")


def test_json(table):
    table.write_text(table.read_text() + "gone.jpg,sky,test\n")
    result = invoke(f"csv:{table}", "--json")
    assert result.exit_code == 1
    shown = json.loads(result.stdout)
    assert (shown["pictures"], shown["labels"], shown["label_marks"]) == (3, 3, 4)
    assert shown["label_counts"] == {"sky": 2, ":sun:": 1, "[red]sea[/red]": 1}
    assert shown["problems"] == {"missing image: picture left out": 1}
    case = {"kind": "missing image: picture left out", "subject": "gone.jpg", "where": "line 5"}
    assert shown["problem_cases"] == [case]


def test_strict_is_an_error(table):
    table.write_text(table.read_text() + "gone.jpg,sky,test\n")
    result = invoke(f"csv:{table}", "--strict")
    assert isinstance(result.exception, DataError)
    assert invoke(f"csv:{table}?split=train", "--strict").exception is not None


def test_many_labels_and_unknown_cells(tmp_path):
    (tmp_path / "a.jpg").touch()
    labels = [f"label{number:02d}" for number in range(15)]
    path = tmp_path / "labels.csv"
    path.write_text(f"path,group,{','.join(labels)}\na.jpg,x,{','.join(['1'] * 12)},0,,\n")
    lines = invoke(f"csv:{path}").stdout.splitlines()
    assert "Unknown: 2 of 15 picture-label pairs" in lines
    assert "Groups: 1" in lines
    assert "Rarest labels: label11 1, label10 1" in lines
    assert "Labels of no picture: 3 (label12, label13, label14)" in lines


def test_groups_that_the_splits_cut(table):
    table.write_text("path,labels,split,group\na.jpg,sky,train,x\nb.jpg,sky,test,x\nc.jpg,,test,y\n")
    assert "Groups: 2, 1 of them with pictures in more than one split" in invoke(f"csv:{table}").stdout
