from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

from corelate.explain.table import Table, plain


def test_csv():
    table = Table(("label", "count", "share", "seen", "near"), [("sky", 3, 0.1, True, ["sea", "sun"])])
    assert table.to_csv() == 'label,count,share,seen,near\nsky,3,0.1,true,"[""sea"", ""sun""]"\n'


def test_what_is_undefined_is_empty_in_csv_and_null_in_json():
    table = Table(("a", "b", "c"), [(None, math.nan, math.inf)])
    assert table.to_csv() == "a,b,c\n,,\n"
    assert json.loads(table.to_json())["rows"] == [{"a": None, "b": None, "c": None}]


def test_labels_of_strangers_come_back():
    labels = ["a,b", 'say "sky"', "two\nlines", "木", "شجرة", "$x$", "=1+1", ""]
    table = Table(("label", "number"), [(label, row) for row, label in enumerate(labels)])
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert [row[0] for row in rows[1:]] == labels
    assert [row["label"] for row in json.loads(table.to_json())["rows"]] == labels


def test_half_a_surrogate_pair_can_be_written():
    table = Table(("picture",), [("\udcff.png",)], {"source": "\ud800"})
    assert table.to_csv().encode() == b"picture\n\\udcff.png\n"
    assert json.loads(table.to_json().encode()) == {
        "about": {"source": "\\ud800"},
        "rows": [{"picture": "\\udcff.png"}],
    }


def test_json():
    table = Table(("label", "score"), [("木", np.float32(0.5))], {"seed": np.int64(1), "share": np.nan})
    text = table.to_json()
    assert json.loads(text) == {"about": {"seed": 1, "share": None}, "rows": [{"label": "木", "score": 0.5}]}
    assert "木" in text
    assert text.endswith("}\n")


def test_no_rows():
    table = Table(("a",), [])
    assert table.to_csv() == "a\n"
    assert json.loads(table.to_json()) == {"about": {}, "rows": []}


def test_plain():
    assert plain(np.array([[1, 2]])) == [[1, 2]]
    assert plain((np.bool_(True), {"a": np.float64(0.5)})) == [True, {"a": 0.5}]
    assert plain({1: [math.nan]}) == {"1": [None]}
    assert plain("text") == "text"


def test_a_row_of_another_length():
    with pytest.raises(ValueError, match="row 1 does not have 2 values"):
        Table(("a", "b"), [(1, 2), (1,)])
