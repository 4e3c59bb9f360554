"""What is written and read again is the same set: for all writers, whatever things are called."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.table_cells import whole_number
from corelate.data.references import MissingReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.data.writers import DATA_WRITERS
from corelate.data.writers.conversion import write_annotations

LIST_TABLES = ("out.csv", "out.tsv", "out.jsonl", "out.ndjson", "out.parquet")
COLUMN_TABLES = tuple(f"{name}?form=columns" for name in LIST_TABLES)
ODD_LABELS = [
    "sea", "Sea", "1", "0", "unknown", "null", "true", "labels", "tags", "NaN", "-", "=1+1", "-sum", "@cell", "+",
    "a,b", "a;b", "a|b", 'say "so"', "'", "#x", "été", "е", "海", "🐈", "\ufeffmark", "a b", "label", "image", "file",
    "a/b", "a\\b", "{}", "[1]", "\u200bzero width", "e\u0301t", "id", "name", "x" * 300,
]  # fmt: skip
NAMES = ["a.jpg", "b/c.jpg", "b/été.jpg", "=d.jpg", "-e.jpg", "f g.jpg", 'h"i.jpg', "j,k.jpg", "l;m.png", "aux.jpg"]

labels = st.sampled_from(ODD_LABELS) | st.text(min_size=1, max_size=6).filter(is_label)
divisions = st.sampled_from(["", "train", "val", "test"])
texts = st.just("") | st.sampled_from(["1", "x y", "a,b", "été", "null"]) | st.text(max_size=5).filter(is_label)


@st.composite
def annotation_sets(
    draw: st.DrawFn, *, unknown: bool = True, groups: bool = True, splits: st.SearchStrategy = divisions
):
    vocabulary = Vocabulary(draw(st.lists(labels, min_size=1, max_size=7, unique=True)))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    count, columns = len(names), range(len(vocabulary))
    of_rows = st.lists(st.lists(st.sampled_from(columns), unique=True), min_size=count, max_size=count)
    return AnnotationSet(
        pictures=[MissingReference("nowhere", name) for name in names],
        vocabulary=vocabulary,
        targets=TargetMatrix.from_rows(draw(of_rows), len(vocabulary), draw(of_rows) if unknown else None),
        splits=draw(st.none() | column(splits, count)),
        groups=draw(st.none() | column(texts, count)) if groups else None,
    )


def column(values: st.SearchStrategy[str], count: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(values, min_size=count, max_size=count).map(lambda cells: np.array(cells, dtype=np.str_))


def described(annotations: AnnotationSet, *, places: bool = True, ordered: bool = True) -> dict[str, object]:
    """Return all that a set says, in a form that can be compared."""
    splits = [None] * len(annotations) if annotations.splits is None else annotations.splits.tolist()
    groups = [None] * len(annotations) if annotations.groups is None else annotations.groups.tolist()
    cells = annotations.targets.dense_places() if places else annotations.targets.dense()
    rows = list(zip(annotations.names, cells.tolist(), splits, groups, strict=True))
    return {"labels": list(annotations.vocabulary), "rows": rows if ordered else sorted(rows, key=str)}


def assume_readable_divisions(annotations: AnnotationSet, destination: str) -> None:
    """Pass over names such as ``1.0``, which readers of text take for 1: writers refuse them (test_table.py)."""
    if destination.partition("?")[0].endswith((".csv", ".tsv")):
        columns = (column for column in (annotations.splits, annotations.groups) if column is not None)
        assume(all(whole_number(name) == name for column in columns for name in column.tolist()))


def round_trip(annotations: AnnotationSet, destination: str, **kept: bool) -> None:
    assume_readable_divisions(annotations, destination)
    with tempfile.TemporaryDirectory() as folder:
        name, colon, path = destination.rpartition(":")
        conversion = write_annotations(annotations, f"{name}{colon}{folder}/{path}")
        assert not conversion.problems
        read = load_annotations(conversion.spec, strict=True)
    assert described(read, **kept) == described(annotations, **kept)


quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("destination", LIST_TABLES)
@quick
@given(annotations=annotation_sets(splits=texts))
def test_tables_of_lists(destination, annotations):
    round_trip(annotations, destination)


@pytest.mark.parametrize("destination", COLUMN_TABLES)
@quick
@given(annotations=annotation_sets(splits=texts))
def test_tables_with_a_column_a_label(destination, annotations):
    assume(not {"path", "split", "group"} & {label.lower() for label in annotations.vocabulary})
    round_trip(annotations, destination, places=False)


@quick
@given(annotations=annotation_sets(splits=texts))
def test_one_file_of_coco(annotations):
    round_trip(annotations, "coco:out.json")


@quick
@given(annotations=annotation_sets())
def test_folder_of_coco(annotations):
    round_trip(annotations, "coco:out", ordered=False)


@quick
@given(annotations=annotation_sets(unknown=False, groups=False, splits=st.sampled_from(["train", "val", "test"])))
def test_corel5k(annotations):
    round_trip(annotations, "corel5k:out.json" if annotations.splits is None else "corel5k:out", ordered=False)


def test_every_writer_is_swept():
    assert DATA_WRITERS.names == ("table", "coco", "corel5k")
