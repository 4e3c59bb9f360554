"""What tables look like, read with plain readers."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import MissingReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.conversion import write_annotations
from corelate.errors import DataError, OptionError


def a_set(labels=("sky", "sea", "boat"), present=((1, 0), (), (2,)), unknown=((), (1, 2), ()), **columns):
    return AnnotationSet(
        [MissingReference("nowhere", f"{letter}.jpg") for letter in "abc"],
        Vocabulary(labels),
        TargetMatrix.from_rows(present, len(labels), unknown),
        **columns,
    )


DIVIDED = {"splits": np.array(["train", "", "test"]), "groups": np.array(["1", "1", ""])}


def rows_of(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t"), (".CSV", ",")])
def test_text_with_lists(tmp_path, suffix, delimiter):
    write_annotations(a_set(**DIVIDED), f"{tmp_path}/o{suffix}")
    assert rows_of(tmp_path / f"o{suffix}", delimiter) == [
        ["path", "labels", "unknown", "split", "group"],
        ["a.jpg", "sea;sky", "", "train", "1"],
        ["b.jpg", "", "sea;boat", "", "1"],
        ["c.jpg", "boat", "", "test", ""],
    ]
    assert (tmp_path / "o.vocabulary.txt").read_text() == "sky\nsea\nboat\n"


def test_text_with_columns(tmp_path):
    result = write_annotations(a_set(**DIVIDED), f"{tmp_path}/o.csv?form=columns")
    assert rows_of(tmp_path / "o.csv") == [
        ["path", "split", "group", "sky", "sea", "boat"],
        ["a.jpg", "train", "1", "1", "1", "0"],
        ["b.jpg", "", "1", "0", "", ""],
        ["c.jpg", "test", "", "0", "0", "1"],
    ]
    assert (
        result.notes[0] == "columns of marks can't hold the order in which a picture lists its labels; form=list does"
    )


def test_no_column_without_content(tmp_path):
    write_annotations(a_set(unknown=((), (), ())), f"{tmp_path}/o.csv")
    assert rows_of(tmp_path / "o.csv")[0] == ["path", "labels"]


def test_json_lines(tmp_path):
    write_annotations(a_set(**DIVIDED), f"{tmp_path}/o.jsonl")
    lines = (tmp_path / "o.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"path": "a.jpg", "split": "train", "group": "1", "labels": ["sea", "sky"], "unknown": []},
        {"path": "b.jpg", "split": "", "group": "1", "labels": [], "unknown": ["sea", "boat"]},
        {"path": "c.jpg", "split": "test", "group": "", "labels": ["boat"], "unknown": []},
    ]
    write_annotations(a_set(), f"{tmp_path}/p.ndjson?form=columns")
    lines = (tmp_path / "p.ndjson").read_text().splitlines()
    assert json.loads(lines[0]) == {"path": "a.jpg", "sky": 1, "sea": 1, "boat": 0}
    assert json.loads(lines[1]) == {"path": "b.jpg", "sky": 0, "sea": None, "boat": None}


def test_parquet(tmp_path):
    write_annotations(a_set(**DIVIDED), f"{tmp_path}/o.parquet")
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.to_pylist() == [
        {"path": "a.jpg", "split": "train", "group": "1", "labels": ["sea", "sky"], "unknown": []},
        {"path": "b.jpg", "split": "", "group": "1", "labels": [], "unknown": ["sea", "boat"]},
        {"path": "c.jpg", "split": "test", "group": "", "labels": ["boat"], "unknown": []},
    ]
    assert json.loads(table.schema.metadata[b"corelate.vocabulary"]) == ["sky", "sea", "boat"]
    assert not (tmp_path / "o.vocabulary.txt").exists()
    write_annotations(a_set(), f"{tmp_path}/p.parquet?form=columns")
    table = pq.read_table(tmp_path / "p.parquet")
    assert table.to_pylist()[:2] == [
        {"path": "a.jpg", "sky": 1, "sea": 1, "boat": 0},
        {"path": "b.jpg", "sky": 0, "sea": None, "boat": None},
    ]
    assert json.loads(table.schema.metadata[b"corelate.vocabulary"]) == ["sky", "sea", "boat"]


def test_parquet_of_columns_is_written_in_groups_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("corelate.data.writers.table_parquet._MOST_MARKS", 6)
    write_annotations(a_set(), f"{tmp_path}/p.parquet?form=columns")
    assert pq.ParquetFile(tmp_path / "p.parquet").metadata.num_row_groups == 2


# The vocabulary


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.tsv?form=columns"])
def test_sorted_labels_that_pictures_have_need_no_vocabulary_file(tmp_path, name):
    write_annotations(a_set(labels=("a", "b", "c")), f"{tmp_path}/{name}")
    assert not (tmp_path / "o.vocabulary.txt").exists()


def test_labels_that_no_picture_has_need_one(tmp_path):
    present = ((1, 0), (), ())
    write_annotations(a_set(labels=("a", "b", "c"), present=present), f"{tmp_path}/o.csv")
    assert (tmp_path / "o.vocabulary.txt").read_text() == "a\nb\nc\n"
    write_annotations(a_set(labels=("a", "b", "c"), present=present), f"{tmp_path}/p.csv?form=columns")
    assert not (tmp_path / "p.vocabulary.txt").exists()


def test_a_vocabulary_file_of_another_set_is_replaced_on_request(tmp_path):
    (tmp_path / "o.vocabulary.txt").write_text("c\nb\na\n")
    with pytest.raises(DataError, match=r"o\.vocabulary\.txt exists.*--overwrite"):
        write_annotations(a_set(labels=("a", "b", "c")), f"{tmp_path}/o.csv")
    assert not (tmp_path / "o.csv").exists()
    result = write_annotations(a_set(labels=("a", "b", "c")), f"{tmp_path}/o.csv", overwrite=True)
    assert list(load_annotations(result.spec).vocabulary) == ["a", "b", "c"]


def test_tables_of_one_set_share_a_vocabulary_file(tmp_path):
    write_annotations(a_set(), f"{tmp_path}/o.csv")
    write_annotations(a_set(), f"{tmp_path}/o.jsonl")
    assert (tmp_path / "o.vocabulary.txt").read_text() == "sky\nsea\nboat\n"


def test_a_vocabulary_file_never_changes_another_table(tmp_path):
    (tmp_path / "o.csv").write_text("path,labels\na.jpg,x;y\n")
    with pytest.raises(DataError, match=r"o\.vocabulary\.txt would also be the vocabulary of .*o\.csv"):
        write_annotations(a_set(), f"{tmp_path}/o.jsonl", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv"]
    write_annotations(a_set(), f"{tmp_path}/o.parquet")


def test_a_parquet_table_without_a_vocabulary_of_its_own_is_another_table(tmp_path):
    write_annotations(a_set(), f"{tmp_path}/o.parquet")
    write_annotations(a_set(), f"{tmp_path}/o.csv")
    table = pq.read_table(tmp_path / "o.parquet").replace_schema_metadata({})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(DataError, match=r"would also be the vocabulary of .*p\.parquet"):
        write_annotations(a_set(), f"{tmp_path}/p.csv")


# What stands between labels and cells


@pytest.mark.parametrize(
    ("labels", "separator", "option"),
    [
        (("a", "b", "c"), ";", ""),
        (("a;b", "b", "c"), "|", "&separator=pipe"),
        (("a;b|/", "b", "c+~"), "^", "&separator=^"),
        ((";|/+~^#@*%&=$!<>:_¦§¶·•¬", "b", "c"), ",", "&separator=comma"),
        ((";|/+~^#@*%&=$!<>:_¦§¶·•¬,", "b", "c"), "\t", "&separator=tab"),
    ],
)
def test_a_separator_is_chosen_that_no_label_holds(tmp_path, labels, separator, option):
    annotations = a_set(labels)
    result = write_annotations(annotations, f"{tmp_path}/o.csv")
    assert rows_of(tmp_path / "o.csv")[1][1] == f"{labels[1]}{separator}{labels[0]}"
    assert result.spec == f"table:{tmp_path}/o.csv?{f'{option[1:]}&' if option else ''}labels_only=true"
    read = load_annotations(result.spec, strict=True)
    assert read.targets.dense_places().tolist() == annotations.targets.dense_places().tolist()


def test_a_separator_that_is_asked_for(tmp_path):
    result = write_annotations(a_set(), f"{tmp_path}/o.csv?separator=space")
    assert "separator=space" in result.spec
    assert rows_of(tmp_path / "o.csv")[1][1] == "sea sky"
    with pytest.raises(DataError, match="the label 'a b' holds the separator ' '"):
        write_annotations(a_set(("a b", "c", "d")), f"{tmp_path}/p.csv?separator=space")
    with pytest.raises(OptionError, match="one character"):
        write_annotations(a_set(), f"{tmp_path}/p.csv?separator=::")


def test_labels_that_hold_every_separator_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("corelate.data.writers.table_text._SEPARATORS", ";|")
    with pytest.raises(DataError, match=r"every character.*JSON Lines or Parquet, or form=columns"):
        write_annotations(a_set(("a;", "|b", "c")), f"{tmp_path}/o.csv")
    write_annotations(a_set(("a;", "|b", "c")), f"{tmp_path}/o.csv?form=columns")


@pytest.mark.parametrize("name", ["o.jsonl", "o.parquet", "o.csv"])
def test_a_separator_where_nothing_is_separated(tmp_path, name):
    form = "&form=columns" if name == "o.csv" else ""
    with pytest.raises(OptionError, match="nothing is separated"):
        write_annotations(a_set(), f"{tmp_path}/{name}?separator=pipe{form}")


def test_a_header_full_of_semicolons_names_its_delimiter(tmp_path):
    annotations = a_set((";;;;;;a", "b;b", "c"))
    result = write_annotations(annotations, f"{tmp_path}/o.csv?form=columns")
    assert "delimiter=," in result.spec
    read = load_annotations(result.spec, strict=True)
    assert list(read.vocabulary) == [";;;;;;a", "b;b", "c"]
    assert read.targets.dense().tolist() == annotations.targets.dense().tolist()
    assert "delimiter" not in write_annotations(annotations, f"{tmp_path}/p.tsv?form=columns").spec


def test_a_cell_that_readers_would_not_take_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("corelate.data.writers.table_text.MAX_LINE", 12)
    with pytest.raises(DataError, match=r"takes 16 characters.*\(12\); write JSON Lines or Parquet"):
        write_annotations(a_set(), f"{tmp_path}/o.csv")
    assert list(tmp_path.iterdir()) == []


# Labels that are called as columns are


@pytest.mark.parametrize("label", ["path", "split", "group", "Split"])
@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_labels_that_would_be_taken_for_other_columns(tmp_path, label, name):
    with pytest.raises(DataError, match=f"the label '{label}' can't be a column.*form=list"):
        write_annotations(a_set((label, "b", "c")), f"{tmp_path}/{name}?form=columns")
    write_annotations(a_set((label, "b", "c")), f"{tmp_path}/{name}")


@pytest.mark.parametrize("labels", [("tags", "Labels", "keywords"), ("Path", "file", "unknown")])
@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_labels_that_readers_are_told_to_be_labels(tmp_path, labels, name):
    annotations = a_set(labels, **DIVIDED)
    result = write_annotations(annotations, f"{tmp_path}/{name}?form=columns")
    read = load_annotations(result.spec, strict=True)
    assert read.vocabulary == annotations.vocabulary
    assert read.targets.dense().tolist() == annotations.targets.dense().tolist()


@pytest.mark.parametrize("name", ["o.txt", "o", "o.xlsx"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(OptionError, match=r"\.csv, \.tsv, \.jsonl, \.ndjson, \.parquet"):
        write_annotations(a_set(), f"table:{tmp_path}/{name}")


def test_form_that_does_not_exist(tmp_path):
    with pytest.raises(OptionError, match="writing a table: form = 'dense': choose one of list, columns"):
        write_annotations(a_set(), f"{tmp_path}/o.csv?form=dense")


def test_row_as_long_as_readers_take_is_written(tmp_path, monkeypatch):
    labels = ('a"b' * 5, "b", "c")
    # One quote at each end, and each inside twice: the path, the cells and what stands between them.
    monkeypatch.setattr("corelate.data.writers.table_text.MAX_LINE", len('a.jpg,"b;') + 4 * 5 + len('",\n'))
    write_annotations(a_set(labels), f"{tmp_path}/o.csv")
    monkeypatch.setattr("corelate.data.writers.table_text.MAX_LINE", len('a.jpg,"b;') + 4 * 5 + len('",\n') - 1)
    with pytest.raises(DataError, match="row takes 32 characters"):
        write_annotations(a_set(labels), f"{tmp_path}/p.csv")


@pytest.mark.parametrize("label", ["__index_level_0__", "Unnamed: 0"])
@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_labels_that_would_be_taken_for_row_numbers(tmp_path, label, name):
    with pytest.raises(DataError, match=f"the label '{label}' can't be a column.*form=list"):
        write_annotations(a_set((label, "b", "c")), f"{tmp_path}/{name}?form=columns")


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_divisions_that_look_as_marks_are_named(tmp_path, name):
    divided = {"splits": np.array(["1", "", "0"]), "groups": np.array(["1", "2", ""])}
    result = write_annotations(a_set(**divided), f"{tmp_path}/{name}?form=columns")
    assert "split_column=split" in result.spec
    assert "group_column" not in result.spec
    assert load_annotations(result.spec, strict=True).splits.tolist() == ["1", "", "0"]


@pytest.mark.parametrize("labels", [("[a]", "b", "c"), ("b]", "[a", "c"), ("[b]x[/b]", "y", "[z]")])
def test_labels_in_brackets_are_no_list(tmp_path, labels):
    annotations = a_set(labels)
    read = load_annotations(write_annotations(annotations, f"{tmp_path}/o.csv").spec, strict=True)
    assert list(read.vocabulary) == list(labels)
    assert read.targets.dense_places().tolist() == annotations.targets.dense_places().tolist()


def test_split_that_would_be_read_as_a_number_is_refused(tmp_path):
    annotations = a_set(groups=np.array(["1.0", "", "x"]))
    with pytest.raises(DataError, match=r"the group '1\.0' would be read as '1'; write JSON Lines or Parquet"):
        write_annotations(annotations, f"{tmp_path}/o.csv")
    result = write_annotations(annotations, f"{tmp_path}/o.jsonl")
    assert load_annotations(result.spec, strict=True).groups.tolist() == ["1.0", "", "x"]
