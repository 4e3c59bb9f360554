import json
from dataclasses import replace

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import MissingReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.conversion import write_annotations
from corelate.errors import DataError


def a_set(splits=("train", "test", "train"), unknown=None, **columns):
    return AnnotationSet(
        [MissingReference("nowhere", f"{number}.png") for number in range(3)],
        Vocabulary(["sky", "sea"]),
        TargetMatrix.from_rows([[1, 0], [], [1]], 2, unknown),
        splits=None if splits is None else np.array(splits),
        **columns,
    )


def test_files(tmp_path):
    write_annotations(a_set(), f"corel5k:{tmp_path}/out")
    assert json.loads((tmp_path / "out/train.json").read_text()) == {
        "samples": [
            {"image_name": "0.png", "image_labels": ["sea", "sky"]},
            {"image_name": "2.png", "image_labels": ["sea"]},
        ],
        "labels": ["sky", "sea"],
    }
    assert json.loads((tmp_path / "out/test.json").read_text()) == {
        "samples": [{"image_name": "1.png", "image_labels": []}],
        "labels": ["sky", "sea"],
    }
    assert not (tmp_path / "out/val.json").exists()


def test_files_of_an_earlier_set_are_taken_away_on_request(tmp_path):
    write_annotations(a_set(), f"corel5k:{tmp_path}/out")
    with pytest.raises(DataError, match="exists"):
        write_annotations(a_set(["val"] * 3), f"corel5k:{tmp_path}/out")
    result = write_annotations(a_set(["val"] * 3), f"corel5k:{tmp_path}/out", overwrite=True)
    assert load_annotations(result.spec, strict=True).splits.tolist() == ["val"] * 3


def test_one_file_without_splits(tmp_path):
    result = write_annotations(a_set(None), f"corel5k:{tmp_path}/labels.json")
    assert load_annotations(result.spec, strict=True).splits is None
    with pytest.raises(DataError, match="can't tell splits; give a folder"):
        write_annotations(a_set(), f"corel5k:{tmp_path}/other.json")
    with pytest.raises(DataError, match="would be of the split 'test'; choose another name"):
        write_annotations(a_set(None), f"corel5k:{tmp_path}/test.json")
    result = write_annotations(a_set(["test"] * 3), f"corel5k:{tmp_path}/test.json")
    assert load_annotations(result.spec, strict=True).splits.tolist() == ["test"] * 3


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        (a_set(unknown=[[], [0], []]), "can't say that a label is not known; write a table"),
        (a_set(groups=np.array(["1", "", ""])), "can't hold groups; write a table"),
        (a_set(["train", "holdout", ""]), "pictures of the split holdout, none; write a table"),
        (a_set(None), "pictures of the split none; write a table .*or give one file: corel5k:FILE.json"),
    ],
)
def test_what_the_form_cannot_hold(tmp_path, annotations, expected):
    with pytest.raises(DataError, match=expected):
        write_annotations(annotations, f"corel5k:{tmp_path}/out")
    assert not (tmp_path / "out").exists()


def test_pictures_that_lie_beside_the_files(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "0.png").touch()
    annotations = load_with(tmp_path, "0.png")
    assert write_annotations(annotations, f"corel5k:{tmp_path}").spec == f"corel5k:{tmp_path}?images=."


def load_with(folder, name):
    from corelate.data.references import FileReference

    return replace(a_set().select([0]), pictures=[FileReference(folder / name, name)])
