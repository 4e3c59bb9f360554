import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corelate.data.formats import collecting, table_marks, table_parquet, table_parquet_values
from corelate.data.spec import load_annotations
from corelate.errors import DataError, VocabularyError


@pytest.fixture
def write(tmp_path):
    def _write(columns, query="", metadata=None, **options):
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "labels.parquet", **options)
        return f"table:{tmp_path}/labels.parquet?labels_only=true{query}"

    return _write


def dense(annotations):
    return annotations.targets.dense().tolist()


PATHS = ["a.jpg", "b.jpg", "c.jpg"]
LISTS = [["sky", "sea"], None, ["boat", "sky"]]
TEXT = pa.string()


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(TEXT),
        pa.large_list(pa.large_string()),
        pa.list_(pa.dictionary(pa.int32(), TEXT)),
        TEXT,
        pa.large_string(),
        pa.dictionary(pa.int8(), TEXT),
    ],
    ids=str,
)
@pytest.mark.parametrize("row_group_size", [1, 2, 100])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_types_of_labels(write, kind, row_group_size, use_dictionary):
    labels = LISTS if pa.types.is_nested(kind) else [None if row is None else "; ".join(row) for row in LISTS]
    column = pa.array(labels, TEXT).cast(kind) if not pa.types.is_nested(kind) else pa.array(labels, kind)
    spec = write({"path": PATHS, "labels": column}, row_group_size=row_group_size, use_dictionary=use_dictionary)
    annotations = load_annotations(spec, strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert dense(annotations) == [[0, 1, 1], [0, 0, 0], [1, 0, 1]]
    assert annotations.targets.dense_places().tolist() == [[0, 2, 1], [0, 0, 0], [1, 0, 2]]


def test_lists_of_one_length(write):
    column = pa.array([["sky", "sea"], ["sea", "boat"]], pa.list_(TEXT, 2))
    assert dense(load_annotations(write({"path": PATHS[:2], "labels": column}))) == [[0, 1, 1], [1, 1, 0]]


def test_unknown_splits_and_groups(write):
    columns = {
        "path": pa.array(PATHS).dictionary_encode(),
        "labels": LISTS,
        "unknown": [["boat"], ["sea"], None],
        "split": pa.array(["train", None, "test"]).dictionary_encode(),
        "group": pa.array([7, None, 8], pa.int16()),
    }
    annotations = load_annotations(write(columns), strict=True)
    assert dense(annotations) == [[-1, 1, 1], [0, -1, 0], [1, 0, 1]]
    assert annotations.splits.tolist() == ["train", "", "test"]
    assert annotations.groups.tolist() == ["7", "", "8"]


def test_columns_of_nothing(write):
    columns = {"path": PATHS, "labels": LISTS, "unknown": pa.nulls(3), "split": pa.nulls(3)}
    annotations = load_annotations(write(columns), strict=True)
    assert annotations.splits.tolist() == [""] * 3
    assert not (annotations.targets.dense() < 0).any()


def test_rows_without_path_or_with_one_that_can_not_be_used(write):
    annotations = load_annotations(write({"path": ["../a.jpg", None, "c.jpg"], "labels": LISTS}))
    assert annotations.names == ["c.jpg"]
    assert [problem.where for problem in annotations.problems] == ["row 1", "row 2"]


def test_more_rows_than_a_batch(write, monkeypatch):
    monkeypatch.setattr(table_parquet, "BATCH", 7)
    names = [f"{number}.jpg" for number in range(50)]
    labels = [[f"label {number % 6}"] * (number % 3) for number in range(50)]
    annotations = load_annotations(write({"path": names, "labels": labels}, row_group_size=20), strict=True)
    assert annotations.names == names
    assert [annotations.labels_of(row) for row in range(50)] == [sorted(set(some)) for some in labels]


# --- vocabulary ------------------------------------------------------------------------------------------------------


def test_vocabulary_of_the_metadata(write, tmp_path):
    metadata = {"corelate.vocabulary": json.dumps(["sky", "sun", "boat"])}
    (tmp_path / "labels.vocabulary.txt").write_text("boat\n")
    annotations = load_annotations(write({"path": PATHS, "labels": LISTS}, metadata=metadata))
    assert list(annotations.vocabulary) == ["sky", "sun", "boat"]
    assert annotations.problems.report() == "1 × label not in the vocabulary: label dropped: sea (row 1, a.jpg)"
    spec = write({"path": PATHS, "boat": [1, 0, None], "sky": [0, 1, 1], "sea": [1, 1, 1]}, metadata=metadata)
    annotations = load_annotations(spec)
    assert dense(annotations) == [[0, -1, 1], [1, -1, 0], [1, -1, -1]]
    assert annotations.problems.report() == "1 × label not in the vocabulary: label dropped: sea (header)"
    assert list(load_annotations(write({"path": PATHS, "labels": LISTS})).vocabulary) == ["boat"]


@pytest.mark.parametrize("text", ["{", '{"a": 1}', '["sky", "sky"]', "[]", "[5]", "[[]]", "\xff", "[" * 100_000])
def test_broken_vocabulary_of_the_metadata(write, text):
    metadata = {"corelate.vocabulary": text.encode("latin-1")}
    with pytest.raises((DataError, VocabularyError), match=r"labels\.parquet, metadata corelate\.vocabulary: "):
        load_annotations(write({"path": PATHS, "labels": LISTS}, metadata=metadata))


# --- one column a label ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [pa.bool_(), pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()]
)
def test_types_of_marks(write, kind):
    values = [True, False, None] if kind == pa.bool_() else [1, 0, None]
    values = [value if value is None else np.float16(value) for value in values] if kind == pa.float16() else values
    annotations = load_annotations(write({"path": PATHS, "sky": pa.array(values, kind)}), strict=True)
    assert dense(annotations) == [[1], [0], [-1]]


