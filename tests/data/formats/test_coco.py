import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from corelate.data.formats import coco_json
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError, VocabularyError

# Ids have gaps and are in no order, as those of MS-COCO.
CATEGORIES = [
    {"supercategory": "outdoor", "id": 13, "name": "stop sign"},
    {"supercategory": "person", "id": 1, "name": "person"},
    {"supercategory": "vehicle", "id": 9, "name": "boat"},
]
LABELS = ["person", "boat", "stop sign"]
TRAIN = {574769: [1, 1, 13], 9: [], 25: [9]}
VAL = {139: [1, 9]}


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (12, 8), "blue").save(file, "JPEG")
    return file.getvalue()


def file_name(identity):
    return f"{identity:012}.jpg"


def instances(pictures, crowd=()):
    """Return an instances file in the official layout; `crowd` names the pictures all of whose objects are a crowd."""
    annotations = []
    for identity, categories in pictures.items():
        for category in categories:
            is_crowd = int(identity in crowd)
            outline = {"counts": [272, 2, 4], "size": [8, 12]} if is_crowd else [[1.5, 2.25, 7, 2.25, 4, 6]]
            annotations.append(
                {
                    "segmentation": outline,
                    "area": 10.5,
                    "iscrowd": is_crowd,
                    "image_id": identity,
                    "bbox": [1.5, 2.25, 5.5, 3.75],
                    "category_id": category,
                    "id": 100 + len(annotations),
                }
            )
    images = [
        {"license": 3, "file_name": file_name(identity), "height": 8, "width": 12, "id": identity}
        for identity in pictures
    ]
    return {
        "info": {"description": "COCO 2017 Dataset", "year": 2017},
        "licenses": [{"url": "", "id": 1, "name": ""}],
        "images": images,
        "annotations": annotations,
        "categories": CATEGORIES,
    }


def files_of(train=None, val=None, year="2017"):
    """Return the files of a data set in the official layout."""
    files = {}
    for part, wanted, pictures in (("train", train, TRAIN), ("val", val, VAL)):
        content = instances(pictures) if wanted is None else wanted
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        files[f"annotations/instances_{part}{year}.json"] = data
        files |= {f"{part}{year}/{file_name(identity)}": jpeg() for identity in pictures}
    return files


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


@pytest.fixture(params=["folder", "official archives", "one zip", "annotations unpacked"])
def source(request, tmp_path):
    files = files_of()
    if request.param == "folder":
        return write(tmp_path, files)
    if request.param == "one zip":
        return write_zip(tmp_path / "set.zip", files)
    names = {"annotations_trainval2017": "annotations/", "train2017": "train2017/", "val2017": "val2017/"}
    for archive, folder in names.items():
        inside = {name: data for name, data in files.items() if name.startswith(folder)}
        if request.param == "annotations unpacked" and folder == "annotations/":
            write(tmp_path, inside)
        else:
            write_zip(tmp_path / f"{archive}.zip", inside)
    return tmp_path


def test_labels_splits_and_order(source):
    annotations = load_annotations(f"coco:{source}", strict=True)
    assert list(annotations.vocabulary) == LABELS
    assert annotations.names == [f"train2017/{file_name(identity)}" for identity in TRAIN] + [
        f"val2017/{file_name(139)}"
    ]
    assert annotations.splits.tolist() == ["train", "train", "train", "test"]
    assert annotations.targets.dense().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert read_image(annotations.pictures[3]).size == (12, 8)


