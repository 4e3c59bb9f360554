import io
import json
import zipfile
from pathlib import Path

import pytest

from corelate.data.dividing import METHODS, hold_out
from corelate.data.generated_folder import OTHER_LABELS
from corelate.data.images import read_image
from corelate.data.original_names import UNKNOWN_ORIGINAL
from corelate.data.originals import without_generated
from corelate.data.spec import load_annotations
from corelate.errors import DataError, VocabularyError

LABELS = ["sky", "boat", "sea"]
TRAIN = {
    "samples": [
        {"image_name": "2.jpeg", "image_labels": ["sea", "sky"]},
        {"image_name": "1.jpeg", "image_labels": []},
        {"image_name": "3.jpeg", "image_labels": ["boat", "boat"]},
    ],
    "labels": LABELS,
}
TEST = {"samples": [{"image_name": "4.jpeg", "image_labels": ["sky"]}], "labels": LABELS}


def jpeg():
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (12, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def write_set(root: Path, train=TRAIN, test=TEST, names="1234", **others) -> Path:
    (root / "images").mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / "images" / f"{name}.jpeg").write_bytes(jpeg())
    for name, content in {"train": train, "test": test, **others}.items():
        if content is not None:
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            (root / f"{name}.json").write_bytes(text)
    return root


def zipped(root: Path, path: Path, prefix: str = "", extra=()) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, prefix + file.relative_to(root).as_posix())
        for name, data in extra:
            archive.writestr(name, data)
    return path


@pytest.fixture(params=["folder", "zip", "zip with a root folder", "zip made on a Mac"])
def source(request, tmp_path):
    root = write_set(tmp_path / "set")
    if request.param == "folder":
        return root
    prefix = "" if request.param == "zip" else "corel5k/"
    extra = [("__MACOSX/._train.json", b"\0"), ("__MACOSX/train.json", b"\0")] if "Mac" in request.param else []
    return zipped(root, tmp_path / "set.zip", prefix, extra)


def test_order_splits_and_labels(source):
    annotations = load_annotations(f"corel5k:{source}", strict=True)
    assert annotations.names == ["2.jpeg", "1.jpeg", "3.jpeg", "4.jpeg"]
    assert list(annotations.vocabulary) == LABELS
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert annotations.targets.dense().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert annotations.groups is None
    assert read_image(annotations.pictures[3]).size == (12, 8)


def test_split_option(source):
    assert load_annotations(f"corel5k:{source}?split=test").names == ["4.jpeg"]


def test_single_file(tmp_path):
    root = write_set(tmp_path)
    annotations = load_annotations(f"corel5k:{root}/test.json")
    assert annotations.names == ["4.jpeg"]
    assert annotations.splits.tolist() == ["test"]


def test_single_file_of_another_name_has_no_split(tmp_path):
    root = write_set(tmp_path, train=None, test=None, mine={**TRAIN, "labels": LABELS[::-1]})
    annotations = load_annotations(f"corel5k:{root}/mine.json")
    assert annotations.splits is None
    assert list(annotations.vocabulary) == LABELS[::-1]


def test_validation_file_is_read_between_the_others(tmp_path):
    root = write_set(tmp_path, val={"samples": [{"image_name": "5.jpeg", "image_labels": []}]}, names="12345")
    assert load_annotations(f"corel5k:{root}").split_names() == ["train", "val", "test"]


# --- vocabulary ------------------------------------------------------------------------------------------------------


def test_file_without_labels_takes_those_of_train_json(tmp_path):
    root = write_set(tmp_path, test={"samples": TEST["samples"]})
    assert list(load_annotations(f"corel5k:{root}/test.json").vocabulary) == LABELS


def test_vocabulary_file_is_the_fallback(tmp_path):
    root = write_set(tmp_path, train={"samples": TRAIN["samples"]}, test=None)
    with pytest.raises(DataError, match=r"no vocabulary; give train\.json a list 'labels', or put a vocabulary\.txt"):
        load_annotations(f"corel5k:{root}")
    (root / "vocabulary.txt").write_text("sea\nboat\nsky\n")
    assert list(load_annotations(f"corel5k:{root}").vocabulary) == ["sea", "boat", "sky"]


