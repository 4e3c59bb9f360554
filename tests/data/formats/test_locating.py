import gzip
import tarfile
import zipfile

import pytest

from corelate.data.formats.containers import Archive, Folder
from corelate.data.formats.locating import nearest_folder, open_container, open_data_set, picture_folder
from corelate.errors import DataError


def zipped(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name.encode())
    return path


def test_folder_and_archives(tmp_path):
    zipped(tmp_path / "set.zip", "a.jpg")
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("a.jpg"))
    (tmp_path / "a.jpg").touch()
    for path in (tmp_path, tmp_path / "set.zip", tmp_path / "set.tar"):
        assert open_container(path).has("a.jpg")


def test_archives_in_a_folder_are_read_as_if_unpacked(tmp_path):
    zipped(tmp_path / "train2017.zip", "train2017/a.jpg")
    zipped(tmp_path / "other.zip", "other/a.jpg")
    (tmp_path / "val2017").mkdir()
    (tmp_path / "val2017" / "b.jpg").touch()
    container = open_container(tmp_path, ["train*.zip", "val*.zip"])
    assert container.has("train2017/a.jpg")
    assert container.has("val2017/b.jpg")
    assert not container.has("other/a.jpg")


def test_paths_that_can_not_be_opened(tmp_path):
    (tmp_path / "text").write_text("text")
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(DataError, match="gone: no such file or folder"):
        open_container(tmp_path / "gone")
    with pytest.raises(DataError, match="text: expected a folder, or a zip or tar archive"):
        open_container(tmp_path / "text")
    with pytest.raises(DataError, match="compressed with gzip"):
        open_container(tmp_path / "set.tar.gz")
    with pytest.raises(DataError, match="compressed with gzip"):
        open_container(tmp_path, ["*.tar.gz"])


def test_nearest_folder_of_an_archive(tmp_path):
    archive = Archive(zipped(tmp_path / "x.zip", "set/train.json", "set/old/train.json", "__MACOSX/train.json"))
    assert nearest_folder(archive, ["train.json"]).read("train.json") == b"set/train.json"
    with pytest.raises(DataError, match=r"x\.zip: holds none of test\.json"):
        nearest_folder(archive, ["test.json"])
    with pytest.raises(DataError, match=r"holds several data sets \(a, b\)"):
        nearest_folder(Archive(zipped(tmp_path / "y.zip", "a/train.json", "b/train.json")), ["train.json"])


def test_folders_around_a_data_set_in_an_archive_are_passed(tmp_path):
    def opened(*names):
        return open_data_set(
            zipped(tmp_path / f"{len(names)}{names[0].count('/')}.zip", *names), [], lambda folder: folder.has("mark")
        )

    notes = ("__MACOSX/a/._mark", ".cache/x", "README")
    assert opened("mark", "a/mark").read("mark") == b"mark"
    assert opened("a/b/mark", "a/c", *notes).read("mark") == b"a/b/mark"
    assert not opened("a/mark", "b/mark").has("mark")
    assert opened("a/b/other").prefix == ""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mark").touch()
    assert not open_data_set(tmp_path, [], lambda folder: folder.has("mark")).has("mark")


def test_picture_folder_is_the_first_that_has_a_picture_else_the_first_there(tmp_path):
    for name in ("empty/x.txt", "full/a.jpg", "a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    container = Folder(tmp_path)
    assert picture_folder(container, ["gone", "empty", "full", ""], ["z.jpg", "a.jpg"]) == "full"
    assert picture_folder(container, ["gone", "empty", "full"], ["z.jpg"]) == "empty"
    assert picture_folder(container, ["gone", "empty", ""], ["a.jpg"]) == ""
    assert picture_folder(container, ["gone", ""], ["z.jpg"]) is None