def test_one_file_gives_the_same_names(tmp_path):
    root = write(tmp_path, files_of())
    annotations = load_annotations(f"coco:{root}/annotations/instances_val2017.json", strict=True)
    assert annotations.names == [f"val2017/{file_name(139)}"]
    assert annotations.splits.tolist() == ["test"]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("keys", ["official", "reversed"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_order_of_the_lists_spaces_and_byte_order_mark_do_not_matter(tmp_path, indent, keys, mark):
    content = instances(TRAIN)
    content = dict(reversed(content.items())) if keys == "reversed" else content
    train = mark + json.dumps(content, indent=indent).replace("\n", "\r\n").encode()
    annotations = load_annotations(f"coco:{write(tmp_path, files_of(train))}?split=train", strict=True)
    assert annotations.targets.dense().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_one_file_may_be_given_from_its_own_folder(tmp_path, monkeypatch):
    root = write(tmp_path, files_of())
    monkeypatch.chdir(root / "annotations")
    for path in ("instances_val2017.json", "./instances_val2017.json", "../annotations/instances_val2017.json"):
        assert load_annotations(f"coco:{path}", strict=True).names == [f"val2017/{file_name(139)}"]


@pytest.mark.parametrize("around", ["coco/", "a/coco/"])
def test_archive_may_have_a_folder_around_the_data_set(tmp_path, around):
    files = {f"{around}{name}": data for name, data in files_of().items()}
    path = write_zip(tmp_path / "set.zip", files | {"__MACOSX/coco/._x": b"", "README.txt": b""})
    annotations = load_annotations(f"coco:{path}", strict=True)
    assert annotations.names[3] == f"val2017/{file_name(139)}"
    assert read_image(annotations.pictures[3]).size == (12, 8)


def test_labels_in_the_order_of_their_names(source):
    annotations = load_annotations(f"coco:{source}?order=name", strict=True)
    assert list(annotations.vocabulary) == sorted(LABELS)
    assert annotations.labels_of(0) == ["person", "stop sign"]


def test_crowds_count_unless_they_are_left_out(tmp_path):
    root = write(tmp_path, files_of(instances(TRAIN, crowd=[25])))
    assert load_annotations(f"coco:{root}", strict=True).labels_of(2) == ["boat"]
    assert load_annotations(f"coco:{root}?crowd=false", strict=True).labels_of(2) == []


def test_pictures_without_objects_may_be_skipped(source):
    annotations = load_annotations(f"coco:{source}?skip_unlabelled=true", strict=True)
    assert [annotations.labels_of(row) for row in range(3)] == [["person", "stop sign"], ["boat"], ["person", "boat"]]


def test_name_of_the_validation_split(source):
    assert load_annotations(f"coco:{source}?val_split=val").split_names() == ["train", "val"]


def test_validation_file_is_no_test_where_there_is_a_test_file(tmp_path):
    files = files_of(year="")
    files["annotations/instances_test.json"] = json.dumps(instances({77: [1]})).encode()
    files[f"test/{file_name(77)}"] = jpeg()
    annotations = load_annotations(f"coco:{write(tmp_path, files)}", strict=True)
    assert annotations.splits.tolist() == ["train", "train", "train", "val", "test"]


def test_one_of_two_years_must_be_chosen(tmp_path):
    root = write(tmp_path, files_of() | files_of(year="2014"))
    with pytest.raises(DataError, match=r"holds files of 2017 and 2014; choose with year="):
        load_annotations(f"coco:{root}")
    assert load_annotations(f"coco:{root}?year=2014").names[0].startswith("train2014/")
    with pytest.raises(DataError, match=r"instances_train2015\.json; those there are of 2017 and 2014$"):
        load_annotations(f"coco:{root}?year=2015")


def test_categories_of_the_second_file_may_differ(tmp_path):
    val = instances(VAL)
    val["categories"] = [{"id": 1, "name": "boat"}, {"id": 9, "name": "kite"}]
    annotations = load_annotations(f"coco:{write(tmp_path, files_of(val=val))}")
    assert list(annotations.vocabulary) == LABELS
    # Of person and stop sign the second file says nothing.
    assert annotations.targets.dense([3]).tolist() == [[-1, 1, -1]]
    assert "kite (instances_val2017.json, image 1, val2017/" in annotations.problems.report()


def test_categories_that_a_file_lacks_are_not_kept_for_each_picture(tmp_path):
    many = [{"id": number, "name": f"label {number}"} for number in range(1000)]
    train = instances(TRAIN) | {"categories": many}
    val = instances({identity: [1] for identity in range(1000)}) | {"categories": many[:10]}
    files = {"instances_train.json": json.dumps(train).encode(), "instances_val.json": json.dumps(val).encode()}
    root = write(tmp_path, files)
    tracemalloc.start()
    annotations = load_annotations(f"coco:{root}?labels_only=true")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert annotations.targets.dense([3])[0].tolist() == [0, 1, *[0] * 8, *[-1] * 990]
    assert peak < 40 << 20  # one set for each picture takes 64 MiB


# --- where the pictures are ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "train2017", "images", "images/train2017"])
def test_pictures_are_found_in_the_usual_places(tmp_path, folder):
    for json_folder in ("", "annotations"):
        root = tmp_path / f"set{json_folder}"
        pictures = {f"{folder}/{file_name(identity)}".lstrip("/"): jpeg() for identity in TRAIN}
        file = f"{json_folder}/instances_train2017.json".lstrip("/")
        write(root, pictures | {file: json.dumps(instances(TRAIN)).encode()})
        annotations = load_annotations(f"coco:{root}/{file}", strict=True)
        assert set(annotations.names) == set(pictures)


def test_other_name_of_the_file_and_no_split(tmp_path):
    root = write(tmp_path, {"labels.json": json.dumps(instances(TRAIN)).encode()})
    write(root / "images", {file_name(identity): jpeg() for identity in TRAIN})
    annotations = load_annotations(f"coco:{root}/labels.json", strict=True)
    assert annotations.splits is None
    assert annotations.names[0] == f"images/{file_name(574769)}"


def test_folder_of_pictures_may_be_named(tmp_path):
    root = write(tmp_path / "set", files_of())
    write(tmp_path / "photos", {file_name(identity): jpeg() for identity in TRAIN | VAL})
    for folder in ("../photos", tmp_path / "photos"):
        annotations = load_annotations(f"coco:{root}?images={folder}", strict=True)
        assert annotations.names == [file_name(identity) for identity in TRAIN | VAL]
    file = f"{root}/annotations/instances_train2017.json"
    assert load_annotations(f"coco:{file}?images=.", strict=True).names[0].startswith("train2017/")
    with pytest.raises(DataError, match=r"gone: no such folder of pictures"):
        load_annotations(f"coco:{root}?images=gone")


def test_no_folder_of_pictures(tmp_path):
    files = {name: data for name, data in files_of().items() if name.endswith(".json")}
    root = write(tmp_path, files)
    with pytest.raises(DataError, match=r"no folder of the pictures of instances_train2017\.json \(train2017, images/"):
        load_annotations(f"coco:{root}")
    annotations = load_annotations(f"coco:{root}?labels_only=true", strict=True)
    assert annotations.names[0] == f"train2017/{file_name(574769)}"
    assert annotations.targets.label_counts().tolist() == [2, 2, 1]


def test_missing_pictures_are_left_out(tmp_path):
    root = write(tmp_path, files_of())
    (root / "train2017" / file_name(9)).unlink()
    annotations = load_annotations(f"coco:{root}")
    assert len(annotations) == 3
    assert f"train2017/{file_name(9)} (instances_train2017.json, image 2)" in annotations.problems.report()


# --- faults ----------------------------------------------------------------------------------------------------------


def read_with(tmp_path, train):
    return load_annotations(f"coco:{write(tmp_path, files_of(train))}?split=train")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (3, "expected an object, found a number"),
        ({"id": 7}, "'file_name' must be text, found nothing"),
        ({"file_name": "a.jpg"}, "'id' must be a whole number or text, found nothing"),
        ({"id": True, "file_name": "a.jpg"}, "'id' must be a whole number or text, found true"),
        ({"id": 1.5, "file_name": "a.jpg"}, "'id' must be a whole number or text, found the number 1.5"),
        ({"id": 1.0, "file_name": "a.jpg"}, "'id' must be a whole number or text, found the number 1.0"),
        ({"id": [1], "file_name": "a.jpg"}, "'id' must be a whole number or text, found a list"),
        ({"id": 7, "file_name": None}, "'file_name' must be text, found null"),
        ({"id": 7, "file_name": "../val2017/000000000139.jpg"}, "leaves the folder"),
        ({"id": 7, "file_name": "/etc/passwd"}, "absolute path"),
        ({"id": 7, "file_name": "C:\\a.jpg"}, "absolute path"),
        ({"id": 7, "file_name": "a\nb.jpg"}, "control characters"),
        ({"id": 7, "file_name": ""}, "is empty"),
    ],
)
def test_images_that_can_not_be_used_are_left_out(tmp_path, image, message):
    train = instances(TRAIN)
    train["images"].insert(1, image)
    annotations = read_with(tmp_path, train)
    assert len(annotations) == 3
    assert len(annotations.problems) == 1
    assert message in annotations.problems.report()
    assert "instances_train2017.json, image 2" in annotations.problems.report()


