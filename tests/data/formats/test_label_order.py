"""Every format keeps the order in which its files list a picture's labels, as far as they list any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corelate.data.spec import load_annotations


def listed(spec: str) -> dict[str, list[str]]:
    """Return each picture's labels by their places."""
    annotations = load_annotations(spec)
    places = annotations.targets.dense_places()
    return {
        name: [annotations.vocabulary[column] for column in row.argsort() if row[column] > 0]
        for name, row in zip(annotations.names, places, strict=True)
    }


SAMPLES = {
    "samples": [
        {"image_name": "1.jpg", "image_labels": ["sea", "boat", "sea", "sky"]},
        {"image_name": "2.jpg", "image_labels": ["nothing known", "sky", "boat"]},
    ],
    "labels": ["sky", "boat", "sea"],
}
LISTED = {"1.jpg": ["sea", "boat", "sky"], "2.jpg": ["sky", "boat"]}


@pytest.mark.parametrize("name", ["corel5k", "nus_wide"])
def test_json_form(tmp_path: Path, name: str):
    (tmp_path / "train.json").write_text(json.dumps(SAMPLES))
    assert listed(f"{name}:{tmp_path}?labels_only=true") == LISTED


def test_a_cell_of_labels(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("path,labels\n1.jpg,sea;boat; sea ;sky\n2.jpg,sky;boat\n3.jpg,\n")
    assert listed(f"csv:{tmp_path}/labels.csv?labels_only=true") == {**LISTED, "3.jpg": []}


def test_columns_of_marks_are_no_list(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("path,sky,boat,sea\n1.jpg,1,1,1\n2.jpg,1,0,\n")
    annotations = load_annotations(f"csv:{tmp_path}/labels.csv?labels_only=true")
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert annotations.targets.places is None
    assert annotations.targets.dense_places().tolist() == [[1, 2, 3], [0, -1, 1]]


def test_objects_of_instances_files(tmp_path: Path):
    categories = [{"id": 3, "name": "boat"}, {"id": 1, "name": "person"}, {"id": 7, "name": "dog"}]
    objects = [(2, 7), (1, 3), (2, 1), (1, 1), (1, 3), (1, 7), (2, 7)]
    content = {
        "images": [{"id": identity, "file_name": f"{identity}.jpg"} for identity in (1, 2, 3)],
        "annotations": [{"image_id": image, "category_id": category} for image, category in objects],
        "categories": categories,
    }
    (tmp_path / "instances_train2017.json").write_text(json.dumps(content))
    assert listed(f"coco:{tmp_path}/instances_train2017.json?labels_only=true") == {
        "train2017/1.jpg": ["boat", "person", "dog"],
        "train2017/2.jpg": ["dog", "person"],
        "train2017/3.jpg": [],
    }


# Name, and whether it is difficult.
OBJECTS = [("dog", 0), ("boat", 1), ("dog", 0), ("chair", 1), ("bird", 0), ("chair", 0)]


@pytest.mark.parametrize(
    ("difficult", "expected"),
    [("positive", ["dog", "boat", "chair", "bird"]), ("unknown", ["dog", "bird", "chair"])],
)
def test_objects_of_voc(tmp_path: Path, difficult: str, expected: list[str]):
    objects = "".join(f"<object><name>{name}</name><difficult>{mark}</difficult></object>" for name, mark in OBJECTS)
    for folder in ("ImageSets/Main", "Annotations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ImageSets/Main/trainval.txt").write_text("1\n")
    (tmp_path / "Annotations/1.xml").write_text(f"<annotation>{objects}</annotation>")
    assert listed(f"voc:{tmp_path}?labels_only=true&difficult={difficult}") == {"1.jpg": expected}


def test_class_files_of_voc_are_no_list(tmp_path: Path):
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / "ImageSets/Main/trainval.txt").write_text("1\n")
    (tmp_path / "own.txt").write_text("dog\nboat\ncat\n")
    for label, mark in {"dog": 0, "boat": 1, "cat": 0}.items():
        (tmp_path / f"ImageSets/Main/{label}_trainval.txt").write_text(f"1 {mark}\n")
    spec = f"voc:{tmp_path}?labels_only=true&difficult=positive&vocabulary=own.txt"
    assert listed(spec) == {"1.jpg": ["dog", "boat", "cat"]}


def test_scenes_have_their_labels_in_the_order_of_the_vocabulary():
    assert load_annotations("scenes:50?size=16").targets.places is None
