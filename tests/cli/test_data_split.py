"""``corelate data split``."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import data_split
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError

app = typer.Typer()
app.command()(data_split.run)
SCENES = "scenes:60?size=16&test=0.25"


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_folds(tmp_path):
    result = invoke(SCENES, "--out", tmp_path / "folds.csv", "--folds", 3)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1:3] == [
        "45 pictures divided (stratified, seed 1); 15 test pictures stay as they are",
        "Sizes: fold 1 15, fold 2 15, fold 3 15",
    ]
    assert lines[3].startswith("Label distribution error: 0.0")
    assert lines[-1] == (
        f'Written to {tmp_path}/folds.csv; use it as "scenes:60?size=16&test=0.25&splits={tmp_path}/folds.csv"'
    )
    annotations = load_annotations(f"{SCENES}&splits={tmp_path}/folds.csv", strict=True)
    assert sorted(set(annotations.folds.tolist())) == [0, 1, 2, 3]
    assert (annotations.splits[annotations.folds == 0] == "test").all()


def test_shares_as_json(tmp_path):
    arguments = (SCENES, "--out", tmp_path / "new.jsonl", "--test", 0.2, "--validation", 0.1, "--seed", 4, "--json")
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["sizes"] == {"test": 12, "validation": 6, "train": 42}
    assert (values["seed"], values["method"], values["divided"], values["groups"]) == (4, "stratified", 60, None)
    assert values["quality"]["sizes"] == [12, 6, 42]
    assert len(values["random"]) == 5
    annotations = load_annotations(f"{SCENES}&splits={tmp_path}/new.jsonl", strict=True)
    assert annotations.split_names() == list(dict.fromkeys(annotations.splits))
    assert len(annotations.split("validation")) == 6


def test_the_same_seed_writes_the_same_file(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert invoke(SCENES, "--out", tmp_path / f"{name}.csv", "--folds", 4, "--seed", seed).exit_code == 0
    texts = [(tmp_path / f"{name}.csv").read_text() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_groups_stay_whole(tmp_path):
    spec = r"scenes:60?size=16&test=0&group=name:0000(\d)\d\."
    result = invoke(spec, "--out", tmp_path / "d.csv", "--validation", 0.34, "--method", "random")
    assert "Groups kept whole: 6" in result.stdout
    annotations = load_annotations(f"{spec}&splits={tmp_path}/d.csv")
    assert all(len(set(annotations.splits[annotations.groups == str(group)])) == 1 for group in range(6))


def test_missing_labels_and_rare_ones_are_shown(tmp_path):
    rows = [*(f"{number}.jpg,[b]sky[/b]" for number in range(9)), "x.jpg,rare"]
    (tmp_path / "labels.csv").write_text("path,labels\n" + "\n".join(rows) + "\n")
    result = invoke(f"csv:{tmp_path}/labels.csv?labels_only=true", "--out", tmp_path / "d.csv", "--folds", 2)
    assert "  of the 2 labels with 20 pictures or fewer: " in result.stdout
    assert "Pairs of a part and a label without a picture: 1 (at random 1.0, at best 1)" in result.stdout
    assert " lacks 1: rare" in result.stdout


def test_a_file_that_is_there_is_kept(tmp_path):
    out = tmp_path / "d.csv"
    out.write_text("mine")
    result = invoke(SCENES, "--out", out, "--folds", 2)
    assert isinstance(result.exception, DataError)
    assert out.read_text() == "mine"
    assert invoke(SCENES, "--out", out, "--folds", 2, "--overwrite").exit_code == 0
    assert out.read_text().startswith("path,split,fold\n")


def test_the_data_set_itself_is_never_overwritten(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("path,labels\na.jpg,sky\nb.jpg,sky\n")
    result = invoke(f"csv:{table}?labels_only=true", "--out", table, "--folds", 2, "--overwrite")
    assert isinstance(result.exception, OptionError)
    assert table.read_text().startswith("path,labels\n")


def test_problems_of_the_data_set_give_exit_code_1(tmp_path):
    (tmp_path / "labels.csv").write_text("path,labels\na.jpg,sky\nb.jpg,sky\na.jpg,sea\n")
    result = invoke(f"csv:{tmp_path}/labels.csv?labels_only=true", "--out", tmp_path / "d.tsv", "--folds", 2)
    assert result.exit_code == 1
    assert "more than once" in result.stderr
    assert (tmp_path / "d.tsv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "one of the two"),
        (("--folds", 2, "--test", 0.1), "one of the two"),
        (("--folds", 46), "46 folds of 45 pictures"),
        (("--folds", 2, "--method", "even"), "choose one of"),
        (("--folds", 2, "--seed", -1), "seed -1"),
        (("--test", 1.5), "share 1.5"),
    ],
)
def test_wrong_use_writes_nothing(tmp_path, arguments, words):
    result = invoke(SCENES, "--out", tmp_path / "d.csv", *arguments)
    assert isinstance(result.exception, OptionError)
    assert words in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_a_suffix_of_no_known_form_is_refused_before_anything_is_read(tmp_path):
    result = invoke("csv:not-there.csv", "--out", tmp_path / "d.xlsx", "--folds", 2)
    assert isinstance(result.exception, OptionError)
    assert "ends in" in str(result.exception)


def test_a_split_alone_is_not_divided(tmp_path):
    result = invoke(f"{SCENES}&split=train", "--out", tmp_path / "folds.csv", "--folds", 3)
    assert isinstance(result.exception, OptionError)
    assert "leave split= away" in str(result.exception)
    assert not (tmp_path / "folds.csv").exists()


def test_groups_that_given_test_pictures_cut_are_told(tmp_path):
    rows = "".join(f"{number}.jpg,sky,{'test' if number < 4 else 'train'},{number // 2 or 1}\n" for number in range(12))
    (tmp_path / "labels.csv").write_text(
        "path,labels,split,group\n" + rows.replace("4.jpg,sky,train,2", "4.jpg,sky,train,1")
    )
    result = invoke(f"table:{tmp_path}/labels.csv?labels_only=true", "--out", tmp_path / "f.csv", "--folds", 2)
    assert "Groups kept whole: 5\n  1 of them have further pictures in the given test split\n" in result.stdout
