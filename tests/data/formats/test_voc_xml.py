import time
import tracemalloc

import pytest

from corelate.data.formats.voc_xml import MAX_XML_BYTES, read_objects
from corelate.errors import DataError

ONE = "<annotation><object><name>{}</name></object></annotation>"
GROWING = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 11))
BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{GROWING}]>' + ONE.format("&a10;")


def test_objects_their_difficulty_and_not_their_parts():
    text = """<?xml version="1.0"?>
    <annotation><object><name>person</name><part><name>head</name></part><difficult>1</difficult></object>
    <source><object><name>none</name></object></source>
    <object><name> dog </name></object><object><name>cat</name><difficult>0</difficult></object></annotation>"""
    assert read_objects(text.encode(), "x") == [("person", True), ("dog", False), ("cat", False)]
    assert read_objects(b"<annotation/>", "x") == []


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("<?xml version='1.0' encoding='utf-8'?>", "utf-8-sig"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
        ('<?xml version="1.0" encoding="windows-1252"?>', "cp1252"),
    ],
)
def test_declared_encoding_counts(head, encoding):
    assert read_objects((head + ONE.format("café")).encode(encoding), "x")[0].name == "café"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"x\.xml, line 1, column 1: not XML \(no element found\)"),
        (b"<annotation>\n<object></annotation>", r"x\.xml, line 2, column 11: not XML \(mismatched tag\)"),
        (b"<html/>", r"expected <annotation>, found <html>"),
        (b"<annotation><object/></annotation>", "object 1 has no name"),
        (b"<annotation><object><name> </name></object></annotation>", "object 1 has no name"),
        (ONE.format("dog</name><difficult>2</difficult><name>").encode(), "<difficult> of object 1 must be 0 or 1"),
        (ONE.format("&undefined;").encode(), "not XML"),
        (b"<annotation>\ncaf\xe9</annotation>", r"x\.xml, line 2: byte 0xe9 is not utf-8"),
        (b'<?xml version="1.0" encoding="rot13"?><annotation/>', "text encoding 'rot13'"),
        (b'<?xml version="1.0" encoding="utf-7"?><annotation/>', "text encoding 'utf-7'"),
        (b'<?xml version="1.0" encoding="cp037"?>' + ONE.format("x").encode("cp037"), "text encoding 'cp037'"),
        (ONE.format("x").encode("utf-16"), "not utf-8"),
        (b"\x00" * 100, "null characters"),
    ],
)
def test_what_is_no_annotation_is_one_error_with_its_place(data, message):
    with pytest.raises(DataError, match=message):
        read_objects(data, "x.xml")


def test_entities_are_not_expanded():
    start = time.process_time()
    for data in (BOMB, BOMB.replace('<?xml version="1.0"?>', ""), BOMB.replace("<!DOCTYPE", "\n <!DOCTYPE")):
        with pytest.raises(DataError, match=r"x\.xml: declares a document type"):
            read_objects(data.encode(), "x.xml")
    assert time.process_time() - start < 1


def test_files_outside_are_not_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret">]>' + ONE.format("&a;")
    with pytest.raises(DataError, match="declares a document type"):
        read_objects(text.encode(), "x.xml")


def test_document_type_in_an_encoding_that_hides_it():
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]>' + ONE.format("&a;")
    for data in (text.encode("utf-16"), text.encode("utf-16-le")):
        with pytest.raises(DataError):
            read_objects(data, "x.xml")


def test_deep_nesting_does_no_harm():
    assert read_objects(b"<annotation>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</annotation>", "x") == []


def test_largest_file_takes_bounded_memory():
    assert MAX_XML_BYTES <= 1 << 20
    nested = (
        b"<annotation>" + b"<a>" * (MAX_XML_BYTES // 7 - 10) + b"</a>" * (MAX_XML_BYTES // 7 - 10) + b"</annotation>"
    )
    assert len(nested) <= MAX_XML_BYTES
    tracemalloc.start()
    assert read_objects(nested, "x") == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
