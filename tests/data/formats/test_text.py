import pytest

from corelate.data.formats import text
from corelate.data.formats.text import decode_text, parse_json, read_label_file
from corelate.errors import DataError, OptionError


def test_byte_order_mark_is_not_text():
    assert decode_text(b"\xef\xbb\xbfpath", "x") == "path"
    assert decode_text("\ufeffpath".encode("utf-16"), "x", "utf-16").removeprefix("\ufeff") == "path"


def test_encoding_error_names_the_line():
    with pytest.raises(DataError, match=r"^x\.csv, line 3: byte 0xe9 is not utf-8 text; do this"):
        decode_text(b"a\nb\ncaf\xe9\n", "x.csv", advice="do this")


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "", "a\0b"])
def test_unknown_encoding(encoding):
    with pytest.raises(OptionError, match="unknown text encoding"):
        decode_text(b"abc", "x", encoding)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1, column 1: not JSON"),
        (b'{"a": 1,\n "b": }', "line 2, column 7: not JSON"),
        (b'{"a": NaN}', "NaN is not allowed"),
        (b'{"a": -Infinity}', "-Infinity is not allowed"),
        (b"[1, 2]", "expected a JSON object, found a list"),
        (b'"text"', "found text"),
        (b"null", "found null"),
        (b"3", "found a number"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b'{"a": "\xff"}', "line 1: byte 0xff is not utf-8"),
        ("{}".encode("utf-16"), "not utf-8"),
    ],
)
def test_hostile_json(data, message):
    with pytest.raises(DataError, match=rf"(?s)^labels\.json.*{message}"):
        parse_json(data, "labels.json")


def test_json_object_with_byte_order_mark():
    assert parse_json(b'\xef\xbb\xbf{"a": [1, true, null]}', "x") == {"a": [1, True, None]}


def test_label_file_must_be_a_readable_file_of_bounded_size(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"gone: No such file"):
        read_label_file(tmp_path / "gone")
    with pytest.raises(DataError, match="expected a file"):
        read_label_file(tmp_path)
    (tmp_path / "a").write_bytes(bytes(11))
    monkeypatch.setattr(text, "MAX_LABEL_FILE_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        read_label_file(tmp_path / "a")
