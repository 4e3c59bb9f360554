"""All forms of one table are read as the same data set."""

import csv
import gzip
import json
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.formats.table import Options, read
from corelate.data.spec import load_annotations
from corelate.data.vocabulary import is_label

# A line end in a cell is fine in the files, and not in a label; a separator may stand in a list, and not in text.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=";")
# A column named "group" would be taken for the groups.
LABEL = st.text(CHARACTERS, min_size=1, max_size=4).filter(is_label)
NAME = st.text(st.sampled_from("ab é,\"'日"), min_size=1, max_size=5).map(lambda text: f"x/{text}.jpg")
DIVISION = st.sampled_from(["", "train", "test", "a,b", 'say "so"'])
KINDS = ("csv", "tsv", "csv.gz", "jsonl", "ndjson", "parquet")


class Picture(NamedTuple):
    name: str
    marks: dict  # label → 1 present, -1 unknown
    split: str


class Made(NamedTuple):
    labels: list
    pictures: list


@st.composite
def tables(draw):
    labels = draw(st.lists(LABEL, min_size=1, max_size=5, unique=True))
    names = draw(st.lists(NAME, min_size=1, max_size=5, unique=True))
    marks = st.dictionaries(st.sampled_from(labels), st.sampled_from([1, -1]))
    pictures = [Picture(name, draw(marks), draw(DIVISION)) for name in names]
    pictures.append(Picture("x/all.jpg", dict.fromkeys(labels, 1), ""))
    return Made(labels, pictures)


def write_lists(table, path, kind):
    rows = [
        {
            "path": picture.name,
            "labels": [label for label, mark in picture.marks.items() if mark == 1],
            "unknown": [label for label, mark in picture.marks.items() if mark == -1],
            "split": picture.split,
        }
        for picture in table.pictures
    ]
    if kind in ("csv", "tsv", "csv.gz"):
        rows = [{**row, "labels": ";".join(row["labels"]), "unknown": ";".join(row["unknown"])} for row in rows]
    write_rows(rows, path, kind, {"labels": pa.list_(pa.string()), "unknown": pa.list_(pa.string())})


def write_marks(table, path, kind):
    empty = "" if kind in ("csv", "tsv", "csv.gz") else None
    cells = {1: 1, -1: empty, None: 0}
    rows = [
        {f"path of {table.labels!r}": picture.name}
        | {f"split of {table.labels!r}": picture.split}
        | {label: cells[picture.marks.get(label)] for label in table.labels}
        for picture in table.pictures
    ]
    write_rows(rows, path, kind, dict.fromkeys(table.labels, pa.int8()))


def write_rows(rows, path, kind, types):
    if kind == "parquet":
        columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in rows[0]}
        pq.write_table(pa.table(columns), path, row_group_size=2)
    elif kind in ("jsonl", "ndjson"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        opened = gzip.open if kind == "csv.gz" else open
        with opened(path, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)


def check(annotations, table):
    assert list(annotations.vocabulary) == sorted(table.labels)
    assert annotations.names == [picture.name for picture in table.pictures]
    assert annotations.splits.tolist() == [picture.split for picture in table.pictures]
    expected = [[picture.marks.get(label, 0) for label in sorted(table.labels)] for picture in table.pictures]
    assert annotations.targets.dense().tolist() == expected


@pytest.mark.parametrize("kind", KINDS)
@given(table=tables())
@settings(max_examples=25, deadline=None)
def test_lists(tmp_path_factory, kind, table):
    path = tmp_path_factory.getbasetemp() / f"lists.{kind}"
    write_lists(table, path, kind)
    check(load_annotations(f"table:{path}?labels_only=true", strict=True), table)


@pytest.mark.parametrize("kind", KINDS)
@given(table=tables())
@settings(max_examples=25, deadline=None)
def test_marks(tmp_path_factory, kind, table):
    path = tmp_path_factory.getbasetemp() / f"marks.{kind}"
    write_marks(table, path, kind)
    delimiter = {"csv": "comma", "csv.gz": "comma", "tsv": "tab"}.get(kind, "")
    own = f" of {table.labels!r}"
    names = {"path": f"path{own}", "split_column": f"split{own}", "labels": "*", "delimiter": delimiter}
    annotations = read(path, Options(labels_only=True, **names))
    assert not annotations.problems
    check(annotations, table)
