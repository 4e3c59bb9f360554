import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from corelate.data.formats import nus_wide_concepts
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError, VocabularyError

CONCEPTS = ["airport", "clouds", "sky"]
TRAIN = {
    "actor\\0001_2124494179.jpg": ["sky"],
    "zebra\\0002_59.jpg": [],
    "actor\\0003_7.jpg": ["clouds", "sky"],
}
TEST = {"airport\\0004_8.jpg": ["airport"]}
NAMES = [name.replace("\\", "/") for name in TRAIN | TEST]


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (12, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def official_files(line_end="\r\n", pictures="Flickr/"):
    """Return the files of the official downloads, with three concepts for 81, and the pictures."""
    files = {"ConceptsList/Concepts81.txt": "".join(f"{concept}\n" for concept in CONCEPTS)}
    for name, listed in (("Train", TRAIN), ("Test", TEST)):
        files[f"ImageList/{name}Imagelist.txt"] = "".join(picture + line_end for picture in listed)
        for concept in CONCEPTS:
            marks = (f"{int(concept in labels)}{line_end}" for labels in listed.values())
            files[f"Groundtruth/TrainTestLabels/Labels_{concept}_{name}.txt"] = "".join(marks)
    files = {name: text.encode() for name, text in files.items()}
    return files | {f"{pictures}{name}": jpeg() for name in NAMES}


def write(root: Path, files) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def write_zip(path: Path, files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture(params=["folder", "other names", "archives", "one archive", "one archive and lists"])
def source(request, tmp_path):
    files = official_files()
    if request.param == "other names":
        files = official_files("\n", "images/")
        files["Concepts81.txt"] = files.pop("ConceptsList/Concepts81.txt")
    elif request.param == "archives":
        for folder in ("Groundtruth", "ImageList", "ConceptsList"):
            inside = {name: files.pop(name) for name in list(files) if name.startswith(folder)}
            write_zip(tmp_path / f"{folder}.zip", inside)
    elif request.param == "one archive":
        return write_zip(tmp_path / "mine.zip", files)
    elif request.param == "one archive and lists":
        folders = ("Groundtruth", "ConceptsList")
        inside = {f"NUS-WIDE/{name}": files.pop(name) for name in list(files) if name.startswith(folders)}
        write_zip(tmp_path / "NUS-WIDE.zip", inside)
    return write(tmp_path, files)


def test_labels_splits_and_order(source):
    annotations = load_annotations(f"nus_wide:{source}", strict=True)
    assert list(annotations.vocabulary) == CONCEPTS
    assert annotations.names == NAMES
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert annotations.targets.dense().tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 1], [1, 0, 0]]
    assert read_image(annotations.pictures[2]).size == (12, 8)


def test_pictures_without_concepts_may_be_skipped(source):
    annotations = load_annotations(f"nus_wide:{source}?skip_unlabelled=true", strict=True)
    assert annotations.names == [NAMES[0], *NAMES[2:]]


def test_pictures_may_lie_in_one_folder(tmp_path):
    files = {name.replace("Flickr/", ""): data for name, data in official_files().items()}
    flat = {f"images/{Path(name).name}" if name.endswith(".jpg") else name: data for name, data in files.items()}
    annotations = load_annotations(f"nus_wide:{write(tmp_path, flat)}", strict=True)
    assert annotations.names == ["0001_2124494179.jpg", "0002_59.jpg", "0003_7.jpg", "0004_8.jpg"]


def test_folder_of_pictures(tmp_path):
    root = write(tmp_path, official_files(pictures="photos/"))
    with pytest.raises(
        DataError, match=r"no folder of pictures \(Flickr, images, Images\); name it with images=FOLDER"
    ):
        load_annotations(f"nus_wide:{root}")
    assert len(load_annotations(f"nus_wide:{root}?images=photos", strict=True)) == 4
    assert load_annotations(f"nus_wide:{root}?labels_only=true", strict=True).names == NAMES


def test_missing_pictures_are_left_out(tmp_path):
    root = write(tmp_path, official_files())
    (root / "Flickr/actor/0003_7.jpg").unlink()
    annotations = load_annotations(f"nus_wide:{root}")
    assert len(annotations) == 3
    assert "actor/0003_7.jpg (TrainImagelist.txt, line 3)" in annotations.problems.report()


def test_one_list_gives_one_split(tmp_path):
    root = write(tmp_path, official_files())
    (root / "ImageList/TestImagelist.txt").unlink()
    assert set(load_annotations(f"nus_wide:{root}", strict=True).splits) == {"train"}


# --- faults ----------------------------------------------------------------------------------------------------------

MARKS = "Groundtruth/TrainTestLabels/Labels_sky_Train.txt"


