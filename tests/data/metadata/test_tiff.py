import io
import struct

import pytest
from PIL import Image, TiffImagePlugin

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.tiff import read_tiff


def blocks_of(data):
    blocks = Blocks()
    read_tiff(ByteSource(io.BytesIO(data)), blocks)
    return blocks


def tiff(tags, order="<", big=False):
    """Return a TIFF without pixels: tags as (number, type, count, bytes)."""
    start, count, entry, inline = (16, "Q", "HHQ8s", 8) if big else (8, "H", "HHI4s", 4)
    mark = b"II" if order == "<" else b"MM"
    header = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    behind = start + struct.calcsize(f"<{count}") + len(tags) * struct.calcsize(f"<{entry}")
    directory, values = struct.pack(order + count, len(tags)), b""
    for number, kind, length, value in tags:
        place = struct.pack(order + ("Q" if big else "I"), behind + len(values))
        if len(value) <= inline:
            directory += struct.pack(order + entry, number, kind, length, value.ljust(inline, b"\0"))
        else:
            directory += struct.pack(order + entry, number, kind, length, place)
            values += value
    return mark + header + directory + values


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", "<>")
def test_tags_in_either_byte_order_and_in_bigtiff(keyword_blocks, order, big):
    windows = "sea\0".encode("utf-16-le")
    tags = [
        (700, 1, 9, b"<packet/>"),
        (33723, 7, 2, b"ab"),
        (34377, 1, 17, keyword_blocks.resource(b"block")[:-1]),
        (40094, 1, len(windows), windows),
    ]
    blocks = blocks_of(tiff(tags, order, big))
    assert blocks.xmp == [b"<packet/>"]
    assert blocks.iptc == [b"ab", b"block"]
    assert blocks.windows == [windows]
    assert not blocks.damages


def test_iptc_whose_bytes_were_turned_round_as_numbers(keyword_blocks):
    block = keyword_blocks.iptc("sea").ljust(20, b"\0")
    turned = b"".join(block[start : start + 4][::-1] for start in range(0, 20, 4))
    assert blocks_of(tiff([(33723, 4, 5, turned)])).iptc == [block]
    assert blocks_of(tiff([(33723, 4, 5, block)])).iptc == [block]


def test_what_pillow_writes():
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[700] = b"<packet/>"
    info.tagtype[700] = 1
    file = io.BytesIO()
    Image.new("RGB", (300, 200)).save(file, "TIFF", tiffinfo=info)
    assert blocks_of(file.getvalue()).xmp == [b"<packet/>"]


def test_value_beyond_the_end_is_damage_and_the_others_are_read():
    data = tiff([(700, 1, 9, b"<packet/>"), (33723, 7, 2, b"ab")])[:-1]
    blocks = blocks_of(data)
    assert blocks.iptc == [b"ab"]
    assert blocks.damages == ["the file ends in the middle of what begins at byte 34"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no TIFF header"),
        (b"II\x2a\0", "the file ends"),
        (b"II\x2c\0\0\0\0\0", "version 44"),
        (b"II\x2a\0\x08\0\0\0\xff\xff", "directory of 65535 tags"),
        (b"II\x2a\0\xff\xff\xff\xff", "the file ends"),
        (b"II\x2b\0\x08\0\0\0" + b"\xff" * 8, "no such place"),
    ],
)
def test_directories_that_cannot_be_read(data, message):
    with pytest.raises(DamagedMetadataError, match=message):
        blocks_of(data)


def test_tag_that_claims_to_be_huge():
    data = tiff([(700, 1, 1 << 31, b"0123456789")])
    assert "more than the" in blocks_of(data).damages[0]
