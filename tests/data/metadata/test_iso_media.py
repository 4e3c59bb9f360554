import io

import pytest
from PIL import Image, features

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.iso_media import read_iso_media


def blocks_of(data):
    blocks = Blocks()
    read_iso_media(ByteSource(io.BytesIO(data)), blocks)
    return blocks


def box(kind, content, version=None):
    if version is not None:
        content = bytes([version, 0, 0, 0]) + content
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def number(value, width):
    return value.to_bytes(width, "big")


def entry(item, kind, name=b"", content_type=b"", version=2):
    rest = kind + name + b"\0" + (content_type + b"\0" if content_type else b"")
    return box(b"infe", number(item, 2 if version == 2 else 4) + b"\0\0" + rest, version)


def heif(location, *parts, packet=b"", first=b""):
    """Return a file whose second item is XMP, at `location` (the content of iloc from its version on)."""
    items = [entry(1, b"hvc1"), entry(2, b"mime", b"XMP", b"application/rdf+xml")]
    iinf = box(b"iinf", number(len(items), 2) + b"".join(items), 0)
    meta = box(b"meta", iinf + box(b"iloc", location[1:], location[0]) + b"".join(parts), 0)
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + first + meta + box(b"mdat", packet)


def test_packet_behind_the_box_of_metadata():
    packet = b"<packet/>"

    def file(place):
        extent = number(place, 4) + number(len(packet), 4)
        # widths of 4, 4, 0, 0; two items, each in one part
        one, two = (number(item, 2) + b"\0\0" + number(1, 2) + part for item, part in ((1, bytes(8)), (2, extent)))
        return heif(b"\0" + b"\x44\0" + number(2, 2) + one + two, packet=packet)

    data = file(0)
    assert blocks_of(file(data.index(packet))).xmp == [packet]
    assert "the file ends" in _message(file(len(data) - 2))


def test_packet_in_parts_inside_the_box_idat():
    # version 1: method 1 is idat; widths of 4, 4, 4 (base) and no index
    parts = number(0, 4) + number(4, 4) + number(4, 4) + number(5, 4)
    location = b"\1" + b"\x44\x40" + number(1, 2) + number(2, 2) + number(1, 2) + b"\0\0" + number(2, 4)
    data = heif(location + number(2, 2) + parts, box(b"idat", b"??<packet/>"))
    assert blocks_of(data).xmp == [b"<packet/>"]


def test_long_numbers_and_boxes_before():
    packet = b"<packet/>"
    first = number(1, 4) + b"free" + number(24, 8) + bytes(8)

    def file(place):
        location = b"\2" + b"\x84\x84" + number(1, 4) + number(2, 4) + b"\0\0" + b"\0\0" + number(place, 8)
        return heif(location + number(1, 2) + bytes(4) + number(0, 8) + number(9, 4), packet=packet, first=first)

    assert blocks_of(file(file(0).index(packet))).xmp == [packet]


@pytest.mark.skipif(not features.check("avif"), reason="the installed Pillow has no AVIF")
def test_avif_that_pillow_writes():
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "AVIF", xmp=b"<packet/>", exif=Image.Exif())
    assert blocks_of(file.getvalue()).xmp == [b"<packet/>"]


def test_file_without_metadata_has_none():
    assert not blocks_of(box(b"ftyp", b"avif") + box(b"mdat", b"pixels")).xmp
    assert not blocks_of(box(b"ftyp", b"avif") + number(0, 4) + b"mdat").xmp


def test_parts_that_take_no_bytes_do_not_stop_the_reading():
    nothing = (number(1, 2) + b"\0\0" + number(65535, 2)) * 100
    data = heif(b"\0" + b"\0\0" + number(100, 2) + nothing)
    assert "too many parts" in _message(data)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (b"\0" + b"\x44\0" + number(9, 2), "cut off"),
        (b"\0" + b"\x44\0" + number(0, 2), "nothing says where"),
        (b"\0", "cut off"),
    ],
)
def test_lists_that_do_not_say_where_it_is(location, message):
    assert message in _message(heif(location))


def test_boxes_that_cannot_be_followed():
    assert "a box of 3 bytes" in _message(box(b"ftyp", b"avif") + number(3, 4) + b"junk")
    assert "more pieces" in _message(box(b"free", b"") * 400_000)
    assert "a list of items" in _message(box(b"ftyp", b"avif") + number(1 << 21, 4) + b"meta")


def _message(data):
    with pytest.raises(DamagedMetadataError) as caught:
        blocks_of(data)
    return str(caught.value)
