import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import FileReference, MissingReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.conversion import write_annotations
from corelate.errors import DataError


def a_set(splits=None, groups=None):
    count = 4 if splits is None else len(splits)
    return AnnotationSet(
        [MissingReference("nowhere", f"train/{number}.png") for number in range(count)],
        Vocabulary(["sky", "sea", "boat"]),
        TargetMatrix.from_rows([[2, 0], [], [1], [0, 1]][:count], 3, [[], [1, 2], [], []][:count]),
        splits=None if splits is None else np.array(splits),
        groups=None if groups is None else np.array(groups),
    )


def content_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_official_layout(tmp_path):
    result = write_annotations(a_set(["train", "test", "val", "train"]), f"coco:{tmp_path}/out")
    assert sorted(path.name for path in (tmp_path / "out/annotations").iterdir()) == [
        "instances_test.json",
        "instances_train.json",
        "instances_val.json",
    ]
    train = content_of(tmp_path / "out/annotations/instances_train.json")
    assert train["images"] == [{"id": 1, "file_name": "train/0.png"}, {"id": 4, "file_name": "train/3.png"}]
    assert [(each["image_id"], each["category_id"], each["iscrowd"]) for each in train["annotations"]] == [
        (1, 3, 0),
        (1, 1, 0),
        (4, 1, 0),
        (4, 2, 0),
    ]
    assert [(each["id"], each["name"]) for each in train["categories"]] == [(1, "sky"), (2, "sea"), (3, "boat")]
    test = content_of(tmp_path / "out/annotations/instances_test.json")
    assert test["images"] == [{"id": 2, "file_name": "train/1.png", "unknown_category_ids": [2, 3]}]
    ids = [
        each["id"]
        for path in sorted((tmp_path / "out/annotations").iterdir())
        for each in content_of(path)["annotations"]
    ]
    assert sorted(ids) == list(range(1, 6))
    assert result.notes[0].startswith("pictures are in the order of their splits")


def test_names_that_begin_like_a_folder_of_coco_stay_as_they_are(tmp_path):
    (tmp_path / "out/train").mkdir(parents=True)
    result = write_annotations(a_set(["train"] * 4), f"coco:{tmp_path}/out")
    assert load_annotations(result.spec, strict=True).names == [f"train/{number}.png" for number in range(4)]


@pytest.mark.parametrize("splits", [["train", "val", "val"], ["val", "val", "val"]])
def test_validation_pictures_stay_so_without_test_pictures(tmp_path, splits):
    result = write_annotations(a_set(splits), f"coco:{tmp_path}/out")
    assert load_annotations(result.spec, strict=True).splits.tolist() == splits


@pytest.mark.parametrize("splits", [None, ["", "train", ""], ["", "", "test"]])
def test_pictures_without_a_split_are_said_to_be_so(tmp_path, splits):
    result = write_annotations(a_set(splits), f"coco:{tmp_path}/out")
    assert result.notes[0].startswith("pictures without a split are in instances_train.json")
    read = load_annotations(result.spec, strict=True)
    assert (None if read.splits is None else read.splits.tolist()) == splits


def test_other_splits_need_one_file(tmp_path):
    annotations = a_set(["train", "holdout", "", "x"])
    with pytest.raises(DataError, match=r"not for holdout; write one file, coco:.*instances\.json"):
        write_annotations(annotations, f"coco:{tmp_path}/out")
    result = write_annotations(annotations, f"coco:{tmp_path}/out.json")
    assert load_annotations(result.spec, strict=True).splits.tolist() == ["train", "holdout", "", "x"]


def test_files_of_other_sets_are_not_mixed_in(tmp_path):
    write_annotations(a_set(["train", "test", "val", "train"]), f"coco:{tmp_path}/out")
    with pytest.raises(DataError, match=r"exists.*--overwrite"):
        write_annotations(a_set(["test", "test"]), f"coco:{tmp_path}/out")
    result = write_annotations(a_set(["test", "test"]), f"coco:{tmp_path}/out", overwrite=True)
    assert [path.name for path in (tmp_path / "out/annotations").iterdir()] == ["instances_test.json"]
    assert load_annotations(result.spec, strict=True).splits.tolist() == ["test", "test"]
    (tmp_path / "out/annotations/instances_val2017.json").touch()
    with pytest.raises(DataError, match=r"holds instances_val2017\.json, another data set"):
        write_annotations(a_set(["test"]), f"coco:{tmp_path}/out", overwrite=True)


def test_a_stale_file_alone_is_not_removed_unasked(tmp_path):
    write_annotations(a_set(["val", "val"]), f"coco:{tmp_path}/out")
    with pytest.raises(DataError, match=r"instances_val\.json exists"):
        write_annotations(a_set(["test", "test"]), f"coco:{tmp_path}/out")
    assert [path.name for path in (tmp_path / "out/annotations").iterdir()] == ["instances_val.json"]


def test_sizes_are_those_of_the_pictures_as_they_are_seen(tmp_path):
    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (7, 5)).save(tmp_path / "b.jpg", exif=exif)
    (tmp_path / "c.png").write_bytes(b"rubbish")
    pictures = [FileReference(tmp_path / name, name) for name in ("a.png", "b.jpg", "c.png")]
    annotations = replace(a_set(["train"] * 3), pictures=pictures)
    result = write_annotations(annotations, f"coco:{tmp_path}/out?sizes=true")
    assert result.problems.counts() == {"picture can't be opened: written without its size": 1}
    content = content_of(tmp_path / "out/annotations/instances_train.json")
    sizes = {image["file_name"]: (image.get("width"), image.get("height")) for image in content["images"]}
    assert sizes == {"a.png": (7, 5), "b.jpg": (5, 7), "c.png": (None, None)}
    boxes = {each["image_id"]: (each.get("bbox"), each.get("area")) for each in content["annotations"]}
    assert boxes == {1: ([0, 0, 7, 5], 35), 3: (None, None)}
    assert load_annotations(result.spec, strict=True).names == ["a.png", "b.jpg", "c.png"]


def test_a_file_in_a_folder_annotations_belongs_to_the_folder_above(tmp_path):
    (tmp_path / "p.png").write_bytes(b"png")
    annotations = replace(a_set().select([0]), pictures=[FileReference(tmp_path / "p.png", "p.png")])
    result = write_annotations(annotations, f"coco:{tmp_path}/annotations/mine.json")
    assert result.spec == f"coco:{tmp_path}/annotations/mine.json"
    assert load_annotations(result.spec, strict=True).names == ["p.png"]