def test_labels_of_the_file_go_before_the_vocabulary_file(tmp_path):
    root = write_set(tmp_path)
    (root / "vocabulary.txt").write_text("other\n")
    assert list(load_annotations(f"corel5k:{root}").vocabulary) == LABELS


@pytest.mark.parametrize("labels", [["sky", "sky"], [], [""], [3], [["sky"]], [None]])
def test_wrong_vocabulary_names_the_file(tmp_path, labels):
    root = write_set(tmp_path, train={**TRAIN, "labels": labels})
    with pytest.raises(VocabularyError, match=r"train\.json: "):
        load_annotations(f"corel5k:{root}")


# --- augmented pictures ----------------------------------------------------------------------------------------------

AUGMENTED = {
    "samples": [{"image_name": f"2_aug{kind}.jpeg", "image_labels": ["sky", "sea"]} for kind in ("", "_hor_flip")]
}


def test_augmented_pictures_are_read_when_asked_for(tmp_path):
    root = write_set(tmp_path, train_aug=AUGMENTED, names=["1", "2", "3", "4", "2_aug", "2_aug_hor_flip"])
    assert len(load_annotations(f"corel5k:{root}", strict=True)) == 4
    annotations = load_annotations(f"corel5k:{root}?augmented=true", strict=True)
    assert annotations.names[4:] == ["2_aug.jpeg", "2_aug_hor_flip.jpeg"]
    assert annotations.splits.tolist() == ["train"] * 3 + ["test"] + ["train"] * 2
    assert annotations.groups is None, "originals tie them"
    assert annotations.originals.tolist() == ["", "", "", "", "2.jpeg", "2.jpeg"]
    assert annotations.weights.tolist() == [1.0] * 6
    assert annotations.labels_of(5) == ["sky", "sea"]
    assert list(annotations.vocabulary) == LABELS


def test_augmented_pictures_have_the_weight_that_is_given(tmp_path):
    root = write_set(tmp_path, train_aug=AUGMENTED, names=["1", "2", "3", "4", "2_aug", "2_aug_hor_flip"])
    annotations = load_annotations(f"corel5k:{root}?augmented=true&generated_weight=0.25")
    assert annotations.weights.tolist() == [1.0] * 4 + [0.25] * 2


def test_augmented_pictures_are_as_their_originals(tmp_path):
    samples = [("2_aug.jpeg", ["boat"]), ("9_aug.jpeg", ["sky"]), ("1_aug.jpeg", [])]
    augmented = {"samples": [{"image_name": name, "image_labels": labels} for name, labels in samples]}
    root = write_set(tmp_path, train_aug=augmented, names=["1", "2", "3", "4", "1_aug", "2_aug", "9_aug"])
    annotations = load_annotations(f"corel5k:{root}?augmented=true")
    assert annotations.names[4:] == ["2_aug.jpeg", "1_aug.jpeg"]
    assert annotations.labels_of(4) == ["sky", "sea"]
    assert {(problem.kind, problem.subject) for problem in annotations.problems} == {
        (OTHER_LABELS, "2_aug.jpeg"),
        (UNKNOWN_ORIGINAL, "9_aug.jpeg"),
    }


def test_real_pictures_are_divided_as_without_the_augmented_ones(tmp_path):
    names = [str(number) for number in range(30, 10, -1)]
    train = {"samples": [{"image_name": f"{name}.jpeg", "image_labels": ["sky"]} for name in names], "labels": LABELS}
    augmented = {"samples": [{"image_name": "11_aug.jpeg", "image_labels": ["sky"]}]}
    root = write_set(tmp_path, train=train, test={"samples": []}, train_aug=augmented, names=[*names, "11_aug"])
    plain = load_annotations(f"corel5k:{root}", strict=True)
    real = without_generated(load_annotations(f"corel5k:{root}?augmented=true", strict=True))
    for method in METHODS:
        expected, found = (hold_out(annotations, 0.3, method, 1) for annotations in (plain, real))
        assert found.held_out.tolist() == expected.held_out.tolist()


