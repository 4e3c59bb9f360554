import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats import table_json_lines, text_lines
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError


@pytest.fixture
def write(tmp_path):
    def _write(*lines, query="", end="\n"):
        texts = (line if isinstance(line, (str, bytes)) else json.dumps(line) for line in lines)
        data = [text if isinstance(text, bytes) else text.encode() for text in texts]
        (tmp_path / "labels.jsonl").write_bytes(end.encode().join(data))
        return f"table:{tmp_path}/labels.jsonl?labels_only=true{query}"

    return _write


def cases(annotations):
    return [(problem.kind.partition(":")[0], problem.subject, problem.where) for problem in annotations.problems]


FIRST = {"path": "a.jpg", "labels": ["sky"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n  \n"])
def test_lists_of_labels(write, end):
    spec = write(
        {"path": "a.jpg", "labels": ["sky", "sea; all"], "unknown": ["boat"], "split": "train", "group": 3},
        {"path": "b.jpg", "labels": [], "unknown": None, "split": None, "group": " x "},
        {"path": "c.jpg", "labels": None},
        end=end,
    )
    annotations = load_annotations(spec, strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea; all", "sky"]
    assert annotations.targets.dense().tolist() == [[-1, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert annotations.splits.tolist() == ["train", "", ""]
    assert annotations.groups.tolist() == ["3", "x", ""]


def test_labels_as_text_are_divided(write):
    annotations = load_annotations(write({"path": "a.jpg", "tags": "sky; sea"}), strict=True)
    assert list(annotations.vocabulary) == ["sea", "sky"]
    annotations = load_annotations(write({"path": "a.jpg", "tags": "sky|sea"}, query="&separator=pipe"), strict=True)
    assert list(annotations.vocabulary) == ["sea", "sky"]


def test_order_mark_and_no_line_end(write):
    assert load_annotations(write(b"\xef\xbb\xbf" + json.dumps(FIRST).encode()), strict=True).names == ["a.jpg"]


def test_key_a_label(write):
    lines = [
        {"path": "a.jpg", "sky": 1, "sea": 0, "split": "train"},
        {"path": "b.jpg", "sky": True, "sea": None},
        {"path": "c.jpg", "sky": 0.0, "boat": 1.0},
    ]
    annotations = load_annotations(write(*lines), strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert annotations.targets.dense().tolist() == [[-1, 0, 1], [-1, -1, 1], [1, -1, 0]]


def test_keys_that_come_late(write, monkeypatch):
    monkeypatch.setattr(table_json_lines, "LOOK_AHEAD", 2)
    rows = [{"path": f"{number}.jpg", "sky": 1} for number in range(5)]
    annotations = load_annotations(write(*rows, {"path": "5.jpg", "sea": 1}), strict=True)
    assert annotations.targets.dense().tolist() == [[-1, 1]] * 5 + [[1, -1]]
    rows = [{"path": f"{number}.jpg", "labels": ["sky"]} for number in range(5)]
    late = {"path": "5.jpg", "labels": ["sea"], "Split": "test", "unknown": ["sky"]}
    annotations = load_annotations(write(*rows, late), strict=True)
    assert annotations.splits.tolist() == [""] * 5 + ["test"]
    assert annotations.targets.dense()[5].tolist() == [1, -1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"path": "b.jpg", "labels": ["sky"]', "Expecting ',' delimiter"),
        ("nothing", "Expecting value"),
        ('{"path": "b.jpg"} {"path": "c.jpg"}', "Extra data"),
        ("[1, 2]", "a list"),
        ('"text"', "text"),
        ("null", "null"),
        ('{"path": "b.jpg", "labels": [], "x": NaN}', "NaN is not allowed"),
        ('{"path": "b.jpg", "labels": [], "x": -Infinity}', "-Infinity is not allowed"),
        ('{"path": "b.jpg", "labels": [], "path": "c.jpg"}', "key 'path' twice"),
        ('{"path": "b.jpg", "labels": [], "x": {"y": 1, "y": 2}}', "key 'y' twice"),
        ('{"path": "b.jpg", "labels": [], "x": %s}' % ("9" * 5000), "Exceeds the limit"),
        ('{"path": "b.jpg", "labels": %s' % ("[" * 100_000), "nested too deeply"),
        ('{"path": "b\0.jpg", "labels": []}', "Invalid control character"),
        ('{"path": "b.jpg", "labels": ["%s"]}' % ("x" * 2000), "longer than 1,000 characters"),
    ],
)
def test_broken_lines_are_left_out_one_by_one(write, monkeypatch, line, reason):
    if "longer" in reason:
        monkeypatch.setattr(text_lines, "MAX_LINE", 1000)
        monkeypatch.setattr(table_json_lines, "MAX_LINE", 1000)
    annotations = load_annotations(write(FIRST, "", line, {"path": "z.jpg", "labels": ["sea"]}))
    assert annotations.names == ["a.jpg", "z.jpg"]
    [(kind, subject, where)] = cases(annotations)
    assert (kind, where) == ("line is not a JSON object", "line 3")
    assert subject.strip("'\"").startswith(reason)


@pytest.mark.parametrize(
    ("row", "kind", "subject"),
    [
        ({"labels": ["sky"]}, "value is missing", "no 'path'"),
        ({"path": None, "labels": ["sky"]}, "value is missing", "no 'path'"),
        ({"path": "b.jpg"}, "value is missing", "no 'labels'"),
        ({"path": 5, "labels": ["sky"]}, "value of a wrong type", "'path' is a number, not text"),
        ({"path": ["b.jpg"], "labels": []}, "value of a wrong type", "'path' is a list, not text"),
        ({"path": "b.jpg", "labels": 7}, "value of a wrong type", "'labels' is a number, neither a list nor text"),
        ({"path": "b.jpg", "labels": {"sky": 1}}, "value of a wrong type", "'labels' is an object, neither"),
        ({"path": "b.jpg", "labels": True}, "value of a wrong type", "'labels' is true, neither"),
        ({"path": "b.jpg", "labels": [], "split": 1.5}, "value of a wrong type", "'split' is a number, neither"),
        ({"path": "b.jpg", "labels": [], "split": True}, "value of a wrong type", "'split' is true, neither"),
        ({"path": "../b.jpg", "labels": []}, "picture name can't be used", "../b.jpg leaves the folder"),
    ],
)
def test_rows_that_can_not_be_used(write, row, kind, subject):
    annotations = load_annotations(write(FIRST, row, {**FIRST, "path": "z.jpg", "split": "x"}))
    assert annotations.names == ["a.jpg", "z.jpg"]
    [(found, text, where)] = cases(annotations)
    assert (found, where) == (kind, "line 2")
    assert text.startswith(subject)


@pytest.mark.parametrize("label", ["1e400", "5", "null", '["deep"]', '{"name": "sky"}', '"\\ud800"'])
def test_labels_that_can_not_be_used_are_dropped(write, label):
    annotations = load_annotations(write(FIRST, f'{{"path": "b.jpg", "labels": ["sky", {label}]}}'))
    assert annotations.labels_of(1) == ["sky"]
    assert [case[2] for case in cases(annotations)] == ["line 2, b.jpg"]


@pytest.mark.parametrize("cell", ["2", "-1", "1e400", '"1"', "[]", "{}", "0.5", "1" * 400])
def test_mark_that_is_neither_1_nor_0(write, cell):
    annotations = load_annotations(write({"path": "a.jpg", "sky": 1}, f'{{"path": "b.jpg", "sky": {cell}}}'))
    assert annotations.names == ["a.jpg"]
    assert cases(annotations)[0][0] == "cell is not 1, 0 or empty"
    assert cases(annotations)[0][2] == "line 2"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "the file is empty"),
        (["[", FIRST, "]"], None),
        ([[FIRST, FIRST]], "not one line is a JSON object .*write one object a line"),
        (["{"], "not one line is a JSON object .*line 1"),
        ([{"x": 1}], "no column of paths among x"),
        ([{"path": "a.jpg"}], "no column of labels among path"),
        ([{"path": "a.jpg", "labels": []}], "no row has a label"),
        (["caf\xe9".encode("latin-1")], "line 1: byte 0xe9 is not utf-8 text; .*encoding=latin-1"),
        ([json.dumps(FIRST).encode("utf-16")], "pass encoding=utf-16"),
    ],
)
def test_files_that_can_not_be_read(write, lines, message):
    if message is None:
        annotations = load_annotations(write(*lines))
        assert annotations.names == ["a.jpg"]
        assert [where for _, _, where in cases(annotations)] == ["line 1", "line 3"]
        return
    with pytest.raises(DataError, match=rf"labels\.jsonl.*{message}"):
        load_annotations(write(*lines))


def test_options_name_keys(write):
    row = {"photo": "a.jpg", "words": ["sky"], "doubt": ["sea"], "part": "train"}
    query = "&path=photo&labels=words&unknown_column=doubt&split_column=part"
    assert load_annotations(write(row, query=query)).targets.dense().tolist() == [[-1, 1]]
    with pytest.raises(OptionError, match="path='picture': no such column; columns are: photo"):
        load_annotations(write(row, query="&path=picture"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ROWS = st.fixed_dictionaries({}, optional=dict.fromkeys(("path", "labels", "unknown", "split", "sky"), VALUES))


@given(st.lists(ROWS | VALUES, max_size=5))
def test_any_values_are_read_or_a_clear_error(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("\n".join(map(json.dumps, values)))
    try:
        annotations = load_annotations(f"table:{path}?labels_only=true")
    except DataError as error:
        assert "any.jsonl" in str(error)
    else:
        assert len(annotations) + len(annotations.problems) >= len(values)


def test_space_around_labels_is_none_of_theirs(write):
    spec = write({"path": "a.jpg", "labels": [" sea", "sky ", ""], "unknown": ["boat ", " "]})
    annotations = load_annotations(spec, strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert annotations.targets.dense().tolist() == [[-1, 1, 1]]


@pytest.mark.parametrize("option", ["", "&labels=words"])
def test_column_of_labels_that_comes_late(write, monkeypatch, option):
    monkeypatch.setattr(table_json_lines, "LOOK_AHEAD", 2)
    key = "words" if option else "labels"
    rows = [{"path": f"{number}.jpg"} for number in range(4)]
    annotations = load_annotations(write(*rows, {"path": "4.jpg", key: ["sea"]}, query=option))
    assert annotations.names == ["4.jpg"]
    assert annotations.problems.counts() == {"value is missing: row left out": 4}
    with pytest.raises(DataError, match="no column of labels among path"):
        load_annotations(write(*rows))


def test_whole_decimals_of_splits_and_groups(write):
    spec = write({**FIRST, "split": 1.0, "group": -3.0}, {**FIRST, "path": "b.jpg", "split": None, "group": 1e3})
    annotations = load_annotations(spec, strict=True)
    assert annotations.splits.tolist() == ["1", ""]
    assert annotations.groups.tolist() == ["-3", "1000"]


def test_list_written_as_text(write):
    annotations = load_annotations(
        write({"path": "a.jpg", "labels": "['sea', 'sky']"}, {"path": "b.jpg", "labels": "[1]"})
    )
    assert annotations.labels_of(0) == ["sea", "sky"]
    assert cases(annotations) == [("labels are a list written as text", "[1]", "line 2")]
