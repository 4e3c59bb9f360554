import os
import pickle
import threading
import zipfile

import pytest

from corelate.data import references
from corelate.data.packed_text import PackedTexts
from corelate.data.references import (
    ArchiveReference,
    FileReference,
    FolderReferences,
    ImageReference,
    MissingReference,
    TarReference,
)
from corelate.errors import ImageReadError


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images/a.jpg", b"first" * 1000)
        file.writestr("images/b.jpg", b"second")
    return path


def test_all_kinds_are_image_references(archive, tmp_path):
    for reference in (
        FileReference(tmp_path / "a", "a"),
        ArchiveReference(archive, "images/a.jpg", "a.jpg"),
        TarReference(tmp_path / "a.tar", "images/a.jpg", "a.jpg", 512, 9),
        MissingReference("a.zip!a.jpg", "a.jpg"),
    ):
        assert isinstance(reference, ImageReference)
        assert pickle.loads(pickle.dumps(reference)) == reference


def test_file(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"bytes")
    assert FileReference(tmp_path / "a.jpg", "a.jpg").read() == b"bytes"


def test_archive_member(archive):
    assert ArchiveReference(archive, "images/a.jpg", "a.jpg").read() == b"first" * 1000


def test_missing_file_names_the_path(tmp_path):
    with pytest.raises(ImageReadError, match=r"gone\.jpg: No such file"):
        FileReference(tmp_path / "gone.jpg", "gone.jpg").read()


def test_folder_and_pipe_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path, tmp_path / "pipe.jpg"):
        with pytest.raises(ImageReadError, match="not a regular file"):
            FileReference(path, "x").read()


def test_name_that_no_file_can_have(tmp_path):
    for name in ("a\0b.jpg", "x" * 5000):
        with pytest.raises(ImageReadError):
            FileReference(tmp_path / name, name).read()


def test_missing_member_names_archive_and_member(archive):
    with pytest.raises(ImageReadError, match=r"set\.zip!gone\.jpg"):
        ArchiveReference(archive, "gone.jpg", "gone.jpg").read()


def test_missing_or_broken_archive(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    for name in ("gone.zip", "broken.zip"):
        with pytest.raises(ImageReadError, match=name):
            ArchiveReference(tmp_path / name, "a", "a").read()


@pytest.mark.parametrize("offset", [20, 45, 50, 60])
def test_damaged_member(archive, offset):
    data = bytearray(archive.read_bytes())
    data[offset : offset + 8] = b"\xff" * 8
    archive.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"set\.zip!images/a\.jpg"):
        ArchiveReference(archive, "images/a.jpg", "a.jpg").read()


def test_too_large_files_and_members_are_refused(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(references, "MAX_FILE_BYTES", 100)
    (tmp_path / "a.jpg").write_bytes(bytes(101))
    with pytest.raises(ImageReadError, match="larger than"):
        FileReference(tmp_path / "a.jpg", "a.jpg").read()
    with pytest.raises(ImageReadError, match="unpacks to over"):
        ArchiveReference(archive, "images/a.jpg", "a.jpg").read()


def test_threads_do_not_share_a_handle(archive):
    wrong = []

    def read(member, expected):
        for _ in range(50):
            if ArchiveReference(archive, member, member).read() != expected:
                wrong.append(member)

    jobs = [("images/a.jpg", b"first" * 1000), ("images/b.jpg", b"second")] * 2
    threads = [threading.Thread(target=read, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_tar_member_is_read_at_its_place(tmp_path):
    (tmp_path / "set.tar").write_bytes(b"header" + b"picture" + b"rest")
    assert TarReference(tmp_path / "set.tar", "a.jpg", "a", 6, 7).read() == b"picture"


def test_tar_member_that_can_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "set.tar").write_bytes(b"0123456789")
    with pytest.raises(ImageReadError, match=r"set\.tar!a\.jpg: the archive ends before the member does"):
        TarReference(tmp_path / "set.tar", "a.jpg", "a", 6, 7).read()
    with pytest.raises(ImageReadError, match=r"gone\.tar!a\.jpg: No such file"):
        TarReference(tmp_path / "gone.tar", "a.jpg", "a", 6, 7).read()
    monkeypatch.setattr(references, "MAX_FILE_BYTES", 3)
    with pytest.raises(ImageReadError, match=r"set\.tar!a\.jpg: larger than"):
        TarReference(tmp_path / "set.tar", "a.jpg", "a", 0, 4).read()


def test_missing_picture_says_where_it_should_be():
    with pytest.raises(ImageReadError, match=r"^set\.zip!a\.jpg: no such file"):
        MissingReference("set.zip!a.jpg", "a.jpg").read()


def test_references_of_a_folder_are_made_when_they_are_asked_for(tmp_path):
    names = ["a.jpg", "x/b.jpg", "c.jpg"]
    references = FolderReferences(tmp_path, PackedTexts(names), {"c.jpg": "C.jpg"})
    expected = [FileReference(tmp_path / "a.jpg", "a.jpg"), FileReference(tmp_path / "x/b.jpg", "x/b.jpg")]
    expected.append(FileReference(tmp_path / "C.jpg", "c.jpg"))
    assert list(references) == expected
    assert references[-1] == expected[2]
    assert list(references[1:]) == expected[1:]
    assert list(references.select([2, 0, 2])) == [expected[2], expected[0], expected[2]]
    assert pickle.loads(pickle.dumps(references)) == references


def test_references_of_a_folder_are_small_when_they_are_sent(tmp_path):
    references = FolderReferences(tmp_path, PackedTexts(f"{number:06}.jpg" for number in range(10_000)))
    assert len(pickle.dumps(references)) < 10_000 * 20
