from __future__ import annotations

import json
from pathlib import Path

import pytest

from corelate.data.spec import load_annotations
from corelate.errors import DataError, GraphError, OptionError, VocabularyError
from corelate.labels.counts_sources import counts_of


@pytest.fixture
def counts_file(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("jet\nplane\n")
    path = tmp_path / "counts.json"
    path.write_text(json.dumps({"adj": [[0, 2], [2, 0]], "nums": [2, 5]}))
    return path


def table(tmp_path: Path, text: str) -> str:
    (tmp_path / "labels.csv").write_text(text)
    return f"csv:{tmp_path / 'labels.csv'}?labels_only=true"


def test_a_set_with_splits_is_counted_on_its_training_pictures():
    counted = counts_of("scenes:40")
    train = load_annotations("scenes:40?split=train")
    assert counted.counts.pictures == len(train)
    assert counted.counts.occurrences.tolist() == train.targets.label_counts().tolist()
    assert counted.source == f"scenes:40?seed=1, counted on the training pictures, {len(train)} of 40"


def test_a_chosen_split_is_counted_whatever_it_is_called(tmp_path: Path):
    counted = counts_of("scenes:40?split=test")
    assert counted.source == f"scenes:40?seed=1, counted on split test, {counted.counts.pictures} pictures"
    spec = table(tmp_path, "path,labels,split\na.jpg,x;y,holiday\nb.jpg,x,home\n")
    assert counts_of(f"{spec}&split=holiday").counts.pictures == 1
    with pytest.raises(DataError, match="split 'holiday' is none of"):
        counts_of(spec)


def test_a_set_without_splits_is_counted_whole(tmp_path: Path):
    counted = counts_of(table(tmp_path, "path,labels\na.jpg,x;y\nb.jpg,x\n"))
    assert counted.counts.pictures == 2
    assert counted.source.endswith("labels.csv, counted on all 2 pictures")


def test_a_set_without_training_pictures_is_refused(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"has no training pictures, its splits are test, val; choose one with \?split="
    ):
        counts_of(table(tmp_path, "path,labels,split\na.jpg,x,test\nb.jpg,x,val\n"))


def test_problems_of_the_set_come_along(tmp_path: Path):
    counted = counts_of(table(tmp_path, "path,labels\na.jpg,x\na.jpg,x\n"))
    assert len(counted.problems) == 1
    assert not counts_of("scenes:4").problems


@pytest.mark.parametrize("prefix", ["", "counts:"])
def test_a_file_of_counts(counts_file: Path, prefix: str):
    counted = counts_of(f"{prefix}{counts_file}")
    assert list(counted.counts.vocabulary) == ["label 0", "label 1"]
    assert counted.source == "counts in counts.json"
    named = counts_of(f"{prefix}{counts_file}?labels=labels.txt")
    assert list(named.counts.vocabulary) == ["jet", "plane"]
    absolute = counts_of(f"{prefix}{counts_file}?labels={counts_file.parent / 'labels.txt'}")
    assert absolute.counts.vocabulary == named.counts.vocabulary


def test_a_json_file_after_a_format_is_a_data_set(tmp_path: Path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"labels": ["x"], "samples": [{"image_name": "a.jpg", "image_labels": ["x"]}]}))
    assert counts_of(f"corel5k:{path}?labels_only=true").counts.pictures == 1


def test_wrong_specs(counts_file: Path, tmp_path: Path):
    with pytest.raises(OptionError, match=r"does not know the option 'label'; write counts:FILE\.json"):
        counts_of(f"counts:{counts_file}?label=x")
    with pytest.raises(OptionError, match="'counts:' has no path"):
        counts_of("counts:")
    with pytest.raises(OptionError, match="unknown data format 'pictures'"):
        counts_of("pictures:counts.txt")
    with pytest.raises(DataError, match=r"no\.txt: No such file"):
        counts_of(f"{counts_file}?labels=no.txt")
    with pytest.raises(GraphError, match=r"gone\.json: No such file"):
        counts_of(str(tmp_path / "gone.json"))


def test_a_wrong_vocabulary_is_named(counts_file: Path):
    (counts_file.parent / "labels.txt").write_text("jet\njet\n")
    with pytest.raises(VocabularyError, match=r"labels\.txt: the vocabulary holds labels twice: jet"):
        counts_of(f"{counts_file}?labels=labels.txt")
    (counts_file.parent / "labels.txt").write_text("jet\nplane\nsky\n")
    with pytest.raises(GraphError, match=r"counts\.json holds 2 labels, the vocabulary has 3"):
        counts_of(f"{counts_file}?labels=labels.txt")


@pytest.mark.parametrize("query", ["labels=labels.txt&labels=labels.txt", "labels="])
def test_one_file_of_labels_is_named(counts_file: Path, query: str):
    with pytest.raises(OptionError, match="must name one file with labels="):
        counts_of(f"counts:{counts_file}?{query}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04K\x01.", "it is a pickle, which can run code and is not read"),
        (b"\x93NUMPY\x01\x00", "it is a bare array, which has no labels"),
        (b"PK\x03\x04", "it is an archive, perhaps a finished graph"),
        (b'{"labels": ["a"], "edges": []}', "this is a finished graph; counts have the keys 'adj' and 'nums'"),
    ],
)
def test_files_of_other_kinds_are_refused_with_advice(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "adj.pkl").write_bytes(content)
    with pytest.raises(GraphError, match=message):
        counts_of(f"counts:{tmp_path / 'adj.pkl'}")
