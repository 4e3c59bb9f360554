import io
import tarfile
import zipfile
from dataclasses import dataclass

import pytest

from corelate.data.formats import photo_opening
from corelate.data.formats.archive_members import list_members
from corelate.data.formats.photo_opening import OPENING_ERRORS, PartialReader
from corelate.data.references import FileReference


@pytest.fixture(params=["folder", "tar", "zip"])
def references(request, tmp_path):
    """Return the references of two files that hold "first" and "second"."""
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(name.encode())
    if request.param == "folder":
        return [FileReference(tmp_path / name, name) for name in ("first", "second")]
    archive = tmp_path / "archive"
    if request.param == "tar":
        with tarfile.open(archive, "w") as file:
            for name in ("first", "second"):
                file.add(tmp_path / name, name)
    else:
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name in ("first", "second"):
                file.write(tmp_path / name, name)
    return [member.reference(archive, name) for name, member in list_members(archive).items()]


def test_pieces_of_each_file_and_nothing_beyond_its_end(references):
    with PartialReader() as reader:
        for reference, content in zip(references, (b"first", b"second"), strict=True):
            with reader.open(reference) as file:
                assert file.read(3) == content[:3]
                file.seek(1)
                assert file.read(2) == content[1:3]
                assert file.read(100) == content[3:]
                assert file.read(1) == b""
                file.seek(100)
                assert file.read(5) == b""


def test_other_references_are_read_as_a_whole():
    @dataclass
    class Drawn:
        name: str = "drawn"

        def read(self):
            return b"content"

    with PartialReader() as reader, reader.open(Drawn()) as file:
        assert isinstance(file, io.BytesIO)
        assert file.read() == b"content"


def test_what_cannot_be_opened(tmp_path):
    with PartialReader() as reader, pytest.raises(OPENING_ERRORS), reader.open(FileReference(tmp_path / "no", "no")):
        pass


def test_member_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(photo_opening, "MAX_FILE_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes((1 << 20) + 1))
    (member,) = list_members(tmp_path / "a.zip").values()
    with (
        PartialReader() as reader,
        pytest.raises(OSError, match="unpacks to over 1 MiB"),
        reader.open(member.reference(tmp_path / "a.zip", "a")),
    ):
        pass