def test_strange_mark_makes_the_label_unknown(tmp_path):
    """The published marks of lake hold one such number."""
    root = write(tmp_path, official_files() | {MARKS: b"\xef\xbb\xbf1\n-1130179\n1"})
    annotations = load_annotations(f"nus_wide:{root}")
    assert annotations.targets.dense().tolist()[1] == [0, 0, -1]
    assert annotations.problems.counts() == {nus_wide_concepts.BAD_MARK: 1}
    assert "-1130179 (Labels_sky_Train.txt, line 2)" in annotations.problems.report()
    # It is not known to be without concepts.
    assert len(load_annotations(f"nus_wide:{root}?skip_unlabelled=true")) == 4


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        (MARKS, b"1\n0\n", r"Labels_sky_Train\.txt: 2 lines for the 3 pictures of TrainImagelist\.txt"),
        (MARKS, b"1\n0\n1\n0\n", r"Labels_sky_Train\.txt: 4 lines for the 3 pictures"),
        (MARKS, b"yes\nno\nyes\n", r"Labels_sky_Train\.txt, line 1: expected 0 or 1 on each line"),
        (MARKS, b"", r"Labels_sky_Train\.txt: 1 lines"),
        (MARKS, None, r"holds no Groundtruth/TrainTestLabels/Labels_sky_Train\.txt; the marks of all concepts"),
        ("ConceptsList/Concepts81.txt", None, r"holds no Concepts81\.txt"),
        ("ConceptsList/Concepts81.txt", b"sky\n../x\n", r"holds no .*Labels_\.\./x_Train\.txt"),
        ("ImageList", None, r"holds no ImageList/TrainImagelist\.txt, which names the pictures"),
        ("ImageList/TrainImagelist.txt", b" \n", r"TrainImagelist\.txt: empty"),
        ("ImageList/TrainImagelist.txt", b"a.jpg\ncaf\xe9.jpg\nb.jpg", r"TrainImagelist\.txt, line 2: byte 0xe9"),
    ],
)
def test_files_that_do_not_belong_together_are_errors(tmp_path, file, data, message):
    root = write(tmp_path, official_files())
    if data is None:
        (root / file).rename(tmp_path / "gone")
    else:
        (root / file).write_bytes(data)
    with pytest.raises(DataError, match=message):
        load_annotations(f"nus_wide:{root}")


def test_wrong_concepts(tmp_path):
    root = write(tmp_path, official_files() | {"ConceptsList/Concepts81.txt": b"sky\nsky\n"})
    with pytest.raises(VocabularyError, match=r"Concepts81\.txt: .* twice: sky"):
        load_annotations(f"nus_wide:{root}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("..\\..\\secret.jpg", "leaves the folder"),
        ("C:\\secret.jpg", "absolute path"),
        ("/etc/passwd", "absolute path"),
        ("", "is empty"),
        ("actor\\0001_2124494179.jpg", "actor/0001_2124494179.jpg (TrainImagelist.txt, line 2)"),
    ],
)
def test_names_that_can_not_be_used_keep_the_lines_in_step(tmp_path, name, message):
    root = write(tmp_path, official_files())
    lines = [*TRAIN]
    lines[1] = name
    (root / "ImageList/TrainImagelist.txt").write_text("\n".join(lines) + "\n")
    annotations = load_annotations(f"nus_wide:{root}")
    assert annotations.names == [NAMES[0], *NAMES[2:]]
    assert annotations.labels_of(1) == ["clouds", "sky"]
    assert message in annotations.problems.report()
    assert len(annotations.problems) == 1


# --- the JSON form ---------------------------------------------------------------------------------------------------

SMALL = {"samples": [{"image_name": "51353_m.jpg", "image_labels": ["sky", "clouds"]}], "labels": ["clouds", "sky"]}
SMALL_TEST = {"samples": [{"image_name": "7_m.jpg", "image_labels": ["sky"]}], "labels": ["clouds", "sky"]}


def json_files(prefix="", pictures="images/"):
    files = {f"{prefix}train.json": json.dumps(SMALL).encode(), f"{prefix}test.json": json.dumps(SMALL_TEST).encode()}
    return files | {f"{pictures}51353_m.jpg": jpeg(), f"{pictures}7_m.jpg": jpeg()}


@pytest.mark.parametrize("prefix", ["", "small_"])
@pytest.mark.parametrize("pictures", ["images/", ""])
def test_json_form(tmp_path, prefix, pictures):
    root = write(tmp_path, json_files(prefix, pictures))
    annotations = load_annotations(f"nus_wide:{root}", strict=True)
    assert list(annotations.vocabulary) == ["clouds", "sky"]
    assert annotations.names == ["51353_m.jpg", "7_m.jpg"]
    assert annotations.splits.tolist() == ["train", "test"]
    assert annotations.targets.dense().tolist() == [[1, 1], [0, 1]]
    assert read_image(annotations.pictures[0]).size == (12, 8)
    one = load_annotations(f"nus_wide:{root}/{prefix}test.json", strict=True)
    assert (one.names, one.splits.tolist()) == (["7_m.jpg"], ["test"])


