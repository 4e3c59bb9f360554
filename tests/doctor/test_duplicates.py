import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from corelate.data.references import FileReference
from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import compose
from corelate.doctor.case import Case, DoctorOptions
from corelate.doctor.duplicates import find

# Scenes that are not like one another.
DIFFERENT = (0, 2, 4, 7, 12, 14)


def scene(index):
    return draw_scene(compose(1, index), 1, index, 96)


@pytest.fixture
def findings(tmp_path, make_set):
    """Save pictures by name, and return what is found as (kind, pictures) with the findings themselves."""

    def find_in(images, *, splits=None, folds=None, labels=None, distance=8):
        for name, image in images.items():
            if isinstance(image, bytes):
                (tmp_path / name).write_bytes(image)
            else:
                image.save(tmp_path / name, quality=92)
        pictures = [FileReference(tmp_path / name, name) for name in images]
        rows = labels or ["thing"] * len(images)
        annotations = make_set(rows, pictures=pictures, splits=splits, folds=folds)
        return list(find(Case(annotations, options=DoctorOptions(distance=distance))))

    return find_in


def summary(found):
    return [(finding.kind.name, finding.pictures) for finding in found]


def test_different_pictures_are_not_copies(findings):
    assert findings({f"{index}.png": scene(index) for index in DIFFERENT}) == []


def test_same_file_near_copy_and_turned_copy(findings):
    whole = scene(0)
    file = io.BytesIO()
    whole.resize((70, 70)).save(file, "JPEG", quality=50)
    found = findings(
        {
            "a.png": scene(2),
            "copy of a.png": scene(2),
            "b.png": whole,
            "b small.jpg": file.getvalue(),
            "c.png": scene(4),
            "c mirrored.jpg": scene(4).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            "d.png": scene(7),
            "d turned.png": scene(7).rotate(90),
            "d upside down.png": scene(7).rotate(180),
            "e.png": scene(14),
            "e mirrored upside down.png": scene(14).transpose(Image.Transpose.FLIP_TOP_BOTTOM),
            "other.png": scene(12),
        }
    )
    assert sorted(summary(found)) == [
        ("near copy", ("b.png", "b small.jpg")),
        ("same file", ("a.png", "copy of a.png")),
        ("turned copy", ("c.png", "c mirrored.jpg")),
        ("turned copy", ("d.png", "d turned.png", "d upside down.png")),
        ("turned copy", ("e.png", "e mirrored upside down.png")),
    ]
    assert "error" not in {str(finding.severity) for finding in found}


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: ImageEnhance.Brightness(image).enhance(0.8),
        lambda image: ImageEnhance.Contrast(image).enhance(1.2),
        lambda image: image.convert("L"),
        lambda image: image.resize((400, 300)),
    ],
)
def test_edited_copies_are_found(findings, edit):
    images = {f"{index}.png": scene(index) for index in (2, 4, 7)}
    images |= {f"{index} edited.png": edit(scene(index)) for index in (2, 4, 7)}
    assert len(findings(images)) == 3


def test_copies_across_splits_are_leakage(findings):
    images = {"a.png": scene(2), "b.png": scene(4), "a2.jpg": scene(2), "c.png": scene(7), "c2.png": scene(7)}
    (leak, pair) = findings(images, splits=["train", "train", "test", "val", "validation"])
    assert (leak.kind.name, str(leak.severity), leak.pictures) == ("leakage", "error", ("a.png", "a2.jpg"))
    assert leak.numbers["counts"] == {"test": 1, "train": 1}
    assert leak.sentence == "test: a2.jpg; train: a.png (near copy)"
    assert pair.kind.name == "same file", "val and validation are one side"


def test_copies_in_different_folds_leak_too(findings):
    images = {"a.png": scene(2), "a2.png": scene(2), "b.png": scene(4), "b2.png": scene(4)}
    found = findings(images, folds=[1, 2, 0, 1])
    assert summary(found) == [("leakage between folds", ("a.png", "a2.png")), ("same file", ("b.png", "b2.png"))]


def test_copies_with_different_labels(findings):
    images = {f"{number}.png": scene(2) for number in range(2)} | {f"x{number}.png": scene(4) for number in range(3)}
    found = findings(images, labels=["sky sea ?boat", "sky boat tree", "sky", "sky sun", "sky ?sun"])
    different = [finding for finding in found if finding.kind.name == "different labels"]
    assert [finding.sentence for finding in different] == [
        "x0.png, x1.png, x2.png: only some have sun (1 of 3)",
        "0.png, 1.png: only the first has sea; only the second has tree",
    ]
    assert different[1].labels == ("sea", "tree"), "what is unknown of one may be so"


def test_thousands_of_black_frames_are_one_cluster(findings):
    black = io.BytesIO()
    Image.new("RGB", (32, 32)).save(black, "PNG")
    images = {f"{number:04d}.png": black.getvalue() for number in range(1500)}
    # Other bytes, same look.
    for number in range(200):
        noise = np.random.default_rng(number).integers(0, 3, (32, 32, 3)).astype(np.uint8)
        images[f"noise{number}.png"] = Image.fromarray(noise)
    (cluster,) = findings(images)
    assert cluster.kind.name == "near copy"
    assert cluster.numbers["pictures"] == 1700
    assert len(cluster.pictures) == 100
    assert cluster.sentence.endswith("and 1,695 more")


def test_flat_pictures_of_different_colours_are_not_copies(findings):
    colours = ["black", "white", "red", "green", "blue", (250, 250, 250)]
    assert (
        findings({f"{number}.png": Image.new("RGB", (20, 20), colour) for number, colour in enumerate(colours)}) == []
    )


def test_distance_0_finds_equal_hashes_only(findings):
    images = {"a.png": scene(2), "a2.png": scene(2), "b.png": scene(4), "b2.png": scene(4).rotate(1)}
    assert ("same file", ("a.png", "a2.png")) in summary(findings(images, distance=0))


def test_unreadable_pictures_are_no_copies_of_each_other(findings):
    assert findings({"a.png": b"", "b.png": b"", "c.jpg": b"no picture", "d.jpg": b"no picture"}) == []
