"""What instances files may say beyond the official form."""

import json

import pytest

from corelate.data.spec import load_annotations
from corelate.errors import DataError

CATEGORIES = [{"id": 1, "name": "sky"}, {"id": 2, "name": "sea"}]


@pytest.fixture
def write(tmp_path):
    def write_file(*images, annotations=(), name="labels.json", **members):
        content = {
            "images": [{"id": number, "file_name": f"{number}.jpg"} | image for number, image in enumerate(images)],
            "annotations": [{"image_id": image, "category_id": category} for image, category in annotations],
            "categories": CATEGORIES,
        }
        (tmp_path / name).write_text(json.dumps(content | members))
        return f"coco:{tmp_path / name}?labels_only=true"

    return write_file


def test_unknown_categories_groups_and_splits(write):
    spec = write(
        {"unknown_category_ids": [2], "split": "train", "group": "a"},
        {"split": "", "group": 7},
        {"group": None, "unknown_category_ids": []},
        annotations=[(0, 1)],
    )
    annotations = load_annotations(spec, strict=True)
    assert annotations.targets.dense().tolist() == [[1, -1], [0, 0], [0, 0]]
    assert annotations.splits.tolist() == ["train", "", ""]
    assert annotations.groups.tolist() == ["a", "7", ""]


def test_a_split_that_is_said_counts_more_than_the_name_of_the_file(write):
    spec = write({"split": "val"}, {"split": None}, {}, name="instances_val.json")
    assert load_annotations(spec, strict=True).splits.tolist() == ["val", "", "test"]


def test_a_category_that_is_both_is_present_and_noted(write):
    annotations = load_annotations(write({"unknown_category_ids": [1, 2]}, annotations=[(0, 1)]))
    assert annotations.targets.dense().tolist() == [[1, -1]]
    assert annotations.problems.counts() == {"label both present and unknown: taken as present": 1}


def test_an_unknown_category_that_is_not_listed(write):
    annotations = load_annotations(write({"unknown_category_ids": [9, 2]}))
    assert annotations.targets.dense().tolist() == [[0, -1]]
    (problem,) = annotations.problems
    assert problem.kind == "unknown_category_ids names a category that is not listed: id left out"
    assert (problem.subject, problem.where) == ("category id 9", "labels.json, image 1")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"unknown_category_ids": 2}, "'unknown_category_ids' must be a list of ids"),
        ({"unknown_category_ids": [True]}, "'unknown_category_ids' must be a list of ids"),
        ({"unknown_category_ids": [[1]]}, "'unknown_category_ids' must be a list of ids"),
        ({"split": 1}, "'split' must be text or null, found a number"),
        ({"group": 1.5}, "'group' must be text, a whole number or null, found the number 1.5"),
        ({"group": ["a"]}, "'group' must be text, a whole number or null, found a list"),
    ],
)
def test_wrong_values_leave_the_picture_out(write, image, reason):
    annotations = load_annotations(write(image, {}))
    assert annotations.names == ["1.jpg"]
    (problem,) = annotations.problems
    assert problem.kind == "image is not as expected: picture left out"
    assert problem.subject == reason


def test_the_folder_of_the_pictures(write, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/0.jpg").write_bytes(b"here")
    spec = write({}, info={"picture_folder": "photos"}).partition("?")[0]
    annotations = load_annotations(spec, strict=True)
    assert annotations.names == ["0.jpg"]
    assert annotations.pictures[0].read() == b"here"
    (tmp_path / "others").mkdir()
    (tmp_path / "others/0.jpg").write_bytes(b"there")
    assert load_annotations(f"{spec}?images=others", strict=True).pictures[0].read() == b"there"


@pytest.mark.parametrize("place", ["../elsewhere", "/etc", "C:x", "", 5, ["a"], "a\nb"])
def test_a_folder_outside_is_refused(write, place):
    with pytest.raises(DataError, match="'picture_folder' of 'info' must be a folder below that of the data set"):
        load_annotations(write({}, info={"picture_folder": place}))


@pytest.mark.parametrize("info", [None, "text", [1], {"description": "x"}, {"picture_folder": None}])
def test_other_information_is_passed_over(write, info):
    assert load_annotations(write({}, info=info), strict=True).names == ["0.jpg"]
