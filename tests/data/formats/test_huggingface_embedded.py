"""Hugging Face data sets saved to disk and as Parquet, made with pyarrow as the library writes them."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from corelate.data.formats import huggingface_embedded
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import CorelateError, DataError, OptionError

NAMES = ["sky", "sea", "boat"]
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CLASS = {"names": NAMES, "_type": "ClassLabel"}


def value(kind):
    return {"dtype": kind, "_type": "Value"}


def of(feature):
    return {"feature": feature, "_type": "List"}


TYPES = {
    "image": (PICTURE, {"_type": "Image"}),
    "labels": (pa.list_(pa.int64()), of(CLASS)),
    "tags": (pa.list_(pa.string()), of(value("string"))),
    "label": (pa.int64(), CLASS),
    "hot": (pa.list_(pa.bool_()), of(value("bool"))),
    "numbers": (pa.list_(pa.int64()), of(value("int64"))),
    "caption": (pa.string(), value("string")),
    "sky": (pa.bool_(), value("bool")),
    "sea": (pa.int8(), value("int8")),
    "id": (pa.int64(), value("int64")),
}


def picture(number=0):
    file = io.BytesIO()
    Image.new("RGB", (10 + number, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def cell(number, path="default"):
    """A picture that is 10 + number pixels wide."""
    return {"bytes": picture(number), "path": f"{number}.jpg" if path == "default" else path}


def table(pictures=None, features=None, **columns):
    """A table with its features in the metadata of its schema."""
    count = len(next(iter(columns.values())))
    columns = {"image": [cell(n) for n in range(count)] if pictures is None else pictures, **columns}
    if features is None:
        features = {name: TYPES[name][1] for name in columns}
    schema = pa.schema([(name, TYPES[name][0]) for name in columns])
    metadata = {"huggingface": json.dumps({"info": {"features": features}})} if features else {}
    arrays = [pa.array(values, TYPES[name][0]) for name, values in columns.items()]
    return pa.Table.from_arrays(arrays, schema=schema.with_metadata(metadata))


def write_arrow(file: Path, data, batch=None):
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data, max_chunksize=batch)


def save(root: Path, data, *, shards=1, batch=None, info=None, state=None) -> Path:
    """Write one split as ``save_to_disk`` does, `batch` rows to a record batch."""
    root.mkdir(parents=True, exist_ok=True)
    files = [f"data-{shard:05}-of-{shards:05}.arrow" for shard in range(shards)]
    step = -(-len(data) // shards)
    for shard, file in enumerate(files):
        write_arrow(root / file, data.slice(shard * step, step), batch)
    features = json.loads((data.schema.metadata or {}).get(b"huggingface", b'{"info": {}}'))["info"].get("features")
    usual = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
    (root / "dataset_info.json").write_text(json.dumps(usual | (info or {})))
    entries = {"_data_files": [{"filename": file} for file in files], "_fingerprint": "0", "_split": None}
    (root / "state.json").write_text(json.dumps(entries | (state or {})))
    return root


def save_splits(root: Path, **splits) -> Path:
    for name, data in splits.items():
        save(root / name, data)
    (root / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}))
    return root


def save_parquet(root: Path, files, row_group_size=100) -> Path:
    for location, data in files.items():
        (root / location).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(data, root / location, row_group_size=row_group_size)
    return root


@pytest.fixture(params=["arrow", "parquet"])
def write(request, tmp_path):
    """Write one table in either form, and return its folder."""
    if request.param == "arrow":
        return lambda data: save(tmp_path / "set", data)
    return lambda data: save_parquet(tmp_path / "set", {"data/train-00000-of-00001.parquet": data})


def widths(annotations):
    return [read_image(reference).width for reference in annotations.pictures]


def dense(annotations):
    return annotations.targets.dense().tolist()


# --- the official layouts --------------------------------------------------------------------------------------------


def test_saved_splits(tmp_path):
    train, test = table(labels=[[0, 1], [], [2]]), table([cell(7)], labels=[[1]])
    root = save_splits(tmp_path, train=train, test=test)
    (root / "loading_script.py").write_text("raise SystemExit('must not run')")
    annotations = load_annotations(f"hf:{root}", strict=True)
    assert list(annotations.vocabulary) == NAMES
    assert dense(annotations) == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert annotations.names == ["0.jpg", "1.jpg", "2.jpg", "7.jpg"]
    assert widths(annotations) == [10, 11, 12, 17]
    assert len(load_annotations(f"hf:{root}?split=test")) == 1
    assert load_annotations(f"hf:{root}/train", strict=True).splits is None


def test_saved_in_several_files_and_batches(tmp_path):
    root = save(tmp_path, table(labels=[[n % 3] for n in range(20)]), shards=3, batch=3)
    annotations = load_annotations(f"huggingface:{root}", strict=True)
    assert widths(annotations) == list(range(10, 30))
    assert [annotations.labels_of(row) for row in range(20)] == [[NAMES[row % 3]] for row in range(20)]


def test_parquet_of_the_hub(tmp_path):
    data = table(labels=[[n % 3] for n in range(12)])
    files = {
        "data/train-00000-of-00002.parquet": data.slice(0, 6),
        "data/train-00001-of-00002-0123456789abcdef.parquet": data.slice(6, 4),
        "data/validation-00000-of-00001.parquet": data.slice(10, 2),
    }
    root = save_parquet(tmp_path, files, row_group_size=4)
    (root / "README.md").write_text("---\ndataset_info:\n  features: nonsense\n---\n")
    annotations = load_annotations(f"hf:{root}", strict=True)
    assert annotations.splits.tolist() == ["train"] * 10 + ["validation"] * 2
    assert widths(annotations) == list(range(10, 22))
    assert [annotations.labels_of(row) for row in range(12)] == [[NAMES[row % 3]] for row in range(12)]


@pytest.mark.parametrize(
    ("location", "split"),
    [
        ("default/train/0000.parquet", "train"),
        ("default/my_split/0000.parquet", "my_split"),
        ("train/0000.parquet", "train"),
        ("train.parquet", "train"),
        ("my_test.parquet", "test"),
        ("data/dev-1.parquet", "validation"),
        ("data/anything-00000-of-00001.parquet", "anything"),
        ("data/0000.parquet", None),
        ("pictures.parquet", None),
    ],
)
def test_splits_of_parquet_files(tmp_path, location, split):
    annotations = load_annotations(f"hf:{save_parquet(tmp_path, {location: table(label=[1])})}", strict=True)
    assert annotations.split_names() == ([split] if split else [])


def test_several_configurations_are_refused(tmp_path):
    files = {"small/train-00000-of-00001.parquet": table(label=[1]), "large/train/0000.parquet": table(label=[1])}
    with pytest.raises(DataError, match=r"several data sets or configurations \(large, small\)"):
        load_annotations(f"hf:{save_parquet(tmp_path, files)}")
    assert len(load_annotations(f"hf:{tmp_path}/small")) == 1


def test_single_files(tmp_path):
    save_splits(tmp_path, train=table(label=[1]))
    save_parquet(tmp_path, {"test-00000-of-00001.parquet": table(label=[2])})
    assert dense(load_annotations(f"hf:{tmp_path}/train/data-00000-of-00001.arrow", strict=True)) == [[0, 1, 0]]
    parquet = load_annotations(f"hf:{tmp_path}/test-00000-of-00001.parquet", strict=True)
    assert (dense(parquet), parquet.split_names()) == ([[0, 0, 1]], ["test"])


def test_cache_of_the_library(tmp_path):
    write_arrow(tmp_path / "imagefolder-train.arrow", table(label=[0]))
    write_arrow(tmp_path / "imagefolder-test-00000-of-00001.arrow", table([cell(5)], label=[1]))
    write_arrow(tmp_path / "cache-0123456789abcdef.arrow", table(label=[2]))
    annotations = load_annotations(f"hf:{tmp_path}", strict=True)
    assert dict(zip(annotations.names, annotations.splits, strict=True)) == {"0.jpg": "train", "5.jpg": "test"}


def test_snapshot_of_links_is_read(tmp_path):
    data = save_parquet(tmp_path / "blobs", {"0a1b": table(label=[1])})
    (tmp_path / "snapshot" / "data").mkdir(parents=True)
    (tmp_path / "snapshot" / "data" / "train-00000-of-00001.parquet").symlink_to(data / "0a1b")
    assert widths(load_annotations(f"hf:{tmp_path}/snapshot", strict=True)) == [10]


# --- kinds of label columns ------------------------------------------------------------------------------------------

UNKNOWN = [-1, -1, -1]


@pytest.mark.parametrize(
    ("column", "cells", "option", "expected"),
    [
        ("labels", [[2, 0], [], None], "", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
        ("label", [1, -1, None], "", [[0, 1, 0], UNKNOWN, UNKNOWN]),
        ("tags", [["sky", "boat"], [], None], "names=names.txt", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
        ("hot", [[True, False, True], [None, True, False], None], "names=names.txt", [[1, 0, 1], [-1, 1, 0], UNKNOWN]),
        ("numbers", [[2, 0], [], None], "names=names.txt&labels=numbers", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
        (
            "numbers",
            [[1, 0, 1], [0, None, 1], None],
            "names=names.txt&labels=numbers&multi_hot=true",
            [[1, 0, 1], [0, -1, 1], UNKNOWN],
        ),
        ("labels", [[1, 0, 1], [0, 0, 0], None], "multi_hot=true", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
        ("id", [2, 0, None], "names=names.txt&labels=id", [[0, 0, 1], [1, 0, 0], UNKNOWN]),
        ("caption", ["sky; boat;", "", None], "names=names.txt&labels=caption", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
        (
            "caption",
            ["sky|boat", "sea", None],
            "names=names.txt&labels=caption&separator=pipe",
            [[1, 0, 1], [0, 1, 0], UNKNOWN],
        ),
        ("caption", ['["sky", "boat"]', "[]", None], "names=names.txt&labels=caption", [[1, 0, 1], [0, 0, 0], UNKNOWN]),
    ],
)
def test_kinds_of_labels(write, column, cells, option, expected):
    root = write(table(**{column: cells}))
    (root / "names.txt").write_text("\n".join(NAMES))
    annotations = load_annotations(f"hf:{root}?{option}".rstrip("?"), strict=True)
    assert list(annotations.vocabulary) == NAMES
    assert dense(annotations) == expected


def test_order_of_a_list_is_kept(write):
    annotations = load_annotations(f"hf:{write(table(labels=[[2, 0]]))}", strict=True)
    assert annotations.targets.dense_places().tolist() == [[2, 0, 1]]


def test_found_labels_are_sorted(write):
    assert list(load_annotations(f"hf:{write(table(tags=[['b'], ['c', 'a']]))}", strict=True).vocabulary) == [
        "a",
        "b",
        "c",
    ]


def test_one_column_a_label(write):
    root = write(table(sky=[True, False, None], sea=[1, None, 0], id=[1, 0, 1]))
    chosen = load_annotations(f"hf:{root}?labels=sea,sky", strict=True)
    assert list(chosen.vocabulary) == ["sea", "sky"]
    assert dense(chosen) == [[1, 1], [-1, 0], [0, -1]]
    every = load_annotations(f"hf:{root}?labels=*", strict=True)
    assert list(every.vocabulary) == ["sky", "sea", "id"]
    assert dense(load_annotations(f"hf:{root}?labels=*&ignore=id,sea", strict=True)) == [[1], [0], [-1]]
    assert dense(load_annotations(f"hf:{root}?labels=sea", strict=True)) == [[1], [-1], [0]]


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": CLASS, "_type": "Sequence"},
        {"feature": CLASS, "length": -1, "id": None, "_type": "Sequence"},
        {"feature": CLASS, "_type": "LargeList"},
        [CLASS],
        {"feature": {"num_classes": 3, "names": NAMES, "id": None, "_type": "ClassLabel"}, "_type": "List"},
    ],
)
def test_lists_of_classes_of_all_versions(write, feature):
    data = table(labels=[[1]], features={"image": {"_type": "Image"}, "labels": feature})
    assert dense(load_annotations(f"hf:{write(data)}", strict=True)) == [[0, 1, 0]]


@pytest.mark.parametrize("kind", [pa.list_(pa.float32(), 3), pa.large_list(pa.uint8()), pa.list_(pa.bool_(), 3)])
def test_marks_in_lists_of_other_types(write, kind, monkeypatch):
    monkeypatch.setitem(TYPES, "hot", (kind, of(value("x"))))
    marks = [True, False] if pa.types.is_boolean(kind.value_type) else [1, 0]
    root = write(table(hot=[[marks[0], marks[1], marks[0]], None, [marks[1], marks[1], marks[0]]]))
    (root / "names.txt").write_text("\n".join(NAMES))
    annotations = load_annotations(f"hf:{root}?names=names.txt&labels=hot&multi_hot=true", strict=True)
    assert dense(annotations) == [[1, 0, 1], UNKNOWN, [0, 0, 1]]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.one_of(st.none(), st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3))))
def test_marks_are_the_same_in_any_piece(tmp_path_factory, rows):
    rows = [*rows, [True, False, None]]
    root = save(tmp_path_factory.mktemp("set"), table(hot=rows), batch=2)
    (root / "names.txt").write_text("\n".join(NAMES))
    numbers = {True: 1, False: 0, None: -1}
    expected = [UNKNOWN if row is None else [numbers[mark] for mark in row] for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(huggingface_embedded, "_CELLS", 3)
        assert dense(load_annotations(f"hf:{root}?names=names.txt")) == expected


def test_lists_of_marks_taken_for_numbers_are_refused(write):
    root = write(table(labels=[[1, 0, 1], [0, 0, 0]]))
    with pytest.raises(DataError, match=r"column labels .* all of them 0 or 1; .* multi_hot=true"):
        load_annotations(f"hf:{root}")


def test_classes_numbered_differently_in_two_splits(tmp_path):
    other = {"image": {"_type": "Image"}, "label": {"names": ["boat", "sky", "sea"], "_type": "ClassLabel"}}
    root = save_splits(tmp_path, train=table(label=[0]), test=table([cell(1)], label=[0], features=other))
    annotations = load_annotations(f"hf:{root}", strict=True)
    assert [annotations.labels_of(0), annotations.labels_of(1)] == [["sky"], ["boat"]]


# --- which columns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "option", "error", "message"),
    [
        (
            {"labels": [[1]], "tags": [["x"]]},
            "",
            DataError,
            r"several columns may hold the labels: labels \(lists of cl.*tags",
        ),
        ({"caption": ["x"], "id": [1]}, "", DataError, r"no column that must be .* caption \(text\), id \(numbers\)"),
        ({"label": [1]}, "labels=gone", OptionError, r"labels='gone': no such column; columns are: label \(a class\)"),
        ({"label": [1]}, "image_column=gone", OptionError, "image_column='gone': no such column"),
        ({"label": [1]}, "image_column=label", DataError, "neither pictures nor their paths"),
        ({"label": [1]}, "labels=*", DataError, "no column of 1 and 0"),
        ({"sky": [True]}, "labels=*&ignore=sea", OptionError, "ignore='sea': no such column"),
        ({"numbers": [[1]]}, "labels=numbers", DataError, r"column numbers \(lists of numbers\) needs the names"),
        ({"hot": [[True]]}, "", DataError, "needs the names of the labels"),
        ({"tags": [["x"]]}, "separator=xy", OptionError, "separator 'xy'"),
        ({"tags": [["x"]]}, "names=gone.txt", DataError, "gone.txt: No such file"),
        ({"tags": [[], None]}, "", DataError, "no picture has a label"),
    ],
)
def test_columns_that_can_not_be_told(write, columns, option, error, message):
    with pytest.raises(error, match=message):
        load_annotations(f"hf:{write(table(**columns))}?{option}".rstrip("?"))


def test_several_columns_of_pictures(write, monkeypatch):
    monkeypatch.setitem(TYPES, "mask", TYPES["image"])
    root = write(table([cell(1)], mask=[cell(2)], label=[1]))
    with pytest.raises(DataError, match=r"several columns of pictures: image \(pictures\), mask"):
        load_annotations(f"hf:{root}")
    assert widths(load_annotations(f"hf:{root}?image_column=mask", strict=True)) == [12]


def test_no_column_of_pictures(write):
    with pytest.raises(DataError, match="no column of pictures among label"):
        load_annotations(f"hf:{write(table(label=[1]).drop_columns('image'))}")


def test_pictures_as_bytes_alone(write, monkeypatch):
    monkeypatch.setitem(TYPES, "image", (pa.binary(), value("binary")))
    annotations = load_annotations(f"hf:{write(table([picture(3)], label=[1]))}", strict=True)
    assert widths(annotations) == [13]
    assert annotations.names[0].endswith("/0")


def test_files_that_differ_are_refused(tmp_path):
    root = save_splits(tmp_path, train=table(label=[1]), test=table(tags=[["sky"]]))
    with pytest.raises(
        DataError, match=r"test/data.*: has no column label \(a class\) as the first file has, but tags"
    ):
        load_annotations(f"hf:{root}")
    other = {"image": {"_type": "Image"}, "label": {"names": ["cat"], "_type": "ClassLabel"}}
    save(root / "test", table(label=[0], features=other))
    with pytest.raises(DataError, match="its classes are not those of train/data"):
        load_annotations(f"hf:{root}")


# --- names of pictures, and pictures in files of their own -----------------------------------------------------------


def test_names_that_are_not_their_own_become_places(tmp_path):
    paths = [
        "a.jpg",
        "same.jpg",
        "same.jpg",
        None,
        "../../out.jpg",
        "/abs/x.jpg",
        "https://x/y.jpg",
        "C:\\x.jpg",
        "s/u.jpg",
    ]
    root = save(tmp_path / "set", table([cell(n, path) for n, path in enumerate(paths)], label=[0] * 9))
    annotations = load_annotations(f"hf:{root}", strict=True)
    place = "data-00000-of-00001.arrow"
    assert annotations.names == ["a.jpg", *(f"{place}/{n}" for n in range(1, 8)), "s/u.jpg"]
    assert widths(annotations) == list(range(10, 19))


def test_same_name_in_two_splits(tmp_path):
    root = save_splits(tmp_path, train=table(label=[0]), test=table([cell(4, "0.jpg")], label=[1]))
    annotations = load_annotations(f"hf:{root}", strict=True)
    assert annotations.names == ["train/data-00000-of-00001.arrow/0", "test/data-00000-of-00001.arrow/0"]
    assert widths(annotations) == [10, 14]


def test_path_that_looks_like_a_place_takes_no_other_picture(tmp_path):
    places = ["data-00000-of-00001.arrow/1", None]
    root = save(tmp_path, table([cell(n, path) for n, path in enumerate(places)], label=[0, 1]))
    annotations = load_annotations(f"hf:{root}")
    assert widths(annotations) == [10]
    assert annotations.problems.counts() == {"picture listed more than once: first kept": 1}


@pytest.mark.parametrize("rows", [["out"], ["in", "out", "out"], ["out", "in", "out"]])
def test_pictures_in_files_of_their_own(write, rows):
    pictures = [{"bytes": None, "path": f"files/{n}.jpg"} if row == "out" else cell(n) for n, row in enumerate(rows)]
    root = write(table(pictures, label=[1] * len(rows)))
    (root / "files").mkdir()
    for number in range(3):
        (root / "files" / f"{number}.jpg").write_bytes(picture(number))
    assert widths(load_annotations(f"hf:{root}", strict=True)) == [10 + n for n in range(len(rows))]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("../secret.jpg", "leaves the folder"),
        ("files/../../secret.jpg", "leaves the folder"),
        ("..\\secret.jpg", "leaves the folder"),
        ("/etc/passwd", "is an absolute path"),
        ("C:\\secret.jpg", "is an absolute path"),
        ("https://example.org/1.jpg", "is an address"),
        ("file:///etc/passwd", "is an address"),
        ("gone.jpg", "missing image: picture left out: gone.jpg"),
        ("", "neither bytes nor path"),
        (None, "neither bytes nor path"),
    ],
)
def test_files_outside_are_not_read(write, tmp_path, path, problem):
    (tmp_path / "secret.jpg").write_bytes(picture())
    root = write(table([{"bytes": None, "path": path}, cell(1)], label=[0, 1]))
    annotations = load_annotations(f"hf:{root}")
    assert annotations.names == ["1.jpg"]
    assert problem in annotations.problems.report()
    assert "row 0" in annotations.problems.report()


def test_labels_only_keeps_missing_files(write):
    root = write(table([{"bytes": None, "path": "gone.jpg"}], label=[1]))
    assert dense(load_annotations(f"hf:{root}?labels_only=true", strict=True)) == [[0, 1, 0]]


def test_references_can_be_sent_to_another_process(write):
    annotations = load_annotations(f"hf:{write(table(label=[0, 1]))}")
    sent = pickle.loads(pickle.dumps(list(annotations.pictures)))
    assert [read_image(reference).width for reference in sent] == [10, 11]


def test_pictures_are_not_read_for_their_labels(tmp_path, monkeypatch):
    """Only the columns that are needed are unpacked of a Parquet file."""
    root = save_parquet(tmp_path, {"train.parquet": table(labels=[[1]] * 10)})
    asked = []
    read = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile,
        "iter_batches",
        lambda *args, columns, **options: asked.append(columns) or read(*args, columns=columns, **options),
    )
    load_annotations(f"hf:{root}", strict=True)
    assert asked == [["image.bytes"], ["labels", "image.path"]], "of the bytes only the first row's"


# --- rows that are not as they should be -----------------------------------------------------------------------------


LEFT_OUT = "labels are not as expected: picture left out"
GOOD = {"label": 1, "labels": [1], "tags": ["sea"], "hot": [False, True, False], "sea": 1, "caption": "sea"}


@pytest.mark.parametrize(
    ("column", "bad", "kind", "message"),
    [
        ("label", 3, LEFT_OUT, "3 is none of the numbers 0 to 2"),
        ("label", -2, LEFT_OUT, "-2 is none of"),
        ("labels", [0, 3], "number stands for no label: label dropped", "3, not 0 to 2"),
        ("labels", [0, None], "number stands for no label: label dropped", "None, not 0 to 2"),
        ("tags", ["sky", None], "label is not text: label dropped", "None"),
        ("tags", ["sky", "cloud"], "label not in the vocabulary: label dropped", "cloud"),
        ("hot", [True], LEFT_OUT, "1 marks for 3 labels"),
        ("sea", 2, LEFT_OUT, "the mark of sea is not 1, 0 or empty"),
        ("caption", "['sky', 'sea']", LEFT_OUT, "looks like a list, but is not one in JSON"),
    ],
)
def test_bad_cells_are_problems_with_file_and_row(write, column, bad, kind, message):
    root = write(table(**{column: [GOOD[column], bad, GOOD[column]]}))
    (root / "names.txt").write_text("\n".join(NAMES))
    option = "labels=sea" if column == "sea" else f"names=names.txt&labels={column}"
    annotations = load_annotations(f"hf:{root}?{option}")
    assert annotations.problems.counts() == {kind: 1}
    assert message in annotations.problems.report()
    assert ", row 1" in annotations.problems.report()
    assert len(annotations) == (2 if kind == LEFT_OUT else 3)


# --- files that are not as they should be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("state.json", "[]", r"state\.json: expected a JSON object, found a list"),
        ("state.json", "{}", r"state\.json: expected a list '_data_files', found null"),
        ("state.json", '{"_data_files": [{"filename": "../../x.arrow"}]}', r"names \.\./\.\./x\.arrow, which leaves"),
        ("state.json", '{"_data_files": [{"filename": "/etc/passwd"}]}', "names /etc/passwd, which is an absolute"),
        ("state.json", '{"_data_files": [{"filename": 3}]}', "expected the name of a file, found a number"),
        ("state.json", '{"_data_files": ["x"]}', "expected the name of a file, found null"),
        ("state.json", '{"_data_files": [{"filename": "gone.arrow"}]}', r"gone\.arrow: not a readable Arrow stream"),
        ("state.json", '{"_data_files": []}', "has no files of data"),
        ("state.json", '{"_indices_data_files": [{"filename": "x"}], "_data_files": []}', "chosen by a further file"),
        ("state.json", "{" * 10, r"state\.json, line 1, column 2: not JSON"),
        ("dataset_info.json", '{"features": []}', r"dataset_info\.json: 'features' must be an object, found a list"),
        (
            "dataset_info.json",
            '{"features": {"label": {"_type": "ClassLabel", "names": [1]}}}',
            "classes of column label must be",
        ),
        (
            "dataset_info.json",
            '{"features": {"label": {"_type": "ClassLabel", "names": "x"}}}',
            "must be a list of text",
        ),
        ("dataset_info.json", '{"features": {"label": {"_type": "ClassLabel"}}}', "must be a list of text"),
        (
            "dataset_info.json",
            '{"features": {"label": {"_type": "ClassLabel", "names": ["a", "a"]}}}',
            "labels twice: a",
        ),
        (
            "dataset_info.json",
            '{"features": {"label": {"_type": "ClassLabel", "names": ["a\\u0000"]}}}',
            "label number 1",
        ),
        ("dataset_info.json", "", r"dataset_info\.json, line 1, column 1: not JSON"),
        ("data-00000-of-00001.arrow", "", r"arrow: not a readable Arrow stream \(the file is empty\)"),
        ("data-00000-of-00001.arrow", "ARROW1\0\0" * 9, "not a readable Arrow stream"),
    ],
)
def test_hostile_files_are_one_clear_error(tmp_path, file, content, message):
    root = save(tmp_path / "set", table(label=[1]))
    (root / file).write_text(content)
    with pytest.raises(DataError, match=message):
        load_annotations(f"hf:{root}")


@pytest.mark.parametrize("splits", ['["../other"]', '["/etc"]', '["a/b"]', "[3]", '"train"', "null", '["gone"]'])
def test_hostile_splits_are_one_clear_error(tmp_path, splits):
    root = save_splits(tmp_path / "set", train=table(label=[1]))
    save(tmp_path / "other", table(label=[1]))
    (root / "dataset_dict.json").write_text(f'{{"splits": {splits}}}')
    with pytest.raises(DataError, match=str(root)):
        load_annotations(f"hf:{root}")


def test_hostile_schema_metadata(tmp_path):
    for metadata in (b"{", b"[]", b'{"info": {"features": 3}}', b"\xff"):
        data = table(label=[1]).replace_schema_metadata({b"huggingface": metadata})
        with pytest.raises(DataError, match="schema metadata 'huggingface'"):
            load_annotations(f"hf:{save_parquet(tmp_path, {'train.parquet': data})}")


def test_no_parquet_file(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(DataError, match=r"train\.parquet: not a readable Parquet file"):
        load_annotations(f"hf:{tmp_path}")
    with pytest.raises(DataError, match=r"train\.parquet: not a readable Parquet file"):
        load_annotations(f"hf:{tmp_path}/train.parquet")


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=8)), max_size=4),
    end=st.integers(0, 10_000),
)
@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_damaged_files_are_errors_or_read_whole(tmp_path_factory, form, cuts, end):
    """No damage does more than an error of the project's own, when labels are read and when pictures are."""
    root = tmp_path_factory.mktemp("set")
    data = table([cell(n) for n in range(4)], labels=[[0], [1, 2], [], [2]])
    if form == "arrow":
        file = save(root, data, batch=2) / "data-00000-of-00001.arrow"
    else:
        file = save_parquet(root, {"train.parquet": data}, row_group_size=2) / "train.parquet"
    content = bytearray(file.read_bytes())
    for place, damage in cuts:
        position = place % len(content)
        content[position : position + len(damage)] = damage
    file.write_bytes(content[: end if end < len(content) and end % 5 == 0 else None])
    try:
        annotations = load_annotations(f"hf:{root}")
        for reference in annotations.pictures:
            reference.read()
    except CorelateError:
        pass


