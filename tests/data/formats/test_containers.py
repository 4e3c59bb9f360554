import io
import tarfile
import unicodedata
import zipfile

import pytest

from corelate.data.formats import containers
from corelate.data.formats.containers import Archive, Folder, Layers
from corelate.errors import DataError, ImageReadError

FILES = {"train.json": b"{}", "images/a.jpg": b"a", "images/deep/b.jpg": b"b"}


def write_tar(path, files):
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.fixture(params=["folder", "archive", "archive with a root", "tar", "layers"])
def container(request, tmp_path):
    root = "set/" if request.param == "archive with a root" else ""
    if request.param == "folder":
        for name, data in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        return Folder(tmp_path)
    if request.param == "tar":
        return Archive(write_tar(tmp_path / "set.tar", {f"./{name}": data for name, data in FILES.items()}))
    if request.param == "layers":
        (tmp_path / "train.json").write_bytes(b"{}")
        pictures = {name: data for name, data in FILES.items() if name.startswith("images")}
        return Layers([Folder(tmp_path), Archive(write_tar(tmp_path / "pictures.tar", pictures))])
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
    many = container.references(["images/deep/b.jpg", "images/gone.jpg", "images/a.jpg"])
    assert [picture.name for picture in many] == ["images/deep/b.jpg", "images/gone.jpg", "images/a.jpg"]
    assert (many[0].read(), many[2].read()) == (b"b", b"a")
    with container.open("train.json") as file:
        assert file.read() == b"{}"
    assert "train.json" in container.describe("train.json")


def test_what_is_not_there_is_an_error_when_it_is_read(container):
    with pytest.raises(ImageReadError, match=r"gone\.jpg"):
        container.reference("images/gone.jpg").read()
    for read in (container.read, container.open):
        with pytest.raises(DataError, match=r"gone\.json"):
            read("gone.json")


def test_label_file_above_the_limit(container):
    assert container.read("train.json", 2) == b"{}"
    with pytest.raises(DataError, match=r"train\.json: (larger than|unpacks to over)"):
        container.read("train.json", 1)


def test_nothing_outside_is_in_a_folder(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "outer.json").touch()
    assert not Folder(tmp_path / "inner").has("../outer.json")
    assert not Folder(tmp_path / "inner").has("x/../../outer.json")


def test_first_layer_with_a_file_counts(tmp_path):
    layers = Layers([Archive(write_tar(tmp_path / f"{name}.tar", {"a.jpg": name.encode()})) for name in "xy"])
    assert layers.read("a.jpg") == b"x"
    assert "x.tar" in layers.describe("a.jpg")


def test_a_folder_is_no_label_file(tmp_path):
    (tmp_path / "labels.json").mkdir()
    with pytest.raises(DataError, match=r"labels\.json: expected a file"):
        Folder(tmp_path).open("labels.json")


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
    [same] = Folder(tmp_path).references([unicodedata.normalize(asked, "café.jpg")])
    assert same == reference


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


def test_link_that_leads_in_a_circle_hides_no_other_file(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    folder = Folder(tmp_path)
    assert folder.has("a.jpg")
    assert folder.has("link.jpg")
    assert not folder.has("loop.jpg")
