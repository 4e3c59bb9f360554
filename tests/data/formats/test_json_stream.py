import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats import json_stream
from corelate.data.formats.json_stream import JsonStream
from corelate.errors import DataError


def elements(data, chunk=json_stream.CHUNK):
    data = data.encode() if isinstance(data, str) else data
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        return list(JsonStream(io.BytesIO(data), "x.json"))


def test_lists_come_element_by_element_and_the_rest_whole():
    found = elements(' { "a" : [1, {"b": [2]}] , "c": {"d": [3]}, "e": [], "f": null } \n')
    assert found == [("a", 1, 1), ("a", 2, {"b": [2]}), ("c", 0, {"d": [3]}), ("f", 0, None)]


def test_kinds_are_those_of_json():
    stream = JsonStream(io.BytesIO(b'{"a": [], "b": [1], "c": 3, "d": {}, "e": null}'), "x")
    list(stream)
    assert stream.kinds == {"a": "a list", "b": "a list", "c": "a number", "d": "an object", "e": "null"}


def test_byte_order_mark_is_not_json():
    assert elements(b'\xef\xbb\xbf{"a": [1]}') == [("a", 1, 1)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.integers(1, 40), st.booleans(), st.sampled_from([None, 0, 2]))
def test_gives_what_the_standard_library_does_wherever_chunks_end(content, chunk, ascii_only, indent):
    text = json.dumps(content, ensure_ascii=ascii_only, indent=indent)
    expected = []
    for key, value in json.loads(text).items():
        expected += (
            [(key, i, item) for i, item in enumerate(value, 1)] if isinstance(value, list) else [(key, 0, value)]
        )
    try:
        data = text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs, which only escapes can hold
        data = json.dumps(content, indent=indent).encode()
    assert elements(data, chunk) == expected


@pytest.mark.parametrize("number", ["1.5", "1e+5", "-1E-5", "-0.25e10", "123456789012345678901234567890"])
def test_numbers_are_not_cut_by_the_end_of_a_chunk(number):
    for chunk in range(1, 20):
        assert elements(f'{{"a": [{number}], "b": {number}}}', chunk) == [
            ("a", 1, json.loads(number)),
            ("b", 0, json.loads(number)),
        ]


@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"line 1, column 1: not JSON \(Expecting value\)"),
        (b"   \n ", r"line 2, column 2: not JSON"),
        (b"[]", "expected a JSON object, found a list"),
        (b"[", "expected a JSON object, found a list"),
        (b'[{"a": 1}, ', "expected a JSON object, found a list$"),
        (b"3", "found a number"),
        (b'"text"', "found text"),
        (b"{", r"line 1, column 2: not JSON"),
        (b'{"a"', "line 1, column 5: not JSON"),
        (b'{"a" 1}', "line 1, column 6: not JSON"),
        (b'{"a": [1, 2', "line 1, column 12: not JSON"),
        (b'{"a": [1 2]}', r"line 1, column 10: not JSON \(Expecting ',' delimiter\)"),
        (b'{"a": [1,]}', r"line 1, column 10: not JSON \(Expecting value\)"),
        (b'{"a": [1}', "line 1, column 9: not JSON"),
        (b'{"a": 1,}', "line 1, column 9: not JSON"),
        (b'{"a": 1]', "line 1, column 8: not JSON"),
        (b"{1: 2}", "double quotes"),
        (b'{"a": [\n1,\n{"b": tru}]}', "line 3, column 7: not JSON"),
        (b'{"a": ["open]}', "line 1, column 8: not JSON"),
        (b'{"a": ["\\u12"]}', "not JSON"),
        (b'{"a": 1} x', r"line 1, column 10: not JSON \(Extra data\)"),
        (b'{"a": 1}{"a": 2}', "Extra data"),
        (b'{"a": [NaN]}', "NaN is not allowed"),
        (b'{"a": -Infinity}', "-Infinity is not allowed"),
        (b'{"a": [' + b"9" * 10_000 + b"]}", "not JSON"),
        (b'{"a": [1], "a": [2]}', "gives the key 'a' twice"),
        (b'{"a":\n "\xff"}', "line 2: byte 0xff is not utf-8"),
        (b'{"a": "\xc3', "byte 0xc3 is not utf-8"),
        (b'{"a": ' + b"[" * 200_000, "nested too deeply"),
    ],
)
def test_broken_files_are_one_error_with_their_place(data, message, chunk):
    if len(data) > 1000 and chunk < 100:
        pytest.skip("takes long in tiny pieces")
    with pytest.raises(DataError, match=rf"^x\.json.*{message}"):
        elements(data, chunk)


def test_error_place_is_that_of_the_file_not_of_the_chunk():
    data = ('{"a": [\n' + "1,\n" * 50 + "oops]}").encode()
    for chunk in (3, 7, 64, 1 << 20):
        with pytest.raises(DataError, match=r"line 52, column 1: not JSON"):
            elements(data, chunk)


def test_single_value_that_is_too_large(monkeypatch):
    monkeypatch.setattr(json_stream, "MAX_VALUE", 1000)
    assert len(elements('{"a": [' + ",".join(['"' + "x" * 900 + '"'] * 9) + "]}", 100)) == 9
    with pytest.raises(DataError, match=r"x\.json, line 2: a single value of over"):
        elements('{"a":\n["' + "x" * 5000 + '"]}', 100)


def test_memory_does_not_grow_with_the_file():
    class Endless:
        """Gives a thousand chunks, and notes how much was asked for at once."""

        asked = 0
        left = 1000

        def read(self, count):
            self.asked = max(self.asked, count)
            self.left -= 1
            beginning = b'{"a": [0' if self.left == 999 else b""
            return beginning + b", 1" * 20 if self.left > 0 else (b"]}" if self.left == 0 else b"")

    file = Endless()
    stream = JsonStream(file, "x")
    assert sum(1 for _ in stream) == 999 * 20 + 1
    assert file.asked == json_stream.CHUNK


def test_file_that_fails_while_it_is_read():
    class Broken:
        def read(self, count):
            raise OSError("the disk is gone")

    with pytest.raises(DataError, match=r"x\.json: the disk is gone"):
        list(JsonStream(Broken(), "x.json"))


def test_of_a_file_that_is_a_list_the_first_element_tells_the_kind():
    with pytest.raises(DataError, match=r"found a list \(of 7\)$"):
        list(JsonStream(io.BytesIO(b"[7, " + b"1, " * (1 << 20)), "x.json", lambda first: f"of {first}"))