@pytest.mark.parametrize(
    ("annotation", "kind", "message"),
    [
        (None, coco_json.BAD_ANNOTATION, "expected an object, found null"),
        ({}, coco_json.BAD_ANNOTATION, "'image_id' must be a whole number or text, found nothing"),
        ({"image_id": 9}, coco_json.BAD_ANNOTATION, "'category_id' must be a whole number or text, found nothing"),
        ({"image_id": 9, "category_id": [1]}, coco_json.BAD_ANNOTATION, "'category_id' must be a whole number or text"),
        ({"image_id": 9, "category_id": True}, coco_json.BAD_ANNOTATION, "found true"),
        ({"image_id": 9, "category_id": 1, "iscrowd": "no"}, coco_json.BAD_ANNOTATION, "'iscrowd' must be 0 or 1"),
        ({"image_id": 8, "category_id": 1}, coco_json.UNKNOWN_IMAGE, "picture id 8"),
        ({"image_id": "9", "category_id": 1}, coco_json.UNKNOWN_IMAGE, "picture id 9"),
        ({"image_id": 9, "category_id": 2}, coco_json.UNKNOWN_CATEGORY, "category id 2"),
    ],
)
def test_annotations_that_can_not_be_used_are_left_out(tmp_path, annotation, kind, message):
    train = instances(TRAIN)
    train["annotations"].insert(1, annotation)
    annotations = read_with(tmp_path, train)
    assert annotations.targets.dense().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert annotations.problems.counts() == {kind: 1}
    assert message in annotations.problems.report()
    assert "instances_train2017.json, annotation 2" in annotations.problems.report()


