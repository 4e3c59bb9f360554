"""The facts of the real Corel-5k, where it lies in a folder `shared` beside the project."""

from pathlib import Path

import pytest

from corelate.data.images import read_image
from corelate.data.spec import load_annotations

SHARED = Path(__file__).parents[3] / ".." / "shared" / "datasets"
ARCHIVE = SHARED / "corel5k.zip"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="Corel-5k does not lie beside the project"),
]


@pytest.fixture(scope="module")
def corel5k():
    return load_annotations(f"corel5k:{ARCHIVE}", strict=True)


def test_sizes(corel5k):
    train, test = corel5k.split("train"), corel5k.split("test")
    assert (len(train), len(test), len(corel5k.vocabulary)) == (4500, 499, 260)
    assert train.targets.label_counts().sum() == 15_223
    assert test.targets.label_counts().sum() == 1_756
    assert list(corel5k.vocabulary)[:5] == ["city", "mountain", "sky", "sun", "water"]
    assert train.names[0] == "1000.jpeg"


def test_labels_per_picture(corel5k):
    def histogram(split):
        per_picture = corel5k.split(split).targets.labels_per_picture()
        return {number: int((per_picture == number).sum()) for number in sorted(set(per_picture.tolist()))}

    assert histogram("train") == {0: 7, 1: 68, 2: 485, 3: 1587, 4: 2341, 5: 12}
    assert histogram("test") == {1: 7, 2: 36, 3: 148, 4: 307, 5: 1}


def test_pictures_without_labels(corel5k):
    per_picture = corel5k.targets.labels_per_picture()
    unlabelled = {corel5k.pictures[row].name for row in range(len(corel5k)) if per_picture[row] == 0}
    numbers = (142069, 20005, 20007, 20014, 20042, 201030, 34099)
    assert unlabelled == {f"{number}.jpeg" for number in numbers}


def test_label_counts(corel5k):
    counts = dict(zip(corel5k.vocabulary, corel5k.split("train").targets.label_counts().tolist(), strict=True))
    assert {label for label, count in counts.items() if count == 1} == {"orchid", "cougar", "sails"}
    assert sum(count < 10 for count in counts.values()) == 61
    assert sorted(counts.values())[129:131] == [22, 22]
    assert (counts["water"], counts["sky"], counts["tree"]) == (1004, 883, 854)
    test = corel5k.split("test").targets.label_counts()
    assert (test == 1).sum() == 81
    assert test.min() == 1


def test_pictures_can_be_read(corel5k):
    sizes = {read_image(corel5k.pictures[row]).size for row in range(0, len(corel5k), 50)}
    assert sizes == {(192, 128), (128, 192)}


@pytest.mark.parametrize(
    ("name", "train", "test", "labels", "most"), [("iaprtc12", 17665, 1962, 291, 23), ("espgame", 18689, 2081, 268, 15)]
)
def test_label_files_of_larger_sets(name, train, test, labels, most):
    folder = SHARED / "labels-only" / name
    if not folder.exists():
        pytest.skip(f"{name} does not lie beside the project")
    annotations = load_annotations(f"corel5k:{folder}?labels_only=true", strict=True)
    assert (len(annotations.split("train")), len(annotations.split("test"))) == (train, test)
    assert len(annotations.vocabulary) == labels
    assert annotations.targets.labels_per_picture().max() == most
