import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from corelate.data.formats import voc_labels
from corelate.data.formats.voc import CLASSES
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError, VocabularyError

# The objects of each picture: class, and whether it is difficult.
PICTURES = {
    "000005": [("chair", 0), ("chair", 1), ("dog", 1)],
    "000007": [("car", 0)],
    "000009": [],
    "000001": [("dog", 0), ("person", 0)],
    "000002": [("train", 1)],
}
LISTS = {"train": ["000005"], "val": ["000007", "000009"], "trainval": ["000005", "000007", "000009"]}
LISTS["test"] = ["000001", "000002"]


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (12, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def annotation(picture, objects):
    """Return an annotation as VOC2007 writes it; a person has parts, which have names too."""
    lines = [f"<annotation>\n\t<folder>VOC2007</folder>\n\t<filename>{picture}.jpg</filename>"]
    for name, difficult in objects:
        part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>" if name == "person" else ""
        lines.append(
            f"\t<object>\n\t\t<name>{name}</name>\n\t\t<pose>Left</pose>\n\t\t<truncated>0</truncated>\n"
            f"\t\t<difficult>{difficult}</difficult>\n\t\t<bndbox><xmin>1</xmin></bndbox>{part}\n\t</object>"
        )
    return "\n".join([*lines, "</annotation>\n"])


def mark(objects, label):
    found = [difficult for name, difficult in objects if name == label]
    return -1 if not found else 1 if 0 in found else 0


def official_files(lists=tuple(LISTS), class_files=True, pictures=PICTURES):
    """Return what an official archive of some of the lists holds, from the folder of the year."""
    files = {}
    for name in lists:
        files[f"ImageSets/Main/{name}.txt"] = "".join(f"{picture}\n" for picture in LISTS[name])
        for picture in LISTS[name]:
            files[f"Annotations/{picture}.xml"] = annotation(picture, pictures[picture])
            files[f"JPEGImages/{picture}.jpg"] = jpeg()
        for label in CLASSES if class_files else ():
            lines = (f"{picture} {mark(pictures[picture], label):2d}\n" for picture in LISTS[name])
            files[f"ImageSets/Main/{label}_{name}.txt"] = "".join(lines)
    return {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}


def write(root: Path, files) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def write_tar(path: Path, files, root="VOCdevkit/VOC2007/") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(root + name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


SOURCES = ["VOC2007", "VOCdevkit", "a folder around it", "tar archives", "annotations only", "one tar"]


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    if request.param == "tar archives":
        write_tar(tmp_path / "VOCtrainval_06-Nov-2007.tar", official_files(["train", "val", "trainval"]))
        write_tar(tmp_path / "VOCtest_06-Nov-2007.tar", official_files(["test"]))
        return tmp_path
    if request.param == "one tar":
        return write_tar(tmp_path / "mine.tar", official_files())
    files = official_files(class_files=request.param != "annotations only")
    write(tmp_path / "VOCdevkit" / "VOC2007", files)
    return {"VOCdevkit": tmp_path / "VOCdevkit", "a folder around it": tmp_path}.get(
        request.param, tmp_path / "VOCdevkit" / "VOC2007"
    )


def cells(annotations):
    """Return for each picture its labels, and with a question mark those that are unknown."""
    return {
        picture.name: [label + "?" * int(value < 0) for label, value in zip(CLASSES, row, strict=True) if value]
        for picture, row in zip(annotations.pictures, annotations.targets.dense(), strict=True)
    }


def test_labels_splits_and_unknown_cells(source):
    annotations = load_annotations(f"voc:{source}", strict=True)
    assert list(annotations.vocabulary) == sorted(CLASSES)
    assert len(annotations.vocabulary) == 20
    assert annotations.splits.tolist() == ["train"] * 3 + ["test"] * 2
    assert cells(annotations) == {
        "000005.jpg": ["chair", "dog?"],
        "000007.jpg": ["car"],
        "000009.jpg": [],
        "000001.jpg": ["dog", "person"],
        "000002.jpg": ["train?"],
    }
    dense = annotations.targets.dense()
    assert dense[0, CLASSES.index("dog")] == -1
    assert annotations.targets.label_counts().sum() == 4
    assert read_image(annotations.pictures[3]).size == (12, 8)


@pytest.mark.parametrize(("means", "found"), [("positive", ["chair", "dog"]), ("negative", ["chair"])])
def test_difficult_objects_may_count_or_not(source, means, found):
    annotations = load_annotations(f"voc:{source}?difficult={means}", strict=True)
    assert cells(annotations)["000005.jpg"] == found
    assert (annotations.targets.values == 1).all()


def test_difficult_objects_may_count_in_training_alone(source):
    found = cells(load_annotations(f"voc:{source}?difficult=positive_in_training", strict=True))
    assert found["000005.jpg"] == ["chair", "dog"]
    assert found["000002.jpg"] == ["train?"]


def test_lists_may_be_chosen(source):
    annotations = load_annotations(f"voc:{source}?lists=train,val", strict=True)
    assert annotations.splits.tolist() == ["train", "val", "val"]
    assert load_annotations(f"voc:{source}?split=test").names == ["000001.jpg", "000002.jpg"]


# --- years and lists -------------------------------------------------------------------------------------------------


def test_one_of_several_years_must_be_chosen(tmp_path):
    for year in (2007, 2012):
        write(tmp_path / f"VOC{year}", official_files(["train", "val", "trainval"]))
    with pytest.raises(DataError, match=r"holds VOC2007, VOC2012; choose one with year="):
        load_annotations(f"voc:{tmp_path}")
    assert len(load_annotations(f"voc:{tmp_path}?year=2012", strict=True)) == 3
    with pytest.raises(DataError, match=r"holds no VOC2010/ImageSets/Main; it holds VOC2007, VOC2012$"):
        load_annotations(f"voc:{tmp_path}?year=2010")
    with pytest.raises(DataError, match=r"holds VOC2012, not VOC2007"):
        load_annotations(f"voc:{tmp_path}/VOC2012?year=2007")


def test_archive_of_2011_has_another_root(tmp_path):
    path = write_tar(
        tmp_path / "VOCtrainval_25-May-2011.tar", official_files(["trainval"]), "TrainVal/VOCdevkit/VOC2011/"
    )
    assert len(load_annotations(f"voc:{path}", strict=True)) == 3


@pytest.mark.parametrize("root", ["mine/", "mine/VOCdevkit/VOC2012/", "a/b/VOC2012/"])
def test_archive_may_have_a_folder_around_the_data_set(tmp_path, root):
    path = write_tar(tmp_path / "x.tar", official_files(["trainval"]), root)
    assert len(load_annotations(f"voc:{path}", strict=True)) == 3


def test_test_labels_after_2007_are_not_published(tmp_path):
    root = write(tmp_path / "VOC2012", official_files())
    assert set(load_annotations(f"voc:{root}", strict=True).splits) == {"train"}
    with pytest.raises(OptionError, match="labels of the test pictures of VOC2012 are not published"):
        load_annotations(f"voc:{root}?lists=test")


def test_archive_of_one_list_gives_one_split(tmp_path):
    path = write_tar(tmp_path / "VOCtest_06-Nov-2007.tar", official_files(["test"]))
    assert set(load_annotations(f"voc:{path}", strict=True).splits) == {"test"}


def test_own_set_without_trainval_gives_its_lists(tmp_path):
    root = write(tmp_path / "mine", official_files(["train", "val", "test"]))
    assert load_annotations(f"voc:{root}", strict=True).splits.tolist() == ["train", "val", "val", "test", "test"]


def test_own_list_is_a_split_of_its_name(tmp_path):
    root = write(tmp_path / "mine", official_files())
    (root / "ImageSets/Main/few.txt").write_text("000007\n")
    assert load_annotations(f"voc:{root}?lists=few").splits.tolist() == ["few"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("lists=gone", "there is no .*ImageSets/Main/gone.txt"),
        ("lists=../../VOC2007/ImageSets/Main/train", "there is no"),
        ("lists=trainval,train", "trainval holds the pictures of train and val"),
        ("difficult=maybe", "choose one of unknown, positive, negative, positive_in_training"),
        ("year=late", "expected a whole number"),
    ],
)
def test_wrong_options(tmp_path, option, message):
    root = write(tmp_path / "VOC2007", official_files())
    with pytest.raises(OptionError, match=message):
        load_annotations(f"voc:{root}?{option}")


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match=r"holds no VOCdevkit/VOC2007/ImageSets/Main; give the folder VOCdevkit"):
        load_annotations(f"voc:{tmp_path}")
    write(tmp_path, {"VOC2007/ImageSets/Main/other.txt": b""})
    with pytest.raises(DataError, match=r"holds none of trainval\.txt, train\.txt, val\.txt, test\.txt"):
        load_annotations(f"voc:{tmp_path}")