def test_null_column_and_not_a_number_are_unknown(write):
    columns = {"path": PATHS, "sky": pa.nulls(3), "sea": pa.array([1.0, float("nan"), None]), "boat": [0, 0, 1]}
    assert dense(load_annotations(write(columns), strict=True)) == [[0, 1, -1], [0, -1, -1], [1, -1, -1]]


@pytest.mark.parametrize("bad", [2, -1, 0.5, float("inf"), 1e300])
def test_row_with_a_bad_mark_is_left_out(write, bad):
    columns = {"path": PATHS, "sky": pa.array([1.0, bad, 0.0]), "sea": [1, 1, 0], "split": ["x", "y", "z"]}
    annotations = load_annotations(write(columns))
    assert annotations.names == ["a.jpg", "c.jpg"]
    assert annotations.splits.tolist() == ["x", "z"]
    assert dense(annotations) == [[1, 1], [0, 0]]
    [problem] = annotations.problems
    assert problem.kind == "cell is not 1, 0 or empty: row left out"
    assert problem.where == "row 2"


def test_row_with_two_bad_marks_is_noted_once(write):
    annotations = load_annotations(write({"path": PATHS, "sky": [1, 2, 0], "sea": [0, 3, 0]}))
    assert annotations.problems.report().endswith("3 in column 'sea' (row 2)")
    assert len(annotations.problems) == 1


@pytest.mark.parametrize("cells", [1, 50, 1 << 20])
@pytest.mark.parametrize("row_group_size", [7, 100])
def test_marks_are_those_that_were_written(write, monkeypatch, cells, row_group_size):
    monkeypatch.setattr(table_marks, "CELLS", cells)
    marks = np.random.default_rng(0).choice([0, 1, -1], size=(40, 30), p=[0.6, 0.2, 0.2])
    names = [f"label {number:02}" for number in range(30)]
    columns = {"path": [f"{row}.jpg" for row in range(40)]}
    for column in reversed(range(30)):
        columns[names[column]] = pa.array([None if mark < 0 else int(mark) for mark in marks[:, column]], pa.int8())
    columns["path"][5] = columns["path"][4]
    columns["path"][7] = "../x.jpg"
    annotations = load_annotations(write(columns, row_group_size=row_group_size))
    kept = [row for row in range(40) if row not in (5, 7)]
    assert list(annotations.vocabulary) == names
    assert dense(annotations) == marks[kept].tolist()
    assert annotations.targets.places is None
    assert [problem.where for problem in annotations.problems] == ["row 6", "row 8"]
    for row in range(len(annotations)):
        assert (np.diff(annotations.targets.columns[slice(*annotations.targets.row_starts[row : row + 2])]) > 0).all()


def test_names_with_dots(write):
    columns = {"path": PATHS, "St. Helens": [1, 0, 0], "St": [0, 1, 0], "a.b": [0, 0, 1], "a": [1, 1, 1]}
    annotations = load_annotations(write(columns), strict=True)
    assert list(annotations.vocabulary) == ["St", "St. Helens", "a", "a.b"]
    assert dense(annotations) == [[0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1]]