def test_real_pictures_whose_names_are_alike_up_to_the_mark_stay_a_group(tmp_path):
    samples = [{"image_name": f"{name}.jpeg", "image_labels": ["sky"]} for name in ("1", "1_aug", "2")]
    augmented = {
        "samples": [{"image_name": f"{name}.jpeg", "image_labels": ["sky"]} for name in ("1_aug_aug", "2_aug")]
    }
    names = ["1", "1_aug", "2", "1_aug_aug", "2_aug"]
    train = {"samples": samples, "labels": LABELS}
    root = write_set(tmp_path, train=train, test={"samples": []}, train_aug=augmented, names=names)
    annotations = load_annotations(f"corel5k:{root}?augmented=true", strict=True)
    assert annotations.groups.tolist() == ["1", "1", "", "1", ""]
    assert annotations.originals.tolist() == ["", "", "", "1_aug.jpeg", "2.jpeg"]


def test_augmented_pictures_are_never_taken_for_real_ones(tmp_path):
    root = write_set(tmp_path, train_aug=AUGMENTED, names=["2_aug", "2_aug_hor_flip"])
    with pytest.raises(DataError, match=rf"holds no picture that can be used(.|\n)*2 × {UNKNOWN_ORIGINAL}"):
        load_annotations(f"corel5k:{root}?augmented=true")


def test_the_augmented_list_by_itself_is_a_set_like_any_other(tmp_path):
    content = {**AUGMENTED, "labels": LABELS}
    root = write_set(tmp_path, train_aug=content, names=["1", "2", "3", "4", "2_aug", "2_aug_hor_flip"])
    annotations = load_annotations(f"corel5k:{root}/train_aug.json", strict=True)
    assert (len(annotations), annotations.originals) == (2, None)


def test_augmented_list_must_be_there_when_asked_for(tmp_path):
    with pytest.raises(DataError, match=r"train_aug\.json: no such file"):
        load_annotations(f"corel5k:{write_set(tmp_path)}?augmented=true")


# --- pictures --------------------------------------------------------------------------------------------------------


def test_other_folder_of_pictures(tmp_path):
    root = write_set(tmp_path)
    (root / "images").rename(root / "photos")
    with pytest.raises(DataError, match="images: no such folder of pictures; name it with images=FOLDER"):
        load_annotations(f"corel5k:{root}")
    assert len(load_annotations(f"corel5k:{root}?images=photos", strict=True)) == 4
    assert len(load_annotations(f"corel5k:{root}?images={root}/photos", strict=True)) == 4


def test_labels_only(tmp_path):
    root = write_set(tmp_path, names="")
    (root / "images").rmdir()
    annotations = load_annotations(f"corel5k:{root}?labels_only=true", strict=True)
    assert annotations.targets.label_counts().tolist() == [2, 1, 1]


def test_missing_pictures_are_left_out(tmp_path):
    annotations = load_annotations(f"corel5k:{write_set(tmp_path, names='13')}")
    assert annotations.names == ["1.jpeg", "3.jpeg"]
    assert annotations.problems.counts() == {"missing image: picture left out": 2}
    assert "2.jpeg (train.json, sample 1)" in annotations.problems.report()


def test_picture_in_both_splits_stays_in_the_first(tmp_path):
    test = {"samples": [{"image_name": "1.jpeg", "image_labels": ["sky"]}]}
    annotations = load_annotations(f"corel5k:{write_set(tmp_path, test=test)}")
    assert annotations.splits.tolist() == ["train"] * 3
    assert "1.jpeg (test.json, sample 1)" in annotations.problems.report()