def test_compressed_tar_is_refused(tmp_path):
    with tarfile.open(tmp_path / "VOCtrainval.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("VOCdevkit"))
    with pytest.raises(DataError, match="compressed with gzip"):
        load_annotations(f"voc:{tmp_path}/VOCtrainval.tar.gz")


# --- own labels ------------------------------------------------------------------------------------------------------

HELMETS = {name: [("helmet", 0)] for name in PICTURES} | {"000009": [("head", 0), ("head", 1), ("hat", 1)]}


def test_own_labels_come_from_a_file(tmp_path):
    root = write(tmp_path / "mine", official_files(class_files=False, pictures=HELMETS))
    (root / "labels.txt").write_text("helmet\nhead\n")
    annotations = load_annotations(f"voc:{root}?vocabulary=labels.txt")
    assert list(annotations.vocabulary) == ["helmet", "head"]
    assert annotations.labels_of(2) == ["head"]
    assert "hat (trainval.txt, line 3, 000009.jpg)" in annotations.problems.report()
    with pytest.raises(
        DataError, match=r"no object has one of the 20 labels; .* hat, head, helmet; .* vocabulary=FILE"
    ):
        load_annotations(f"voc:{root}")


def test_wrong_file_of_own_labels(tmp_path):
    root = write(tmp_path / "mine", official_files(class_files=False, pictures=HELMETS))
    (root / "labels.txt").write_text("helmet\nhelmet\n")
    with pytest.raises(VocabularyError, match=r"labels\.txt: "):
        load_annotations(f"voc:{root}?vocabulary=labels.txt")
    with pytest.raises(DataError, match=r"gone\.txt"):
        load_annotations(f"voc:{root}?vocabulary=gone.txt")


# --- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_may_be_missing(tmp_path):
    root = write(tmp_path / "VOC2007", official_files())
    (root / "JPEGImages/000007.jpg").unlink()
    annotations = load_annotations(f"voc:{root}")
    assert "000007.jpg" not in annotations.names
    assert "000007.jpg (trainval.txt, line 2)" in annotations.problems.report()
    assert len(load_annotations(f"voc:{root}?labels_only=true", strict=True)) == 5


def test_folder_of_pictures_may_be_missing_only_for_labels(tmp_path):
    files = {name: data for name, data in official_files().items() if not name.startswith("JPEGImages")}
    root = write(tmp_path / "VOC2007", files)
    with pytest.raises(DataError, match=r"JPEGImages: no such folder of pictures; pass labels_only=true"):
        load_annotations(f"voc:{root}")
    assert len(load_annotations(f"voc:{root}?labels_only=true", strict=True)) == 5


def test_own_pictures_may_have_other_suffixes(tmp_path):
    root = write(tmp_path / "VOC2007", official_files())
    (root / "JPEGImages/000007.jpg").rename(root / "JPEGImages/000007.png")
    assert "000007.png" in load_annotations(f"voc:{root}", strict=True).names


# --- lists and class files with faults -------------------------------------------------------------------------------


def problems_of(root, **files):
    """Return the labels of the training list and the problems, with some class files replaced."""
    for label, text in files.items():
        (root / f"ImageSets/Main/{label}_trainval.txt").write_bytes(text)
    annotations = load_annotations(f"voc:{root}?lists=trainval")
    return cells(annotations), annotations.problems


@pytest.fixture
def root(tmp_path):
    return write(tmp_path / "VOC2007", official_files())


def test_other_line_ends_marks_and_spaces(root):
    text = b"\xef\xbb\xbf000005\t1\r\n\r\n000007   0 \r\n000009 -1"
    found, problems = problems_of(root, boat=text)
    assert (found["000005.jpg"], found["000007.jpg"]) == (["boat", "chair", "dog?"], ["boat?", "car"])
    assert not problems


@pytest.mark.parametrize(
    ("text", "kind", "case"),
    [
        (b"000005 1\n000009 -1\n", voc_labels.UNMARKED, "000007 (ImageSets/Main/boat_trainval.txt)"),
        (
            b"000005 1\n000007 2\n000009 -1\n",
            voc_labels.BAD_LINE,
            "000007 2 (ImageSets/Main/boat_trainval.txt, line 2)",
        ),
        (b"000005 1\n000007\n000009 -1\n", voc_labels.BAD_LINE, "000007 (ImageSets/Main/boat_trainval.txt, line 2)"),
    ],
)
def test_label_without_a_mark_is_unknown(root, text, kind, case):
    found, problems = problems_of(root, boat=text)
    assert found == {"000005.jpg": ["boat", "chair", "dog?"], "000007.jpg": ["boat?", "car"], "000009.jpg": []}
    assert voc_labels.UNMARKED in problems.counts()
    assert kind in problems.counts()
    assert case in problems.report()


def test_class_file_may_name_more_pictures_or_one_twice(root):
    text = b"000005 1\n000007 -1\n000009 -1\n999999 1\n000005 -1\n"
    found, problems = problems_of(root, boat=text)
    assert found["000005.jpg"] == ["boat", "chair", "dog?"]
    assert problems.counts() == {voc_labels.UNLISTED: 1, voc_labels.REPEATED_LINE: 1}
    assert "999999 (ImageSets/Main/boat_trainval.txt, line 4)" in problems.report()
    assert "000005 (ImageSets/Main/boat_trainval.txt, line 5)" in problems.report()


def test_annotations_serve_when_a_class_file_is_missing(root):
    (root / "ImageSets/Main/boat_trainval.txt").unlink()
    (root / "ImageSets/Main/chair_trainval.txt").write_text("nonsense")
    found, problems = problems_of(root)
    assert found["000005.jpg"] == ["chair", "dog?"]
    assert not problems


def test_neither_annotations_nor_all_class_files(root):
    (root / "ImageSets/Main/boat_trainval.txt").unlink()
    (root / "Annotations").rename(root / "gone")
    with pytest.raises(DataError, match=r"Annotations: no such folder, and ImageSets/Main lacks class files"):
        load_annotations(f"voc:{root}")


@pytest.mark.parametrize("class_files", [True, False])
def test_lists_with_names_that_can_not_be_used(tmp_path, class_files):
    root = write(tmp_path / "VOC2007", official_files(class_files=class_files))
    secret = tmp_path / "secret"
    secret.with_suffix(".jpg").write_bytes(jpeg())
    secret.with_suffix(".xml").write_text(annotation("secret", [("dog", 0)]))
    names = ["000005", "../../secret", str(secret), "C:\\x", "000005", "000007", "000009"]
    (root / "ImageSets/Main/trainval.txt").write_text("\n".join(names))
    annotations = load_annotations(f"voc:{root}?lists=trainval")
    assert annotations.names == ["000005.jpg", "000007.jpg", "000009.jpg"]
    assert annotations.problems.counts()["picture name can't be used: picture left out"] == 3
    assert annotations.problems.counts()["picture listed more than once: first kept"] == 1
    assert "../../secret leaves the folder of the pictures (trainval.txt, line 2)" in annotations.problems.report()


def test_list_in_another_encoding_names_the_line(root):
    (root / "ImageSets/Main/trainval.txt").write_bytes(b"000005\ncaf\xe9\n")
    with pytest.raises(DataError, match=r"trainval\.txt, line 2: byte 0xe9 is not utf-8 text"):
        load_annotations(f"voc:{root}")


# --- annotations with faults -----------------------------------------------------------------------------------------


def test_pictures_whose_annotation_can_not_be_used_are_left_out(tmp_path):
    root = write(tmp_path / "VOC2007", official_files(class_files=False))
    (root / "Annotations/000005.xml").unlink()
    (root / "Annotations/000007.xml").write_text("<annotation><object>")
    annotations = load_annotations(f"voc:{root}")
    assert annotations.names == ["000009.jpg", "000001.jpg", "000002.jpg"]
    assert annotations.problems.counts() == {voc_labels.NO_ANNOTATION: 1, voc_labels.BAD_ANNOTATION: 1}
    assert "000005 (Annotations/000005.xml)" in annotations.problems.report()
    assert "Annotations/000007.xml, line 1, column 21: not XML (no element found)" in annotations.problems.report()


def test_huge_annotation_is_left_out(tmp_path, monkeypatch):
    root = write(tmp_path / "VOC2007", official_files(class_files=False))
    monkeypatch.setattr(voc_labels, "MAX_XML_BYTES", 400)
    annotations = load_annotations(f"voc:{root}")
    assert "000005.jpg" not in annotations.names
    assert annotations.problems.counts() == {voc_labels.BAD_ANNOTATION: 2}
    assert "000005.xml: larger than" in annotations.problems.report()
