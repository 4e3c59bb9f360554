import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats import text_lines
from corelate.data.formats.text_lines import read_lines
from corelate.errors import DataError, OptionError


def test_lines_of_all_ends_and_no_end(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\ntwo\r\nthree\r\n\nfour\rfive")
    assert list(read_lines(tmp_path / "a.txt")) == ["one\n", "two\r\n", "three\r\n", "\n", "four\r", "five"]


def test_line_that_is_too_long_is_none_and_the_next_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("one\n" + "x" * 1000 + "\ntwo\n" + "y" * 1000)
    assert list(read_lines(tmp_path / "a.txt", limit=10)) == ["one\n", None, "two\n", None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis"])
def test_encodings(tmp_path, encoding):
    text = "path\nbüro\n" if encoding not in ("shift_jis",) else "path\n犬\n"
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert "".join(read_lines(tmp_path / "a.txt", encoding)) == text


@pytest.mark.parametrize("encoding", ["none", "zip", "rot13", "hex", "", "utf-8\0"])
def test_what_is_no_text_encoding(tmp_path, encoding):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(OptionError, match="unknown text encoding"):
        list(read_lines(tmp_path / "a.txt", encoding))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("line", [1, 2, 700_000])
def test_bad_byte_is_named_with_its_line(tmp_path, end, line):
    (tmp_path / "a.txt").write_bytes((b"ab" + end) * (line - 1) + b"caf\xe9" + end + b"x")
    with pytest.raises(DataError, match=rf"a\.txt, line {line}: byte 0xe9 is not utf-8 text; .*encoding=latin-1"):
        for _ in read_lines(tmp_path / "a.txt"):
            pass


@pytest.mark.parametrize("before", range(40))
def test_line_ends_are_counted_once_wherever_a_piece_of_the_file_ends(tmp_path, monkeypatch, before):
    monkeypatch.setattr(text_lines, "_CHUNK", 16)
    (tmp_path / "a.txt").write_bytes(b"x" * before + b"\r\n" + b"y" * 7 + b"\r\n\r\xe9" + b"z" * 50)
    with pytest.raises(DataError, match="line 4: byte 0xe9"):
        list(read_lines(tmp_path / "a.txt"))


@given(st.binary(max_size=300))
def test_any_bytes_are_lines_or_a_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        lines = list(read_lines(path))
    except DataError as error:
        assert "any.txt" in str(error)
    else:
        assert "".join(lines) == data.decode().removeprefix("\ufeff")


def test_compressed_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\ntwo"))
    assert list(read_lines(tmp_path / "a.gz")) == ["one\n", "two"]
    (tmp_path / "a.gz").write_bytes(gzip.compress("caf\xe9".encode("latin-1")))
    with pytest.raises(DataError, match="line 1: byte 0xe9"):
        list(read_lines(tmp_path / "a.gz"))


def test_compressed_file_that_unpacks_to_too_much(tmp_path, monkeypatch):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x\n" * 10_000_000))
    monkeypatch.setattr(text_lines, "MAX_LABEL_FILE_BYTES", 1 << 20)
    with pytest.raises(DataError, match="unpacks to over 1 MiB"):
        for _ in read_lines(tmp_path / "a.gz"):
            pass


@pytest.mark.parametrize("change", [lambda data: data[:-9], lambda data: data[:20] + b"\xff" * 20 + data[40:]])
def test_damaged_compressed_file(tmp_path, change):
    data = gzip.compress(bytes(range(32, 127)) * 50 + b"\n")
    (tmp_path / "a.gz").write_bytes(change(data))
    with pytest.raises(DataError, match=r"a\.gz"):
        list(read_lines(tmp_path / "a.gz"))


def test_folder_pipe_and_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, message in ((tmp_path, "expected a file"), (tmp_path / "pipe", "expected a file")):
        with pytest.raises(DataError, match=message):
            list(read_lines(path))
    with pytest.raises(DataError, match="No such file"):
        list(read_lines(tmp_path / "gone"))


@pytest.mark.parametrize("data", [b"path\n\xff", b"\xff" * 300, b"a" * 70 + b".\n"])
def test_encoding_that_can_not_say_what_is_wrong(tmp_path, data):
    (tmp_path / "a.txt").write_bytes(data)
    try:
        list(read_lines(tmp_path / "a.txt", "idna"))
    except DataError as error:
        assert "a.txt" in str(error)
