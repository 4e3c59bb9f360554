from pathlib import Path

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.packed_text import PackedTexts
from corelate.data.references import FileReference, FolderReferences
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError


@pytest.fixture
def annotations():
    return AnnotationSet(
        pictures=[FileReference(Path(name), name) for name in ("a", "b", "c")],
        vocabulary=Vocabulary(["sky", "sea"]),
        targets=TargetMatrix.from_rows([[0], [], [1, 0]], 2),
        splits=np.array(["train", "test", "train"]),
        groups=np.array(["1", "2", "1"]),
    )


def test_labels_and_names(annotations):
    assert annotations.names == ["a", "b", "c"]
    assert [annotations.labels_of(row) for row in range(3)] == [["sky"], [], ["sky", "sea"]]


def test_select_keeps_everything_together(annotations):
    chosen = annotations.select([2, 0])
    assert chosen.names == ["c", "a"]
    assert chosen.labels_of(0) == ["sky", "sea"]
    assert chosen.splits.tolist() == ["train", "train"]
    assert chosen.groups.tolist() == ["1", "1"]


def test_pictures_of_a_folder_stay_small_when_selected(annotations):
    pictures = FolderReferences(Path(), PackedTexts(["a", "b", "c"]))
    lazy = AnnotationSet(pictures, annotations.vocabulary, annotations.targets)
    assert lazy.names == annotations.names
    assert isinstance(lazy.select([2, 0]).pictures, FolderReferences)
    assert lazy.select([2, 0]).names == ["c", "a"]
    assert list(lazy.select([2, 0]).pictures) == annotations.select([2, 0]).pictures


def test_splits(annotations):
    assert annotations.split_names() == ["train", "test"]
    assert annotations.split("train").names == ["a", "c"]
    with pytest.raises(DataError, match="no split 'val'; its splits are: train, test"):
        annotations.split("val")


@pytest.mark.parametrize("column", ["splits", "groups"])
def test_lengths_must_fit(annotations, column):
    columns = {"splits": None, "groups": None, column: np.array(["x"])}
    with pytest.raises(DataError, match=f"1 {column} for 3 pictures"):
        AnnotationSet(annotations.pictures, annotations.vocabulary, annotations.targets, **columns)
    with pytest.raises(DataError, match="do not fit"):
        AnnotationSet(annotations.pictures[:1], annotations.vocabulary, annotations.targets)