def test_too_many_unknown_cells_are_one_error(write, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_UNKNOWN_CELLS", 5)
    assert len(load_annotations(write({"path": PATHS, "x": pa.nulls(3)}))) == 3
    with pytest.raises(DataError, match=r"labels\.parquet: more than 5 times it is unknown"):
        load_annotations(write({"path": PATHS, "x": pa.nulls(3), "y": pa.nulls(3)}, row_group_size=1))


# --- what can't be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"path": [5], "labels": ["x"]}, "column 'path' holds int64; expected text"),
        ({"path": [b"a"], "labels": ["x"]}, "column 'path' holds binary; expected text"),
        ({"path": ["a"], "labels": [5]}, "column 'labels' holds int64; expected lists of text, or text"),
        ({"path": ["a"], "labels": [[5]]}, "column 'labels' holds list<element: int64>; expected lists"),
        ({"path": ["a"], "labels": [{"x": "y"}]}, "column 'labels' holds struct<x: string>; expected lists"),
        ({"path": ["a"], "labels": ["x"], "unknown": [True]}, "column 'unknown' holds bool; expected lists"),
        ({"path": ["a"], "labels": ["x"], "split": [1.5]}, "column 'split' holds double; expected text or whole"),
        ({"path": ["a"], "sky": [1], "who": ["me"]}, "column 'who' holds string; .*leave it out with ignore=who"),
        ({"sky": [1]}, "no column of paths among sky"),
        ({"path": ["a"]}, "no column of labels among path"),
        ({"path": ["a"], "labels": [[]]}, "no row has a label"),
        ({"path": pa.array([], TEXT), "labels": pa.array([], TEXT)}, "holds no row besides the names"),
        ({"path": pa.array([], TEXT), "sky": pa.array([], pa.int8())}, "holds no picture"),
    ],
)
def test_wrong_columns_are_one_clear_error(write, columns, message):
    with pytest.raises(DataError, match=rf"labels\.parquet.*{message}"):
        load_annotations(write({name: pa.array(cells) for name, cells in columns.items()}))


def test_column_named_twice(write):
    table = pa.table([pa.array(["a"]), pa.array(["x"]), pa.array(["x"])], names=["path", "sky", "sky"])
    with pytest.raises(DataError, match="more than one column is named 'sky'"):
        load_annotations(write(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "not a Parquet file"),
        (lambda data: b"path,labels\na.jpg,sky\n", "not a Parquet file; if it is text"),
        (lambda data: data[: len(data) // 2], "the Parquet file is cut short"),
        (lambda data: data[:4], "not a Parquet file that can be read"),
        (lambda data: b"PARE" + data[4:], "encrypted"),
        (lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1", "not a Parquet file that can be read"),
        (lambda data: data[:-200] + b"\xff" * 100 + data[-100:], "not a Parquet file that can be read"),
        (lambda data: data[:4] + bytes(60) + data[64:], "not a Parquet file that can be read"),
    ],
)
def test_files_that_are_no_parquet(write, tmp_path, change, message):
    spec = write({"path": PATHS, "labels": ["sky"] * 3})
    path = tmp_path / "labels.parquet"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=rf"labels\.parquet: .*{message}"):
        load_annotations(spec)


def test_short_file_that_unpacks_to_long_text_is_refused(write, monkeypatch):
    monkeypatch.setattr(table_parquet_values, "MAX_TEXT", 100)
    for columns in ({"path": PATHS, "labels": ["x" * 101] * 3}, {"path": PATHS, "labels": [["x" * 101]] * 3}):
        with pytest.raises(DataError, match="column 'labels' holds text of 101 bytes; at most 100 are read"):
            load_annotations(write(columns))
    monkeypatch.setattr(table_parquet_values, "MAX_VALUES", 5)
    with pytest.raises(DataError, match=r"6 values in 'labels\.list\.element'; at most 5 are read"):
        load_annotations(write({"path": PATHS, "labels": [["x", "y"]] * 3}))


def test_any_kind_of_name(write, tmp_path):
    write({"path": PATHS, "labels": LISTS})
    (tmp_path / "labels.parquet").rename(tmp_path / "labels.pq")
    assert len(load_annotations(f"table:{tmp_path}/labels.pq?labels_only=true")) == 3
    (tmp_path / "labels.pq").rename(tmp_path / "labels")
    assert len(load_annotations(f"table:{tmp_path}/labels?labels_only=true&kind=parquet")) == 3


def broken_text():
    offsets = pa.py_buffer(np.array([0, 5, 10], dtype=np.int32).tobytes())
    return pa.Array.from_buffers(TEXT, 2, [None, offsets, pa.py_buffer(b"a.jpgb\xff\xffpg")])


@pytest.mark.parametrize("column", ["path", "labels", "lists", "unknown", "split"])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_text_that_is_not_utf_8_is_one_error(write, column, use_dictionary):
    columns = {"path": ["a.jpg", "b.jpg"], "labels": [["sky"], ["sea"]], "unknown": [[], []], "split": ["x", "y"]}
    if column in ("lists", "unknown"):
        columns["labels" if column == "lists" else column] = pa.ListArray.from_arrays([0, 1, 2], broken_text())
    else:
        columns[column] = broken_text()
    name = "labels" if column == "lists" else column
    with pytest.raises(DataError, match=f"column '{name}' holds text that is not UTF-8; write it again as UTF-8"):
        load_annotations(write(columns, use_dictionary=use_dictionary))


def test_batch_of_many_labels_is_read_in_pieces(write, monkeypatch):
    monkeypatch.setattr(table_parquet_values, "MAX_BATCH_VALUES", 4)
    labels = [["a", "b", "c"], None, ["b", "c", "d", "a"], ["a"], ["d"], ["c", "b"]]
    names = [f"{number}.jpg" for number in range(6)]
    for column in (labels, pa.array(labels, pa.list_(pa.dictionary(pa.int32(), TEXT)))):
        annotations = load_annotations(write({"path": names, "labels": column}), strict=True)
        assert annotations.names == names
        assert [annotations.labels_of(row) for row in range(6)] == [sorted(some or []) for some in labels]
    with pytest.raises(DataError, match="a row of 5 labels; at most 4 are read"):
        load_annotations(write({"path": ["a.jpg"], "labels": [["a"] * 5]}))


def test_row_of_millions_of_labels_is_refused(write):
    count = table_parquet_values.MAX_BATCH_VALUES + 1
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["sea"]))
    column = pa.LargeListArray.from_arrays(pa.array([0, count]), values)
    with pytest.raises(DataError, match="a row of 16,777,217 labels"):
        load_annotations(write({"path": ["a.jpg"], "labels": column}, write_statistics=False))