def test_lists_that_lead_out_of_an_arrow_file(tmp_path):
    root = save(tmp_path, table(labels=[[0], [1, 2], [0]]))
    file = root / "data-00000-of-00001.arrow"
    offsets = b"".join(offset.to_bytes(4, "little") for offset in (0, 1, 3, 4))
    content = file.read_bytes()
    assert content.count(offsets) == 1
    file.write_bytes(content.replace(offsets, offsets[:-4] + (1 << 28).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"arrow: damaged after 3 rows"):
        load_annotations(f"hf:{root}")


def test_rows_without_end_are_refused(tmp_path, monkeypatch):
    from corelate.data.formats import huggingface_shards

    monkeypatch.setattr(huggingface_shards, "MAX_ROWS", 3)
    for root in (
        save(tmp_path / "a", table(label=[1] * 4), batch=2),
        save_parquet(tmp_path / "b", {"x.parquet": table(label=[1] * 4)}),
    ):
        with pytest.raises(DataError, match="has over 3 rows, not read"):
            load_annotations(f"hf:{root}")


def test_column_names_that_are_no_text(write):
    root = write(table(label=[1], caption=["x"]))
    for file in root.rglob("*-of-*"):
        file.write_bytes(file.read_bytes().replace(b"caption", b"cap\xfftion"[:7]))
    with pytest.raises(DataError, match="not a readable"):
        load_annotations(f"hf:{root}")


def test_dictionary_columns_are_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(TYPES, "caption", (pa.dictionary(pa.int8(), pa.string()), value("string")))
    with pytest.raises(DataError, match="dictionary-encoded"):
        load_annotations(f"hf:{save(tmp_path, table(caption=['x']))}?labels=caption")


def test_unknown_labels_of_many_pictures_are_one_set(write):
    annotations = load_annotations(f"hf:{write(table(label=[-1, 1, -1]))}", strict=True)
    assert np.array_equal(annotations.targets.dense(), [UNKNOWN, [0, 1, 0], UNKNOWN])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["train-00000-of-00003", "train-00002-of-00003"],
            "of train 1 of 3 files are missing, the first is number 00001",
        ),
        (["train-00001-of-00002", "test-00000-of-00001"], "of train 1 of 2 files are missing"),
        (["train-00000-of-00001", "train-00000-of-00002", "train-00001-of-00002"], "train is in 1 and 2 files"),
        (["train-00000-of-00001", "train-00000-of-00001-0123456789abcdef"], "a file of the same number twice"),
    ],
)
def test_parquet_files_that_are_not_all_there_are_refused(tmp_path, names, message):
    root = save_parquet(tmp_path, {f"data/{name}.parquet": table(label=[1]) for name in names})
    with pytest.raises(DataError, match=message):
        load_annotations(f"hf:{root}")
    assert len(load_annotations(f"hf:{root}/data/{names[0]}.parquet")) == 1


def test_arrow_files_that_are_not_all_there_are_refused(tmp_path):
    write_arrow(tmp_path / "imagefolder-train-00000-of-00002.arrow", table(label=[0]))
    with pytest.raises(DataError, match="of train 1 of 2 files are missing, the first is number 00001; fetch them"):
        load_annotations(f"hf:{tmp_path}")
