import gzip
import io
import tarfile
import zipfile

import pytest

from corelate.data.formats.archive_members import is_archive, list_members, refuse_compressed
from corelate.errors import DataError

BLOCK = tarfile.BLOCKSIZE
LONG = "long/" * 40 + "name.jpg"
FILES = {"a.jpg": b"a" * 700, "deep/b.jpg": b"", "café.jpg": b"b", LONG: b"c" * 512}


def tar(path, files=FILES, form=tarfile.GNU_FORMAT):
    with tarfile.open(path, "w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("folder"), None)
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_of_a_tar_are_read_where_they_lie(tmp_path, form):
    path = tar(tmp_path / "set.tar", form=form)
    assert is_archive(path)
    members = list_members(path)
    assert {name: members[name].reference(path, "x").read() for name in FILES} == FILES
    assert [members[name].size for name in FILES] == [len(data) for data in FILES.values()]


def test_zip_members(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/a.jpg", b"a")
    assert is_archive(path)
    assert list(list_members(path)) == ["folder/a.jpg"]


def test_links_devices_and_folders_are_no_members(tmp_path):
    path = tmp_path / "set.tar"
    with tarfile.open(path, "w") as archive:
        kinds = (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
        for number, kind in enumerate(kinds):
            entry = tarfile.TarInfo(f"{number}.jpg")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        archive.addfile(tarfile.TarInfo("a.jpg"))
    assert list(list_members(path)) == ["a.jpg"]


def test_later_member_of_the_same_name_counts(tmp_path):
    path = tmp_path / "set.tar"
    with tarfile.open(path, "w") as archive:
        for data in (b"old", b"new"):
            entry = tarfile.TarInfo("./a.jpg")
            entry.size = 3
            archive.addfile(entry, io.BytesIO(data))
    assert list_members(path)["a.jpg"].reference(path, "x").read() == b"new"


@pytest.mark.parametrize("data", [b"", b"no archive", bytes(2 * BLOCK), b"x" * 5 * BLOCK])
def test_other_files_are_no_archives(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    assert not is_archive(tmp_path / "x")
    assert not is_archive(tmp_path)
    assert not is_archive(tmp_path / "gone")
    with pytest.raises(DataError, match="not a readable zip archive"):
        list_members(tmp_path / "x")


def test_compressed_archives_are_refused_with_what_to_do(tmp_path):
    path = tar(tmp_path / "set.tar")
    refuse_compressed(path)
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DataError, match=r"set\.tar\.gz: compressed with gzip, .* \(gunzip\) and give the tar archive"):
        refuse_compressed(tmp_path / "set.tar.gz")
    for mode, name in (("w:bz2", "bunzip2"), ("w:xz", "unxz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.addfile(tarfile.TarInfo("a"))
        with pytest.raises(DataError, match=rf"\({name}\)"):
            refuse_compressed(tmp_path / name)


@pytest.mark.parametrize("kept", [3 * BLOCK, 2 * BLOCK, 2 * BLOCK + 100, BLOCK + 1])
def test_archive_cut_off_anywhere_is_refused(tmp_path, kept):
    path = tar(tmp_path / "set.tar", {"a.jpg": b"a" * 700})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"set\.tar: (not a readable|damaged) tar archive"):
        list_members(path)


def test_damaged_header_in_the_middle_is_refused(tmp_path):
    path = tar(tmp_path / "set.tar", {"a.jpg": b"a", "b.jpg": b"b"})
    data = bytearray(path.read_bytes())
    data[3 * BLOCK + 5] ^= 1  # in the header of b.jpg, behind the folder, the header of a.jpg and its content
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"damaged tar archive \(byte {3 * BLOCK} is neither"):
        list_members(path)


def test_negative_size_does_not_send_the_listing_backwards(tmp_path):
    entry = tarfile.TarInfo("a.jpg")
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"  # -1024 in the GNU form for large numbers
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    (tmp_path / "set.tar").write_bytes(tarfile.TarInfo("first").tobuf() + bytes(header) + bytes(4 * BLOCK))
    with pytest.raises(DataError, match=r"set\.tar"):
        list_members(tmp_path / "set.tar")


def test_zip_member_without_a_name_is_passed_over(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"a")
        archive.writestr("Q", b"x")
    data = path.read_bytes()
    entry, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    nameless = data[entry : entry + 28] + bytes(2) + data[entry + 30 : end - 1]  # without the Q
    length = int.from_bytes(data[end + 12 : end + 16], "little") - 1
    path.write_bytes(data[:entry] + nameless + data[end : end + 12] + length.to_bytes(4, "little") + data[end + 16 :])
    assert list(list_members(path)) == ["a.jpg"]


@pytest.mark.parametrize("size", [1 << 16, 1 << 33, 1 << 36, 1 << 40, 1 << 62, (1 << 64) - 1])
@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.REGTYPE])
def test_header_that_claims_more_than_the_archive_has_is_refused(tmp_path, size, kind):
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = kind, size
    text = b"10 path=abc\n".ljust(BLOCK, b"\0")
    (tmp_path / "set.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + text + bytes(2 * BLOCK))
    # The text of a file is passed over, not read.
    message = "not a readable tar archive" if kind == tarfile.REGTYPE else "a header claims to be larger"
    with pytest.raises(DataError, match=rf"set\.tar: .*{message}"):
        list_members(tmp_path / "set.tar")


def test_name_as_long_as_the_archive_allows(tmp_path):
    name = "/".join(["x" * 100] * 200)
    assert list(list_members(tar(tmp_path / "set.tar", {name: b"a"}))) == ["folder", name]