def test_files_of_too_many_rows_and_values_are_refused(write, monkeypatch):
    monkeypatch.setattr(table_parquet_values, "MAX_ROWS", 2)
    for columns in ({"path": PATHS, "sky": [1, 0, 1]}, {"path": PATHS, "labels": LISTS}):
        with pytest.raises(DataError, match="3 rows; at most 2 are read"):
            load_annotations(write(columns))
    monkeypatch.setattr(table_parquet_values, "MAX_ROWS", 3)
    monkeypatch.setattr(table_parquet_values, "MAX_GROUP_VALUES", 4)
    with pytest.raises(DataError, match=r"5 values of 'labels\.list\.element' in one row group"):
        load_annotations(write({"path": PATHS, "labels": LISTS}))
    assert len(load_annotations(write({"path": PATHS, "labels": LISTS}, row_group_size=2))) == 3


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_whole_decimals_of_splits_and_groups(write, kind):
    values = np.array([1, np.nan, 2], dtype=kind.to_pandas_dtype())
    columns = {"path": PATHS, "labels": LISTS, "split": pa.array(values), "group": pa.array([3.0, None, 4.0])}
    annotations = load_annotations(write(columns), strict=True)
    assert annotations.splits.tolist() == ["1", "", "2"]
    assert annotations.groups.tolist() == ["3", "", "4"]
    for bad in (1.5, float("inf")):
        with pytest.raises(DataError, match="column 'split' holds double; expected text or whole numbers"):
            load_annotations(write(columns | {"split": [1.0, bad, None]}))


def test_space_around_labels_and_lists_written_as_text(write):
    annotations = load_annotations(write({"path": PATHS, "labels": [[" sky", ""], ["sea "], None]}), strict=True)
    assert list(annotations.vocabulary) == ["sea", "sky"]
    annotations = load_annotations(write({"path": PATHS, "labels": ["['sea', 'sky']", "[sea]", "sky"]}))
    assert annotations.names == ["a.jpg", "c.jpg"]
    assert dense(annotations) == [[1, 1], [0, 1]]
    assert annotations.problems.report() == "1 × labels are a list written as text: row left out: [sea] (row 2)"
