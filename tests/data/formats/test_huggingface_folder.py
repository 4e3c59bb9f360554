"""Hugging Face data sets of pictures in files of their own, as the library's pages on image data sets show them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from corelate.data.formats.huggingface_files import split_of_name, splits_of_locations
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError

ROWS = [
    {"file_name": "0001.png", "tags": ["sky", "sea"]},
    {"file_name": "sub/0002.png", "tags": []},
    {"file_name": "0003.png", "tags": ["boat"]},
]


def put(root: Path, *locations: str) -> Path:
    for location in locations:
        (root / location).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 8), "blue").save(root / location)
    return root


def write_metadata(folder: Path, rows, form) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if form == "jsonl":
        (folder / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "metadata.parquet")
    else:
        lines = [",".join(rows[0])]
        for row in rows:
            lines.append(",".join(";".join(cell) if isinstance(cell, list) else str(cell) for cell in row.values()))
        (folder / "metadata.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(params=["jsonl", "parquet", "csv"])
def form(request):
    return request.param


def dense(annotations):
    return annotations.targets.dense().tolist()


# --- with a table ----------------------------------------------------------------------------------------------------


def test_table_beside_pictures(tmp_path, form):
    put(tmp_path, *(row["file_name"] for row in ROWS), "9999.png")
    write_metadata(tmp_path, ROWS, form)
    (tmp_path / "loader.py").write_text("raise SystemExit('must not run')")
    annotations = load_annotations(f"imagefolder:{tmp_path}", strict=True)
    assert annotations.names == ["0001.png", "sub/0002.png", "0003.png"], "what no table names is not part of it"
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert dense(annotations) == [[0, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert annotations.splits is None
    assert {read_image(picture).size for picture in annotations.pictures} == {(12, 8)}


def test_table_in_each_split(tmp_path, form):
    for split in ("train", "validation", "test"):
        put(tmp_path / split, *(row["file_name"] for row in ROWS))
        write_metadata(tmp_path / split, ROWS, form)
    annotations = load_annotations(f"imagefolder:{tmp_path}", strict=True)
    assert len(annotations) == 9
    assert dict.fromkeys(annotations.split_names()) == dict.fromkeys(["test", "train", "validation"])
    assert annotations.split("train").names == ["train/0001.png", "train/sub/0002.png", "train/0003.png"]


def test_one_table_for_all_splits(tmp_path, form):
    rows = [{"file_name": f"{split}/1.png", "tags": ["sky"]} for split in ("train", "test")]
    write_metadata(put(tmp_path, *(row["file_name"] for row in rows)), rows, form)
    assert load_annotations(f"imagefolder:{tmp_path}", strict=True).splits.tolist() == ["train", "test"]


def test_splits_by_names_of_files(tmp_path, form):
    rows = [{"file_name": name, "tags": ["sky"]} for name in ("train-001.png", "train-002.png", "dev-001.png")]
    write_metadata(put(tmp_path, *(row["file_name"] for row in rows)), rows, form)
    annotations = load_annotations(f"imagefolder:{tmp_path}", strict=True)
    assert annotations.splits.tolist() == ["train", "train", "validation"]


def test_other_column_of_file_names(tmp_path, form):
    rows = [{"image_file_name": "1.png", "mask_file_name": "2.png", "tags": ["sky"]}]
    write_metadata(put(tmp_path, "1.png", "2.png"), rows, form)
    with pytest.raises(DataError, match=r"several columns of file names \(image_file_name \(text\), mask_file_name"):
        load_annotations(f"imagefolder:{tmp_path}")
    for column in ("mask", "mask_file_name"):
        assert load_annotations(f"imagefolder:{tmp_path}?image_column={column}", strict=True).names == ["2.png"]


def test_one_column_a_label(tmp_path, form):
    rows = [
        {"file_name": "1.png", "sky": 1, "sea": 0, "width": 12},
        {"file_name": "2.png", "sky": 0, "sea": 1, "width": 12},
    ]
    write_metadata(put(tmp_path, "1.png", "2.png"), rows, form)
    for labels in ("labels=sky,sea", "labels=*&ignore=width"):
        annotations = load_annotations(f"imagefolder:{tmp_path}?{labels}", strict=True)
        assert list(annotations.vocabulary) == ["sky", "sea"]
        assert dense(annotations) == [[1, 0], [0, 1]]
    if form != "csv":  # which has no types
        assert list(load_annotations(f"imagefolder:{tmp_path}?labels=sky", strict=True).vocabulary) == ["sky"]


def test_empty_cells_of_columns_that_are_labels_are_unknown(tmp_path):
    put(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "metadata.csv").write_text("file_name,sky,sea\n1.png,1,\n2.png,,0\n3.png,1.0,True\n")
    assert dense(load_annotations(f"hf:{tmp_path}?labels=*", strict=True)) == [[1, -1], [-1, 0], [1, 1]]


def test_labels_that_are_not_given_are_unknown(tmp_path):
    put(tmp_path, "1.png", "2.png", "3.png", "4.png")
    lines = [
        '{"file_name": "1.png", "tags": ["sky"]}',
        '{"file_name": "2.png"}',
        '{"file_name": "3.png", "tags": null}',
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join([*lines, "", '{"file_name": "4.png", "tags": []}']))
    assert dense(load_annotations(f"hf:{tmp_path}", strict=True)) == [[1], [-1], [-1], [0]]


def test_numbers_with_names(tmp_path, form):
    rows = [{"file_name": "1.png", "label": 2}, {"file_name": "2.png", "label": 0}]
    write_metadata(put(tmp_path, "1.png", "2.png"), rows, form)
    (tmp_path / "names.txt").write_text("sky\nsea\nboat\n")
    annotations = load_annotations(f"hf:{tmp_path}?names=names.txt&labels=label", strict=True)
    assert dense(annotations) == [[0, 0, 1], [1, 0, 0]]


def test_labels_only(tmp_path, form):
    write_metadata(tmp_path, ROWS, form)
    with pytest.raises(DataError, match="3 × missing image"):
        load_annotations(f"hf:{tmp_path}")
    assert len(load_annotations(f"hf:{tmp_path}?labels_only=true", strict=True)) == 3


# --- without a table -------------------------------------------------------------------------------------------------


def test_folders_are_labels(tmp_path):
    put(tmp_path, "train/dog/1.png", "train/cat/2.png", "test/cat/3.png", ".cache/x/4.png", "__MACOSX/x/5.png")
    annotations = load_annotations(f"imagefolder:{tmp_path}", strict=True)
    assert list(annotations.vocabulary) == ["cat", "dog"]
    assert dict(zip(annotations.names, annotations.splits.tolist(), strict=True)) == {
        "train/dog/1.png": "train",
        "train/cat/2.png": "train",
        "test/cat/3.png": "test",
    }
    assert annotations.labels_of(annotations.names.index("train/dog/1.png")) == ["dog"]


def test_folders_are_labels_without_splits(tmp_path):
    annotations = load_annotations(f"imagefolder:{put(tmp_path, 'dog/1.png', 'cat/test.png')}", strict=True)
    assert annotations.splits is None
    assert [annotations.labels_of(row) for row in range(2)] == [["cat"], ["dog"]]


@pytest.mark.parametrize(
    ("locations", "odd"),
    [
        (["1.png", "2.png"], "1.png"),
        (["train/1.png", "train/2.png"], "train/1.png"),
        (["cat/1.png", "2.png"], "2.png"),
        (["train/cat/1.png", "train/dog/puppy/2.png"], "train/cat/1.png"),
    ],
)
def test_pictures_without_labels_are_refused(tmp_path, locations, odd):
    with pytest.raises(DataError, match=f"not all in folders of labels at one depth.*one that is not: {odd}"):
        load_annotations(f"imagefolder:{put(tmp_path, *locations)}")


def test_folder_without_pictures(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"holds no pictures, no metadata\.csv, .* and no Arrow or Parquet files"):
        load_annotations(f"hf:{tmp_path}")


# --- splits by name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *(("train", "train"), ("training", "train"), ("train-001.png", "train"), ("my_train_set", "train")),
        *(("valid", "validation"), ("val2017", "validation"), ("dev.png", "validation"), ("x 0val", "validation")),
        *(("test", "test"), ("eval", "test"), ("a.evaluation.b", "test"), ("testing-1", "test")),
        *(("trains", None), ("mytrain", None), ("attest.png", None), ("contest_1", None), ("values", None), ("", None)),
    ],
)
def test_words_of_splits_stand_by_themselves(name, split):
    assert split_of_name(name) == split


@given(st.lists(st.text(max_size=12)))
def test_any_names_have_one_split_or_none(names):
    assert all(split in (None, "train", "validation", "test") for split in splits_of_locations(names))


def test_folders_come_before_names_and_names_count_together_only():
    assert splits_of_locations(["train/test-1.png", "other/test-2.png"]) == ["train", None]
    assert splits_of_locations(["test-1.png", "train-2.png"]) == ["test", "train"]
    assert splits_of_locations(["test-1.png", "strip.png"]) == [None, None]
    assert splits_of_locations([]) == []


# --- tables that are not as they should be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../secret.png", "leaves the folder"),
        ("sub/../../secret.png", "leaves the folder"),
        ("/etc/passwd", "is an absolute path"),
        ("C:/secret.png", "is an absolute path"),
        ("..\\secret.png", "leaves the folder"),
        ("https://example.org/1.png", "is an address"),
        ("file:///etc/passwd", "is an address"),
        ("gone.png", "missing image"),
        ("", "is empty"),
    ],
)
def test_files_outside_are_not_read(tmp_path, form, name, problem):
    """What leaves the folder of the table is refused, even where it stays in that of the data set."""
    put(tmp_path, "secret.png", "train/1.png", "train/sub/2.png")
    write_metadata(
        tmp_path / "train", [{"file_name": "1.png", "tags": ["a"]}, {"file_name": name, "tags": ["a"]}], form
    )
    annotations = load_annotations(f"hf:{tmp_path}")
    assert annotations.names == ["train/1.png"]
    assert problem in annotations.problems.report()
    assert f"train/metadata.{form}, {'row 1' if form == 'parquet' else 'line 2' if form == 'jsonl' else 'line 3'}" in (
        annotations.problems.report()
    )


def test_picture_listed_twice(tmp_path, form):
    rows = [{"file_name": "1.png", "tags": ["a"]}, {"file_name": "./1.png", "tags": ["b"]}]
    write_metadata(put(tmp_path, "1.png"), rows, form)
    annotations = load_annotations(f"hf:{tmp_path}")
    assert annotations.problems.counts() == {"picture listed more than once: first kept": 1}
    assert annotations.labels_of(0) == ["a"]


def test_lists_in_a_csv_file(tmp_path):
    put(tmp_path, "1.png", "2.png", "3.png")
    lines = ["file_name,labels", '1.png,"[2, 0]"', '2.png,"[""sea"", ""2""]"', "3.png,0;9"]
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    (tmp_path / "names.txt").write_text("sky\nsea\nboat\n")
    annotations = load_annotations(f"hf:{tmp_path}?names=names.txt")
    assert dense(annotations) == [[1, 0, 1], [0, 1, 1], [1, 0, 0]]
    assert (
        annotations.problems.report()
        == "1 × label not in the vocabulary: label dropped: 9 (metadata.csv, line 4, 3.png)"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[]", "line is not as expected: row left out: expected an object, found a list"),
        ('{"file_name": "1.png", "tags": ["a"]', "line is not as expected: row left out: not JSON"),
        ('{"file_name": "1.png", "tags": [NaN]}', "NaN is not allowed"),
        ("[" * 100_000, "line is not as expected: row left out: nested too deeply"),
        ('{"file_name": 3, "tags": ["a"]}', "picture name can't be used: picture left out: 3 is not text"),
        ('{"tags": ["a"]}', "None is not text"),
        (
            '{"file_name": "1.png", "tags": "a"}',
            "labels are not as expected: picture left out: expected a list of labels",
        ),
        ('{"file_name": "1.png", "tags": [3]}', "label is not text: label dropped: 3"),
        ('{"file_name": "1.png", "tags": [["a"]]}', "label is not text: label dropped: ['a']"),
        ('{"file_name": "\\ud800.png", "tags": ["a"]}', "holds control characters"),
    ],
)
def test_bad_lines_are_problems_and_the_others_are_read(tmp_path, line, problem):
    put(tmp_path, "1.png", "2.png", "3.png")
    good = [json.dumps({"file_name": f"{number}.png", "tags": ["sky"]}) for number in (2, 3)]
    (tmp_path / "metadata.jsonl").write_text("\n".join([good[0], line, good[1]]))
    annotations = load_annotations(f"hf:{tmp_path}")
    assert {"2.png", "3.png"} <= set(annotations.names)
    assert problem in annotations.problems.report()
    assert "metadata.jsonl, line 2" in annotations.problems.report()
    assert len(annotations.problems) == 1


@pytest.mark.parametrize(
    ("file", "content", "error", "message"),
    [
        ("metadata.jsonl", b"nonsense\n" * 5, DataError, r"metadata\.jsonl, line 1: not JSON .*; expected an object"),
        ("metadata.jsonl", b"\xff\xfe", DataError, r"metadata\.jsonl, line 1: byte 0xff is not utf-8"),
        ("metadata.jsonl", b"", DataError, "no column file_name; its columns are: none"),
        ("metadata.jsonl", b'{"name": "x", "tags": ["a"]}', DataError, "no column file_name; its columns are: name"),
        (
            "metadata.jsonl",
            b'{"file_name": "x", "a": ["x"], "b": ["y"]}',
            DataError,
            "several columns may hold the labels: a",
        ),
        ("metadata.jsonl", b'{"file_name": "x", "a": {"b": 1}}', DataError, r"no column that must be .* a \(something"),
        ("metadata.csv", b"", DataError, r"metadata\.csv: empty"),
        ("metadata.csv", b'file_name,labels\n"x,y\n', DataError, r"metadata\.csv, line 2: not a proper table"),
        ("metadata.csv", b"file_name,labels\nb\xe4r.png,x\n", DataError, "line 2: byte 0xe4 is not utf-8"),
        ("metadata.csv", b"file_name,a,a\n", DataError, "more than one column is named 'a'"),
        ("metadata.parquet", b"nonsense", DataError, r"metadata\.parquet: not a readable Parquet file"),
    ],
)
def test_broken_tables_are_one_clear_error(tmp_path, file, content, error, message):
    (put(tmp_path, "x.png") / file).write_bytes(content)
    with pytest.raises(error, match=message):
        load_annotations(f"hf:{tmp_path}")


def test_rows_of_another_length(tmp_path):
    put(tmp_path, "1.png", "2.png")
    (tmp_path / "metadata.csv").write_text("\ufefffile_name,labels\n1.png,sky\n2.png,sky,sea\n")
    annotations = load_annotations(f"hf:{tmp_path}")
    assert annotations.names == ["1.png"]
    report = annotations.problems.report()
    assert (
        "row does not have as many cells as the header: row left out: 3 cells, not 2 (metadata.csv, line 3)" in report
    )


def test_unknown_column(tmp_path, form):
    write_metadata(put(tmp_path, "0001.png"), ROWS, form)
    with pytest.raises(OptionError, match="labels='gone': no such column; columns are: tags"):
        load_annotations(f"hf:{tmp_path}?labels=gone")


def test_encoding_of_a_table(tmp_path):
    put(tmp_path, "1.png")
    (tmp_path / "metadata.csv").write_bytes("file_name,tags\n1.png,café\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 2.*encoding=latin-1"):
        load_annotations(f"imagefolder:{tmp_path}")
    assert load_annotations(f"imagefolder:{tmp_path}?encoding=latin-1", strict=True).labels_of(0) == ["café"]
