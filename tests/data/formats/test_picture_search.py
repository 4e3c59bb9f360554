import zipfile
from pathlib import Path

import pytest

from corelate.data.formats.containers import Archive, Folder
from corelate.data.formats.picture_search import PictureSearch, files_below
from corelate.errors import ImageReadError


def put(root: Path, *locations: str) -> Path:
    for location in locations:
        (root / location).parent.mkdir(parents=True, exist_ok=True)
        (root / location).write_bytes(location.encode())
    return root


@pytest.fixture(params=["folder", "zip"])
def search(request, tmp_path):
    root = put(
        tmp_path / "set",
        *("images/00/25.jpg", "images/01/1000.JPG", "images/02/7.jpg", "images/03/7.jpg", "images/30.jpeg"),
        *("images/04/notes.txt", "images/04/x.jpg", "images/04/x.png", "other/25.jpg"),
    )
    if request.param == "folder":
        return PictureSearch(Folder(root / "images"))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for location in files_below(Folder(root)):
            archive.write(root / location, location)
    return PictureSearch(Archive(tmp_path / "set.zip").inside("images"))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("00/25.jpg", "images/00/25.jpg"),
        ("25.jpg", "images/00/25.jpg"),
        ("1000.jpg", "images/01/1000.JPG"),
        ("30.jpeg", "images/30.jpeg"),
        ("99/30.jpeg", "images/30.jpeg"),
        ("02/7.jpg", "images/02/7.jpg"),
        ("03/7", "images/03/7.jpg"),
        ("25", "images/00/25.jpg"),
        ("01/1000", "images/01/1000.JPG"),
    ],
)
def test_is_found_and_called_as_the_label_file_calls_it(search, name, place):
    assert search.has(name)
    assert search.reference(name).name == name
    assert search.reference(name).read() == place.encode()
    assert [reference.read() for reference in search.references([name])] == [place.encode()]


def test_end_of_the_place_decides_among_several(tmp_path):
    search = PictureSearch(Folder(put(tmp_path, "a/02/7.jpg", "a/03/7.jpg", "b/7.jpg")))
    assert search.find("02/7.jpg") == ["a/02/7.jpg"]
    assert search.find("7.jpg") == ["a/02/7.jpg", "a/03/7.jpg", "b/7.jpg"]


@pytest.mark.parametrize("name", ["7.jpg", "7", "05/7.jpg", "04/x"])
def test_several_files_of_one_name_are_ambiguous_and_none_is_read(search, name):
    assert search.is_ambiguous(name)
    assert not search.has(name)
    with pytest.raises(ImageReadError):
        search.reference(name).read()


@pytest.mark.parametrize("name", ["26.jpg", "notes", "notes.txt.jpg", "25.png", "../other/25.gif"])
def test_is_not_there(search, name):
    assert not search.has(name)
    assert not search.is_ambiguous(name)


def test_suffix_of_the_file_or_jpg(search):
    assert search.with_suffix("01/1000") == "01/1000.JPG"
    assert search.with_suffix("30") == "30.jpeg"
    assert search.with_suffix("nowhere/1") == "nowhere/1.jpg"
    assert search.with_suffix("7") == "7.jpg"
    assert search.with_suffix("25.jpg") == "25.jpg"


def test_folder_is_listed_once(tmp_path, monkeypatch):
    import os

    walks = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda root: walks.append(root) or walk(root))
    search = PictureSearch(Folder(put(tmp_path, *(f"{number:02}/{number}.jpg" for number in range(50)))))
    assert all(search.has(f"{number}.jpg") for number in range(50))
    assert len(walks) == 1
