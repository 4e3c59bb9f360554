from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from corelate.errors import ImageReadError
from corelate.explain.run_pictures import RunPictures, shrunk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "x/same.png", "y/same.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (6, 4), (255, 0, 0)).save(tmp_path / name)
    (tmp_path / "odd.jpg").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "labels.csv").write_text("path,labels\na.png,sky\nb.png,sea\nodd.jpg,sky\n")
    return tmp_path


def test_scenes_are_found_by_name():
    pictures = RunPictures("scenes:5?size=32")
    assert pictures.problem == ""
    assert pictures.annotations is not None
    for name in pictures.annotations.names:
        image = pictures.open(name)
        assert (image.mode, image.size) == ("RGB", (32, 32))


def test_pictures_of_a_table(folder: Path):
    pictures = RunPictures(f"csv:{folder / 'labels.csv'}")
    assert pictures.open("b.png").getpixel((0, 0)) == (255, 0, 0)


def test_the_suffix_of_another_format(folder: Path):
    spec = f"csv:{folder / 'labels.csv'}"
    with pytest.raises(ImageReadError, match=r"odd\.jpg: named \.jpg but holds PNG"):
        RunPictures(spec).open("odd.jpg")
    assert RunPictures(spec, any_suffix=True).open("odd.jpg").size == (6, 4)


def test_a_name_that_is_not_there(folder: Path):
    spec = f"csv:{folder / 'labels.csv'}"
    with pytest.raises(ImageReadError, match=r"c\.png: not in csv:.*labels\.csv any more"):
        RunPictures(spec).open("c.png")


def test_a_file_that_went_away(folder: Path):
    pictures = RunPictures(f"csv:{folder / 'labels.csv'}")
    assert pictures.annotations is not None
    (folder / "a.png").unlink()
    with pytest.raises(ImageReadError, match="No such file"):
        pictures.open("a.png")


def test_a_name_that_two_pictures_have(folder: Path):
    pictures = RunPictures(f"csv:{folder / 'labels.csv'}")
    annotations = pictures.annotations
    assert annotations is not None
    pictures.__dict__["annotations"] = SimpleNamespace(
        names=("a.png", "b.png", "a.png"), pictures=[annotations.pictures[row] for row in (0, 1, 0)]
    )
    with pytest.raises(ImageReadError, match=r"a\.png: several pictures of csv:.* have this name"):
        pictures.open("a.png")
    assert pictures.open("b.png").size == (6, 4)


@pytest.mark.parametrize("spec", ["csv:/no/such/labels.csv", "nonsense:x", "scenes:none"])
def test_a_data_set_that_can_not_be_read(spec: str):
    pictures = RunPictures(spec)
    assert pictures.annotations is None
    assert pictures.problem
    with pytest.raises(ImageReadError, match=r"a\.png: the data set can't be read: "):
        pictures.open("a.png")


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [((400, 200), 100, (100, 50)), ((200, 400), 100, (50, 100)), ((50, 20), 100, (50, 20)), ((900, 1), 90, (90, 1))],
)
def test_shrunk(size: tuple[int, int], longest: int, expected: tuple[int, int]):
    assert shrunk(Image.new("RGB", size), longest).size == expected