def test_picture_listed_twice_counts_once(tmp_path):
    train = instances(TRAIN)
    train["images"].append(train["images"][0])
    annotations = read_with(tmp_path, train)
    assert len(annotations) == 3
    assert annotations.problems.counts() == {"picture listed more than once: first kept": 1}


def test_id_of_two_pictures_says_nothing_about_either(tmp_path):
    train = instances(TRAIN)
    train["images"][1]["id"] = 574769
    annotations = read_with(tmp_path, train)
    assert annotations.names == [f"train2017/{file_name(25)}"]
    assert annotations.problems.counts() == {coco_json.AMBIGUOUS_ID: 1}


def test_ids_may_be_text(tmp_path):
    train = instances(TRAIN)
    for image in train["images"]:
        image["id"] = f"picture {image['id']}"
    for annotation in train["annotations"]:
        annotation["image_id"] = f"picture {annotation['image_id']}"
    assert read_with(tmp_path, train).targets.dense().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("categories", "error", "message"),
    [
        ([], VocabularyError, "the vocabulary is empty"),
        ([{"id": 1}], DataError, "category 1: 'name' must be text, found nothing"),
        ([{"id": None, "name": "a"}], DataError, "category 1: 'id' must be a whole number or text, found null"),
        (["person"], DataError, "category 1: expected an object, found text"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], DataError, "category 2: the id 1 is given to a and b"),
        ([{"id": 1, "name": "a"}, {"id": "1", "name": "b"}], DataError, "must be all numbers or all text"),
        ([{"id": 1, "name": "a"}, {"id": 2, "name": "a"}], VocabularyError, "labels twice: a"),
        ([{"id": 1, "name": " "}], VocabularyError, "label number 1"),
        ([{"id": 1, "name": "person", "keypoints": ["nose"]}], DataError, "a file of keypoints"),
    ],
)
def test_wrong_categories_are_errors_since_they_are_the_columns(tmp_path, categories, error, message):
    with pytest.raises(error, match=rf"instances_train2017\.json.*{message}"):
        read_with(tmp_path, instances(TRAIN) | {"categories": categories})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"annotations": [{"image_id": 9, "id": 1, "caption": "A boat."}], "images": []}, "a file of captions"),
        (
            instances({}) | {"annotations": [{"image_id": 9, "file_name": "a.png", "segments_info": []}]},
            "a file of panoptic segmentation",
        ),
        (
            [{"image_id": 9, "category_id": 1, "bbox": [], "score": 0.5}],
            r"a JSON object, found a list \(results of a detector",
        ),
        ([{"image_id": 9}], "expected a JSON object, found a list$"),
        ({"images": [], "categories": []}, "keys are: images, categories; the labels of these pictures are not"),
        ({"samples": []}, "lists images, annotations, categories; its keys are: samples"),
        ({}, "its keys are: none"),
        (instances(TRAIN) | {"images": {}}, "'images' must be a list, found an object"),
        (instances(TRAIN) | {"annotations": None}, "'annotations' must be a list, found null"),
        (b"", "line 1, column 1: not JSON"),
        (json.dumps(instances(TRAIN)).encode()[:-200], "not JSON"),
        (json.dumps(instances(TRAIN)).encode() + b"}", "Extra data"),
        (b'{"images": [{"id": NaN}]}', "NaN is not allowed"),
        (b'{"images": ' + b"[" * 100_000, "nested too deeply"),
        (json.dumps({"x": "é"}, ensure_ascii=False).encode("latin-1"), "byte 0xe9 is not utf-8"),
    ],
)
def test_other_files_are_refused_with_what_they_are(tmp_path, content, message):
    with pytest.raises(DataError, match=rf"(?s)instances_train2017\.json.*{message}"):
        read_with(tmp_path, content)


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match=r"holds no instances files such as annotations/instances_train2017\.json"):
        load_annotations(f"coco:{tmp_path}")
    with pytest.raises(OptionError, match="order='size': choose one of id, name"):
        load_annotations(f"coco:{write(tmp_path, files_of())}?order=size")
    with pytest.raises(DataError, match="holds no picture that can be used"):
        load_annotations(f"coco:{write(tmp_path, files_of(instances({}), instances({})))}")


def test_damaged_archive(tmp_path):
    path = write_zip(tmp_path / "annotations_trainval2017.zip", files_of())
    data = bytearray(path.read_bytes())
    data[60:70] = bytes(10)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"annotations_trainval2017\.zip!annotations/instances_train2017\.json: "):
        load_annotations(f"coco:{path}?labels_only=true")


@given(
    st.dictionaries(st.integers(0, 20), st.lists(st.sampled_from([1, 9, 13])), min_size=1),
    st.randoms(use_true_random=False),
)
def test_labels_are_those_of_a_naive_reading(tmp_path_factory, pictures, random):
    content = instances(pictures)
    random.shuffle(content["images"])
    random.shuffle(content["annotations"])
    path = tmp_path_factory.mktemp("set") / "x.json"
    path.write_text(json.dumps(content))
    annotations = load_annotations(f"coco:{path}?labels_only=true", strict=True)
    names = {category["id"]: category["name"] for category in CATEGORIES}
    for row, image in enumerate(content["images"]):
        assert annotations.names[row] == image["file_name"]
        assert set(annotations.labels_of(row)) == {names[category] for category in pictures[image["id"]]}
