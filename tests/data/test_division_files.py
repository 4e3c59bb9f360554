"""The file of a division: written, read, and everything that can be wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.annotation_set import AnnotationSet
from corelate.data.division_files import EXTRA_PICTURE, with_divisions, write_division
from corelate.data.references import FileReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError

SUFFIXES = [".csv", ".tsv", ".jsonl", ".ndjson", ".CSV"]


def named(*names: str, **columns: list) -> AnnotationSet:
    return AnnotationSet(
        pictures=[FileReference(Path(name), name) for name in names],
        vocabulary=Vocabulary(["sky"]),
        targets=TargetMatrix.from_rows([[]] * len(names), 1),
        **{name: np.array(column) for name, column in columns.items()},
    )


def read(tmp_path: Path, text: str | bytes, *names: str, file: str = "division.csv", **columns: list) -> AnnotationSet:
    (tmp_path / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return with_divisions(named(*(names or ("a.jpg", "b.jpg")), **columns), tmp_path / file)


def problem_of(tmp_path: Path, text: str | bytes, *names: str, file: str = "division.csv") -> str:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, *names, file=file)
    return str(caught.value).replace(str(tmp_path) + "/", "")


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read(tmp_path, suffix):
    names = ["a.jpg", 'odd, "name".jpg', "ordner/über\t1.jpg".replace("\t", " ")]
    path = tmp_path / f"division{suffix}"
    write_division(path, names, splits=["train", "test", "train"], folds=[2, 0, 1])
    divided = with_divisions(named(*names), path)
    assert divided.splits.tolist() == ["train", "test", "train"]
    assert divided.folds.tolist() == [2, 0, 1]
    assert not divided.problems


@given(
    st.lists(st.tuples(st.sampled_from(["train", "test", "val"]), st.integers(0, 12)), min_size=1, max_size=9),
    st.sampled_from(SUFFIXES),
)
@settings(deadline=None)
def test_every_division_comes_back(tmp_path_factory, rows, suffix):
    path = tmp_path_factory.mktemp("division") / f"d{suffix}"
    names = [f"{number}.jpg" for number in range(len(rows))]
    splits, folds = [split for split, _ in rows], [fold for _, fold in rows]
    write_division(path, names, splits=splits, folds=folds)
    divided = with_divisions(named(*names), path)
    assert divided.splits.tolist() == splits
    assert [0] * len(rows) == folds if divided.folds is None else divided.folds.tolist() == folds


def test_the_text_of_each_form(tmp_path):
    for suffix in (".csv", ".tsv", ".jsonl"):
        write_division(tmp_path / f"d{suffix}", ["a.jpg", "b.jpg"], splits=["train", "test"], folds=[1, 0])
    assert (tmp_path / "d.csv").read_text() == "path,split,fold\na.jpg,train,1\nb.jpg,test,\n"
    assert (tmp_path / "d.tsv").read_text() == "path\tsplit\tfold\na.jpg\ttrain\t1\nb.jpg\ttest\t\n"
    assert (tmp_path / "d.jsonl").read_text() == (
        '{"path": "a.jpg", "split": "train", "fold": 1}\n{"path": "b.jpg", "split": "test", "fold": null}\n'
    )


def test_columns_that_are_not_given_are_not_written(tmp_path):
    write_division(tmp_path / "d.csv", ["a.jpg"], folds=[1])
    assert (tmp_path / "d.csv").read_text() == "path,fold\na.jpg,1\n"
    write_division(tmp_path / "d.csv", ["a.jpg"], splits=["test"])
    assert (tmp_path / "d.csv").read_text() == "path,split\na.jpg,test\n"
    with pytest.raises(OptionError, match="needs splits or folds"):
        write_division(tmp_path / "d.csv", ["a.jpg"])


@pytest.mark.parametrize("name", ["d.txt", "d.parquet", "d", "d.csv.gz"])
def test_unknown_suffix(tmp_path, name):
    with pytest.raises(OptionError, match=r"ends in \.csv, \.tsv, \.jsonl, \.ndjson"):
        write_division(tmp_path / name, ["a.jpg"], splits=["test"])
    with pytest.raises(OptionError, match="ends in"):
        with_divisions(named("a.jpg"), tmp_path / name)


# --- what is read ----------------------------------------------------------------------------------------------------


def test_columns_that_the_file_lacks_stay_as_they_are(tmp_path):
    divided = read(tmp_path, "path,fold\na.jpg,1\nb.jpg,2\n", splits=["train", "test"])
    assert divided.splits.tolist() == ["train", "test"]
    divided = read(tmp_path, "path,split\na.jpg,x\nb.jpg,y\n", splits=["train", "test"], folds=[1, 2])
    assert divided.splits.tolist() == ["x", "y"]
    assert divided.folds.tolist() == [1, 2]


def test_empty_folds_are_none(tmp_path):
    assert read(tmp_path, "path,split,fold\na.jpg,test,\nb.jpg,train,3\n").folds.tolist() == [0, 3]
    assert read(tmp_path, "path,split,fold\na.jpg,test,\nb.jpg,train,\n").folds is None


def test_names_are_spelled_as_in_label_files(tmp_path):
    text = "path,split\n./a/1.jpg,train\na\\2.jpg,test\n a/b/../3.jpg ,test\n"
    assert read(tmp_path, text, "a/1.jpg", "a/2.jpg", "a/3.jpg").splits.tolist() == ["train", "test", "test"]


def test_what_other_programs_write(tmp_path):
    text = "\ufeffPath,other, Split ,fold\r\na.jpg,x,train,1.0\r\n\r\nb.jpg,,test,\r\n"
    divided = read(tmp_path, text)
    assert divided.splits.tolist() == ["train", "test"]
    assert divided.folds.tolist() == [1, 0]
    text = '{"path": "b.jpg", "fold": "2", "note": []}\n\n{"fold": 1.0, "path": "a.jpg"}'
    assert read(tmp_path, text, file="d.jsonl").folds.tolist() == [1, 2]


def test_pictures_that_only_the_file_has_are_noted(tmp_path):
    divided = read(tmp_path, "path,split\na.jpg,train\nz.jpg,test\nb.jpg,test\n../up.jpg,test\n")
    assert divided.problems.counts() == {EXTRA_PICTURE: 2}
    assert "z.jpg" in divided.problems.report()
    assert "line 3" in divided.problems.report()


def test_the_given_set_stays_as_it_is(tmp_path):
    annotations = named("a.jpg")
    (tmp_path / "d.csv").write_text("path,split\na.jpg,x\nb.jpg,y\n")
    assert with_divisions(annotations, tmp_path / "d.csv").problems
    assert annotations.splits is None
    assert not annotations.problems


def test_the_same_row_twice_counts_once(tmp_path):
    assert read(tmp_path, "path,split\na.jpg,x\nb.jpg,y\n./a.jpg,x\n").splits.tolist() == ["x", "y"]


def test_in_a_spec(tmp_path):
    names = load_annotations("scenes:9?size=16").names
    write_division(tmp_path / "d.csv", names, splits=["test"] * 3 + ["train"] * 6)
    assert load_annotations(f"scenes:9?size=16&splits={tmp_path}/d.csv&split=test").names == names[:3]


# --- what is refused -------------------------------------------------------------------------------------------------


def test_pictures_that_the_file_lacks(tmp_path):
    names = [f"{number}.jpg" for number in range(8)]
    text = problem_of(tmp_path, "path,split\n0.jpg,train\n", *names)
    assert text.startswith("division.csv does not say where 7 of 8 pictures belong: 1.jpg, 2.jpg, 3.jpg")
    assert "7.jpg" not in text


def test_a_picture_in_two_places(tmp_path):
    text = problem_of(tmp_path, "path,split\na.jpg,train\nb.jpg,test\n./a.jpg,test\n")
    assert text == "division.csv, line 4: a.jpg has another split or fold than on line 2".replace("a.jpg", "./a.jpg", 1)
    assert "line 3" in problem_of(tmp_path, "path,fold\na.jpg,1\na.jpg,2\nb.jpg,1\n")


@pytest.mark.parametrize("fold", ["0", "-1", "1.5", "x", "nan", "1e3", "٣", "1" * 30, "1_0", "+1"])
def test_folds_that_are_none(tmp_path, fold):
    text = problem_of(tmp_path, f"path,fold\na.jpg,1\nb.jpg,{fold}\n")
    assert text.startswith("division.csv, line 3: fold ")
    assert "whole number from 1" in text


@pytest.mark.parametrize("fold", ["0", "-3", "2.5", "true", "[1]", "{}", '"x"', "1e300"])
def test_folds_that_are_none_in_json(tmp_path, fold):
    text = problem_of(tmp_path, f'{{"path": "a.jpg", "fold": 1}}\n{{"path": "b.jpg", "fold": {fold}}}', file="d.jsonl")
    assert text.startswith("d.jsonl, line 2: fold ")


@pytest.mark.parametrize("line", ['{"path": "b.jpg", "split": "", "fold": null}', '{"path": "b.jpg"}'])
def test_a_row_that_says_nothing(tmp_path, line):
    text = problem_of(tmp_path, f'{{"path": "a.jpg", "split": "test"}}\n{line}\n', file="d.jsonl")
    assert text == "d.jsonl, line 2: b.jpg has neither split nor fold"
    assert "line 3" in problem_of(tmp_path, "path,split,fold\na.jpg,test,\nb.jpg,,\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("name,split\na.jpg,x\n", "expected a column path"),
        ("path,label\na.jpg,x\n", "split or fold or both; its columns are: path, label"),
        ("path,split,split\na.jpg,x,y\n", "more than one column is named 'split'"),
        ("path,split\na.jpg\n", "line 2: 1 cells, but the header has 2"),
        ("path,split\na.jpg,x,y\n", "line 2: 3 cells"),
        ("path,split\n,x\n", "line 2: no path"),
        ('path,split\n"a.jpg,x\n', "line 2: not a proper table"),
        ("path,split\na.jpg," + "x" * 300, "line 2: split"),
        ("path,split\na.jpg,x\x07y\nb.jpg,x\n", "control characters"),
        (b"path,split\n\xff.jpg,x\n", "line 2: byte 0xff is not utf-8"),
    ],
)
def test_tables_that_can_not_be_used(tmp_path, text, words):
    assert words in problem_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a column path"),
        ('{"path": "a.jpg"}\n{"path": "b.jpg"}', "split or fold"),
        ("[]", "line 1: expected an object, found a list"),
        ('\n{"path": "a.jpg", "split": ', "line 2: not JSON"),
        ('{"path": "a.jpg", "fold": NaN}', "line 1: not JSON"),
        ('{"path": 3, "split": "x"}', "line 1: no path"),
        ('{"path": "a.jpg", "split": 3}', "line 1: split must be text, found a number"),
        ("[" * 100_000, "line 1: not JSON"),
    ],
)
def test_json_lines_that_can_not_be_used(tmp_path, text, words):
    assert words in problem_of(tmp_path, text, file="d.jsonl")


def test_many_bad_rows_are_counted_and_the_first_shown(tmp_path):
    rows = "".join(f"{number}.jpg,x\n" for number in range(20))
    lines = problem_of(tmp_path, f"path,fold\n{rows}").splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("division.csv, line 2: fold ")
    assert lines[-1] == "and 15 more"


def test_no_such_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        with_divisions(named("a.jpg"), tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="expected a file"):
        with_divisions(named("a.jpg"), tmp_path / "folder.csv")


def test_a_column_without_a_single_split_says_nothing(tmp_path):
    annotations = read(tmp_path, "path,split,fold\na.jpg,,1\nb.jpg,,\n", splits=["train", "test"])
    assert annotations.splits.tolist() == ["train", "test"]
    assert annotations.folds.tolist() == [1, 0]


def test_semicolons_of_spreadsheets(tmp_path):
    assert read(tmp_path, "path;split\na.jpg;train\nb.jpg;test\n").splits.tolist() == ["train", "test"]
