"""IAPR TC-12 and ESP Game in both their forms, and Corel-5k in the form of the same page."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError

LABELS = ["sky", "sea", "boat"]
MARKS = {"train": [[1, 1, 0], [0, 0, 0], [0, 0, 1]], "test": [[1, 0, 0]]}
LISTS = {"train": ["00/25", "01/1000", "01/1001"], "test": ["02/2000"]}
PLACES = {
    "iaprtc12": ("images", ["00/25.jpg", "01/1000.jpg", "01/1001.jpg", "02/2000.jpg"]),
    "espgame": ("ESP-ImageSet/images", ["25.jpg", "1000.jpg", "1001.jpg", "2000.jpg"]),
    "corel5k": ("images", ["00/25.jpeg", "01/1000.jpeg", "01/1001.jpeg", "02/2000.jpeg"]),
}


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (12, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def hvecs(marks):
    return b"".join(np.array([len(row), *row], "<u2").tobytes() for row in marks)


def write(root: Path, files) -> Path:
    for location, content in files.items():
        (root / location).parent.mkdir(parents=True, exist_ok=True)
        (root / location).write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def pictures(name):
    folder, places = PLACES[name]
    return {f"{folder}/{place}": jpeg() for place in places}


def lists(name, labels=LABELS, names=LISTS, marks=MARKS):
    files = {f"{name}_dictionary.txt": "".join(f"{label}\n" for label in labels)}
    for split, lines in names.items():
        files[f"{name}_{split}_list.txt"] = "".join(f"{line}\n" for line in lines)
        files[f"{name}_{split}_annot.hvecs"] = hvecs(marks[split])
    return files


def json_files():
    files = {}
    for split, names in LISTS.items():
        samples = [
            {
                "image_name": f"{name.partition('/')[2]}.jpg",
                "image_labels": [label for label, mark in zip(LABELS, row, strict=True) if mark],
            }
            for name, row in zip(names, MARKS[split], strict=True)
        ]
        files[f"{split}.json"] = json.dumps({"samples": samples, "labels": LABELS})
    return files


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("place", ["", "{name}.20091111/"])
def test_lists_in_the_official_layout(tmp_path, name, place):
    labels = {place.format(name=name) + file: content for file, content in lists(name).items()}
    annotations = load_annotations(f"{name}:{write(tmp_path, pictures(name) | labels)}", strict=True)
    suffix = ".jpeg" if name == "corel5k" else ".jpg"
    assert annotations.names == [f"{stem}{suffix}" for stem in ["00/25", "01/1000", "01/1001", "02/2000"]]
    assert list(annotations.vocabulary) == LABELS
    assert annotations.targets.dense().tolist() == [*MARKS["train"], *MARKS["test"]]
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert {read_image(picture).size for picture in annotations.pictures} == {(12, 8)}


@pytest.mark.parametrize("name", ["iaprtc12", "espgame"])
def test_json_form_finds_pictures_in_subfolders(tmp_path, name):
    annotations = load_annotations(f"{name}:{write(tmp_path, pictures(name) | json_files())}", strict=True)
    assert annotations.names == ["25.jpg", "1000.jpg", "1001.jpg", "2000.jpg"]
    assert annotations.targets.dense().tolist() == [*MARKS["train"], *MARKS["test"]]
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert {read_image(picture).size for picture in annotations.pictures} == {(12, 8)}


def test_one_json_file(tmp_path):
    write(tmp_path, pictures("iaprtc12") | json_files())
    annotations = load_annotations(f"iaprtc12:{tmp_path}/test.json", strict=True)
    assert (annotations.names, annotations.split_names()) == (["2000.jpg"], ["test"])
    assert read_image(annotations.pictures[0]).size == (12, 8)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("kind", ["zip", "tar", "zip with a root folder"])
def test_archive_of_everything(tmp_path, name, kind):
    root = write(tmp_path / "set", pictures(name) | lists(name))
    path = packed(root, tmp_path / f"set.{kind[:3]}", "set/" if "root" in kind else "")
    annotations = load_annotations(f"{name}:{path}", strict=True)
    assert len(annotations) == 4
    assert {read_image(picture).size for picture in annotations.pictures} == {(12, 8)}


def packed(root: Path, path: Path, prefix: str = "") -> Path:
    files = [file for file in sorted(root.rglob("*")) if file.is_file()]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, prefix + file.relative_to(root).as_posix())
    else:
        with tarfile.open(path, "w") as archive:
            for file in files:
                archive.add(file, prefix + file.relative_to(root).as_posix())
    return path


def test_official_archives_beside_each_other(tmp_path):
    inner = {f"iaprtc12/{place}": content for place, content in pictures("iaprtc12").items()}
    root = tmp_path / "downloads"
    root.mkdir()
    packed(write(tmp_path / "pictures", inner), root / "iaprtc12.tar")
    packed(write(tmp_path / "labels", lists("iaprtc12")), root / "iaprtc12.20091111.tar")
    annotations = load_annotations(f"iaprtc12:{root}", strict=True)
    assert annotations.names == ["00/25.jpg", "01/1000.jpg", "01/1001.jpg", "02/2000.jpg"]
    assert {read_image(picture).size for picture in annotations.pictures} == {(12, 8)}


def test_compressed_archives_are_named(tmp_path):
    with tarfile.open(tmp_path / "iaprtc12.20091111.tar.bz2", "w:bz2"):
        pass
    with pytest.raises(DataError, match=r"neither train\.json or test\.json nor .*unpack iaprtc12\.20091111\.tar\.bz2"):
        load_annotations(f"iaprtc12:{tmp_path}")
    with pytest.raises(DataError, match=r"compressed with bzip2.*bunzip2"):
        load_annotations(f"iaprtc12:{tmp_path}/iaprtc12.20091111.tar.bz2")


def test_json_form_counts_where_both_are_there(tmp_path):
    labels = lists("iaprtc12", marks={split: np.zeros_like(rows) for split, rows in MARKS.items()})
    annotations = load_annotations(f"iaprtc12:{write(tmp_path, labels | json_files())}?labels_only=true", strict=True)
    assert annotations.targets.label_counts().tolist() == [2, 1, 1]


def test_lists_have_no_augmented_pictures(tmp_path):
    root = write(tmp_path, lists("corel5k") | pictures("corel5k"))
    with pytest.raises(DataError, match=r"these lists have no train_aug\.json, but augmented=true asks for it"):
        load_annotations(f"corel5k:{root}?augmented=true")


def test_labels_only(tmp_path):
    root = write(tmp_path, lists("espgame"))
    with pytest.raises(DataError, match=r"no folder of pictures \(ESP-ImageSet/images, images, ESP-ImageSet\)"):
        load_annotations(f"espgame:{root}")
    annotations = load_annotations(f"espgame:{root}?labels_only=true", strict=True)
    assert annotations.names == ["00/25.jpg", "01/1000.jpg", "01/1001.jpg", "02/2000.jpg"]


def test_other_folder_of_pictures(tmp_path):
    moved = {place.replace("images", "photos"): content for place, content in pictures("iaprtc12").items()}
    root = write(tmp_path, moved | lists("iaprtc12"))
    assert len(load_annotations(f"iaprtc12:{root}?images=photos", strict=True)) == 4
    assert len(load_annotations(f"iaprtc12:{root}?images={root}/photos", strict=True)) == 4
    assert len(load_annotations(f"iaprtc12:{root}", strict=True)) == 4, "found below the folder itself"
    with pytest.raises(DataError, match=r"no folder of pictures \(gone\); name it with images=FOLDER"):
        load_annotations(f"iaprtc12:{root}?images=gone")


def test_one_split_alone(tmp_path):
    files = {place: content for place, content in lists("iaprtc12").items() if "train" not in place}
    annotations = load_annotations(f"iaprtc12:{write(tmp_path, files)}?labels_only=true", strict=True)
    assert (annotations.names, annotations.split_names()) == (["02/2000.jpg"], ["test"])


@pytest.mark.parametrize("form", [json_files(), lists("iaprtc12")])
def test_name_of_several_files_is_a_problem(tmp_path, form):
    places = {"images/a/25.jpg": jpeg(), "images/b/25.jpg": jpeg(), "images/c/1000.jpg": jpeg()}
    root = write(tmp_path, places | form)
    annotations = load_annotations(f"iaprtc12:{root}")
    assert [name.rpartition("/")[2] for name in annotations.names] == ["1000.jpg"]
    assert annotations.problems.counts() == {
        "several files have the name of the picture: picture left out": 1,
        "missing image: picture left out": 2,
    }
    assert "25.jpg (" in annotations.problems.report()
    assert len(load_annotations(f"iaprtc12:{root}?labels_only=true", strict=True)) == 4


# --- files that are not as they should be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iaprtc12_dictionary.txt": None}, r"iaprtc12_dictionary\.txt: no such file; the lists"),
        ({"iaprtc12_test_annot.hvecs": None}, r"iaprtc12_test_annot\.hvecs: no such file"),
        (
            {"iaprtc12_dictionary.txt": "sky\nsea\n"},
            r"train_annot\.hvecs: 24 bytes; .* says that it has 3\. Expected a vector of 2",
        ),
        (
            {"iaprtc12_dictionary.txt": "sky\nsea\nsky\n"},
            r"iaprtc12_dictionary\.txt: the vocabulary holds labels twice: sky",
        ),
        ({"iaprtc12_dictionary.txt": ""}, "the vocabulary is empty"),
        ({"iaprtc12_dictionary.txt": b"sk\xe4\n"}, r"iaprtc12_dictionary\.txt, line 1: byte 0xe4 is not utf-8"),
        ({"iaprtc12_train_list.txt": "00/25\n"}, "each of the 1 pictures"),
        ({"iaprtc12_train_list.txt": "\n \n"}, r"iaprtc12_train_list\.txt: empty"),
        ({"iaprtc12_train_annot.hvecs": b""}, "0 bytes"),
        ({"iaprtc12_train_annot.hvecs": b"\x1f\x8b" * 12}, "24 bytes; its first vector says that it has 35615"),
    ],
)
def test_broken_files_are_one_clear_error(tmp_path, change, message):
    files = {place: content for place, content in (lists("iaprtc12") | change).items() if content is not None}
    with pytest.raises(DataError, match=message):
        load_annotations(f"iaprtc12:{write(tmp_path, files)}?labels_only=true")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd", "leaves the folder"),
        ("/etc/passwd", "absolute path"),
        ("C:\\x", "absolute path"),
        ("", "is empty"),
    ],
)
def test_names_that_lead_out_are_problems_with_their_line(tmp_path, name, reason):
    names = LISTS | {"train": ["00/25", name, "01/1001"]}
    root = write(tmp_path, pictures("iaprtc12") | lists("iaprtc12", names=names))
    annotations = load_annotations(f"iaprtc12:{root}")
    assert annotations.names == ["00/25.jpg", "01/1001.jpg", "02/2000.jpg"]
    assert reason in annotations.problems.report()
    assert "iaprtc12_train_list.txt, line 2" in annotations.problems.report()


def test_other_marks_are_unknown_labels(tmp_path):
    marks = MARKS | {"train": [[1, 1, 0], [0, 9, 0], [0, 0, 1]]}
    annotations = load_annotations(f"iaprtc12:{write(tmp_path, lists('iaprtc12', marks=marks))}?labels_only=true")
    assert annotations.targets.dense()[1].tolist() == [0, -1, 0]
    assert "mark of a label is not 0 or 1: label unknown: sea (iaprtc12_train_list.txt, line 2)" in (
        annotations.problems.report()
    )


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    files = lists("iaprtc12")
    files["iaprtc12_dictionary.txt"] = "\ufeffsky\r\nsea\r\nboat\r\n"
    files["iaprtc12_train_list.txt"] = "00\\25\r\n01\\1000\r\n01\\1001\r\n"
    annotations = load_annotations(f"iaprtc12:{write(tmp_path, pictures('iaprtc12') | files)}", strict=True)
    assert list(annotations.vocabulary) == LABELS
    assert annotations.names[:2] == ["00/25.jpg", "01/1000.jpg"]