# --- hostile files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1, column 1: not JSON"),
        (b"\xff\xfe\x00", "not utf-8"),
        (b"[]", "expected a JSON object, found a list"),
        (b"{}", "expected an object with a list 'samples'; its keys are: none|no vocabulary"),
        (b'{"labels": ["sky"]}', "expected an object with a list 'samples'; its keys are: labels"),
        (b'{"labels": ["sky"], "samples": {}}', "'samples' must be a list, found an object"),
        (b'{"labels": "sky", "samples": []}', "'labels' must be a list, found text"),
        (b'{"labels": null, "samples": []}', "'labels' must be a list, found null"),
        (b'{"labels": ["sky"], "samples": [NaN]}', "NaN is not allowed"),
        (b'{"labels": ["sky"], "samples": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"labels": ["sky"], "samples": []}', "holds no picture"),
    ],
)
def test_broken_files_are_one_error_with_file_and_place(tmp_path, content, message):
    with pytest.raises(DataError, match=rf"(?s){tmp_path}.*({message})"):
        load_annotations(f"corel5k:{write_set(tmp_path, train=content, test=None)}")


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (3, "expected an object, found a number"),
        (None, "expected an object, found null"),
        (["1.jpeg", ["sky"]], "expected an object, found a list"),
        ({}, "'image_name' must be text, found nothing"),
        ({"image_name": 1, "image_labels": []}, "'image_name' must be text, found a number"),
        ({"image_name": "1.jpeg"}, "'image_labels' must be a list, found nothing"),
        ({"image_name": "1.jpeg", "image_labels": "sky"}, "'image_labels' must be a list, found text"),
        ({"image_name": "1.jpeg", "image_labels": None}, "'image_labels' must be a list, found null"),
        ({"image_name": "../train.json", "image_labels": []}, "leaves the folder"),
        ({"image_name": "/etc/passwd", "image_labels": []}, "absolute path"),
        ({"image_name": "\ud800.jpeg", "image_labels": []}, "holds control characters"),
    ],
)
def test_broken_samples_are_problems_and_the_others_are_read(tmp_path, sample, message):
    train = {**TRAIN, "samples": [sample, *TRAIN["samples"]]}
    annotations = load_annotations(f"corel5k:{write_set(tmp_path, train=train)}")
    assert annotations.names == ["2.jpeg", "1.jpeg", "3.jpeg", "4.jpeg"]
    assert len(annotations.problems) == 1
    assert message in annotations.problems.report()
    assert "train.json, sample 1" in annotations.problems.report()


def test_unknown_and_wrong_labels_are_dropped(tmp_path):
    train = {**TRAIN, "samples": [{"image_name": "1.jpeg", "image_labels": ["cloud", 3, None, ["sky"], "sky", "sky "]}]}
    annotations = load_annotations(f"corel5k:{write_set(tmp_path, train=train)}")
    assert annotations.labels_of(0) == ["sky"]
    assert annotations.problems.counts() == {
        "label not in the vocabulary: label dropped": 2,
        "label is not text: label dropped": 3,
    }


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        load_annotations(f"corel5k:{tmp_path}/gone")
    with pytest.raises(DataError, match=r"holds none of train\.json, val\.json, test\.json"):
        load_annotations(f"corel5k:{tmp_path}")
    zipped(tmp_path, tmp_path / "empty.zip", extra=[("x", b"")])
    with pytest.raises(DataError, match=r"empty\.zip: holds none of"):
        load_annotations(f"corel5k:{tmp_path}/empty.zip")


def test_archive_of_two_sets_is_ambiguous(tmp_path):
    root = write_set(tmp_path / "set")
    zipped(root, tmp_path / "two.zip", "a/", extra=[("b/train.json", json.dumps(TRAIN))])
    with pytest.raises(DataError, match=r"two\.zip: holds several data sets \(a, b\)"):
        load_annotations(f"corel5k:{tmp_path}/two.zip")


def test_truncated_archive(tmp_path):
    path = zipped(write_set(tmp_path / "set"), tmp_path / "set.zip")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"set\.zip"):
        load_annotations(f"corel5k:{path}")


def test_many_pictures_are_checked_fast(tmp_path):
    samples = [{"image_name": f"{number}.jpeg", "image_labels": ["sky"]} for number in range(20_000)]
    root = write_set(tmp_path, train={"samples": samples, "labels": LABELS}, test=None, names="")
    for number in range(0, 20_000, 100):
        (root / "images" / f"{number}.jpeg").touch()
    annotations = load_annotations(f"corel5k:{root}")
    assert len(annotations) == 200
    assert len(annotations.problems) == 19_800