@pytest.mark.parametrize("prefix", ["", "small_"])
def test_pictures_without_labels_may_be_skipped_in_the_json_form(tmp_path, prefix):
    samples = [{"image_name": "7_m.jpg", "image_labels": ["sky"]}, {"image_name": "51353_m.jpg", "image_labels": []}]
    # A file of a picture that is not wanted need not be there.
    samples.append({"image_name": "gone.jpg", "image_labels": []})
    train = json.dumps({"samples": samples, "labels": ["clouds", "sky"]}).encode()
    test = json.dumps({"samples": [{"image_name": "8_m.jpg", "image_labels": ["kite"]}]}).encode()
    names = {f"{prefix}train.json": train, f"{prefix}test.json": test, "images/8_m.jpg": jpeg()}
    root = write(tmp_path, json_files(prefix) | names)
    assert load_annotations(f"nus_wide:{root}").names == ["7_m.jpg", "51353_m.jpg", "8_m.jpg"]
    for path in (f"{root}?skip_unlabelled=true", f"{root}?small={'true' if prefix else 'false'}&skip_unlabelled=true"):
        annotations = load_annotations(f"nus_wide:{path}")
        assert annotations.names == ["7_m.jpg"]
        assert annotations.problems.counts() == {"label not in the vocabulary: label dropped": 1}
    one = load_annotations(f"nus_wide:{root}/{prefix}train.json?skip_unlabelled=true", strict=True)
    assert one.names == ["7_m.jpg"]


def test_json_form_in_an_archive(tmp_path):
    path = write_zip(tmp_path / "x.zip", json_files())
    assert len(load_annotations(f"nus_wide:{path}", strict=True)) == 2


@pytest.mark.parametrize("around", ["set/", "NUS-WIDE/"])
@pytest.mark.parametrize("files", [json_files(), official_files()], ids=["JSON", "official"])
def test_archive_may_have_a_folder_around_the_data_set(tmp_path, around, files):
    path = write_zip(tmp_path / "x.zip", {f"{around}{name}": data for name, data in files.items()})
    annotations = load_annotations(f"nus_wide:{path}", strict=True)
    assert annotations.splits.tolist()[-1] == "test"
    assert read_image(annotations.pictures[0]).size == (12, 8)


def test_small_files_only_when_asked_for(tmp_path):
    other = json.dumps({"samples": [], "labels": ["other"]}).encode()
    root = write(tmp_path, json_files("small_") | {"train.json": other, "test.json": other})
    with pytest.raises(DataError, match="holds no picture"):
        load_annotations(f"nus_wide:{root}")
    assert len(load_annotations(f"nus_wide:{root}?small=true", strict=True)) == 2
    (root / "small_train.json").unlink()
    (root / "small_test.json").unlink()
    with pytest.raises(DataError, match=r"holds no small_train\.json; give the folder"):
        load_annotations(f"nus_wide:{root}?small=true")


def test_ground_truth_goes_before_the_json_form(tmp_path):
    root = write(tmp_path, official_files() | json_files())
    assert list(load_annotations(f"nus_wide:{root}").vocabulary) == CONCEPTS
    assert len(load_annotations(f"nus_wide:{root}/train.json", strict=True).vocabulary) == 2


def test_list_of_pictures_beside_the_json_form_does_not_matter(tmp_path):
    root = write(tmp_path, json_files() | {"TestImagelist.txt": b"actor\\0002_174174086.jpg\n", "cats": b"airport\n"})
    assert len(load_annotations(f"nus_wide:{root}", strict=True)) == 2


def test_json_form_without_pictures(tmp_path):
    files = {name: data for name, data in json_files().items() if name.endswith("json")}
    root = write(tmp_path, files)
    with pytest.raises(DataError, match=r"images: no such folder of pictures; name it with images=FOLDER"):
        load_annotations(f"nus_wide:{root}")
    assert len(load_annotations(f"nus_wide:{root}?labels_only=true", strict=True)) == 2
    write(root / "photos", {"51353_m.jpg": jpeg()})
    assert load_annotations(f"nus_wide:{root}?images=photos").names == ["51353_m.jpg"]


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match=r"no train\.json or small_train\.json and no Groundtruth/TrainTestLabels"):
        load_annotations(f"nus_wide:{tmp_path}")
