import unicodedata
import zipfile

import pytest

from corelate.data.formats import containers
from corelate.data.formats.containers import Archive, Folder
from corelate.errors import DataError

FILES = {"train.json": b"{}", "images/a.jpg": b"a", "images/deep/b.jpg": b"b"}


@pytest.fixture(params=["folder", "archive", "archive with a root"])
def container(request, tmp_path):
    root = "set/" if request.param == "archive with a root" else ""
    if request.param == "folder":
        for name, data in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        return Folder(tmp_path)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for name, data in FILES.items():
            file.writestr(root + name, data)
    return Archive(tmp_path / "set.zip", root)


def test_files_are_found_read_and_named_from_here(container):
    assert container.exists()
    assert container.read("train.json") == b"{}"
    assert container.has("images/a.jpg")
    assert not container.has("images")
    assert not container.has("images/gone.jpg")
    assert not container.has("gone/a.jpg")
    reference = container.reference("images/deep/b.jpg")
    assert (reference.name, reference.read()) == ("images/deep/b.jpg", b"b")


def test_inside(container):
    inner = container.inside("images").inside("deep/")
    assert inner.exists()
    assert inner.has("b.jpg")
    assert not inner.has("a.jpg")
    assert inner.reference("b.jpg").read() == b"b"
    assert inner.reference("b.jpg").name == "b.jpg"
    assert not container.inside("gone").exists()
    assert container.inside(".").has("train.json")


def test_one_listing_serves_all_pictures_of_a_folder(tmp_path, monkeypatch):
    for number in range(50):
        (tmp_path / f"{number}.jpg").touch()
    listed = []
    original = containers.os.scandir
    monkeypatch.setattr(containers.os, "scandir", lambda folder: listed.append(folder) or original(folder))
    folder = Folder(tmp_path)
    assert all(folder.has(f"{number}.jpg") for number in range(50))
    assert len(listed) == 1


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_accents_may_be_composed_or_not(tmp_path, stored, asked):
    (tmp_path / unicodedata.normalize(stored, "café.jpg")).write_bytes(b"x")
    reference = Folder(tmp_path).reference(unicodedata.normalize(asked, "café.jpg"))
    assert Folder(tmp_path).has(unicodedata.normalize(asked, "café.jpg"))
    assert reference.read() == b"x"


def test_pictures_may_lie_in_an_archive_in_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as file:
        file.writestr("a.jpg", b"a")
    assert Folder(tmp_path).inside("pictures.zip").reference("a.jpg").read() == b"a"


def test_archive_with_backslashes(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        entry = zipfile.ZipInfo("x")
        entry.filename = "images\\a.jpg"
        file.writestr(entry, b"a")
    assert Archive(tmp_path / "set.zip").inside("images").reference("a.jpg").read() == b"a"


def test_broken_archive(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"set\.zip: not a readable zip archive"):
        Archive(tmp_path / "set.zip")


def test_label_file_that_unpacks_to_too_much(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("train.json", bytes(1000))
    monkeypatch.setattr(containers, "MAX_LABEL_FILE_BYTES", 999)
    with pytest.raises(DataError, match=r"set\.zip!train\.json: unpacks to over"):
        Archive(tmp_path / "set.zip").read("train.json")
