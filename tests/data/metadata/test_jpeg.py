import io

import pytest
from PIL import Image

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.jpeg import read_jpeg

EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
DIGEST = b"0123456789ABCDEF0123456789ABCDEF"


def blocks_of(data):
    blocks = Blocks()
    read_jpeg(ByteSource(io.BytesIO(data)), blocks)
    return blocks


def part(content, place, whole, digest=DIGEST):
    return EXTENSION + digest + whole.to_bytes(4, "big") + place.to_bytes(4, "big") + content


def main_packet(keyword_blocks, form='<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">{}</n:HasExtendedXMP>'):
    return keyword_blocks.xmp(form.format(DIGEST.decode()))


def test_packet_and_resources(keyword_blocks):
    data = keyword_blocks.jpeg(
        keyword_blocks.segment(0xE2, b"other"),
        keyword_blocks.xmp_segment(b"<packet/>"),
        keyword_blocks.iptc_segment(b"block"),
    )
    blocks = blocks_of(data)
    assert blocks.xmp == [b"<packet/>"]
    assert blocks.iptc == [b"block"]
    Image.open(io.BytesIO(data)).load()


def test_resources_divided_between_segments(keyword_blocks):
    resources = keyword_blocks.resource(b"thumbnail", 0x040C) + keyword_blocks.resource(b"block!")
    halves = resources[:30], resources[30:]
    data = keyword_blocks.jpeg(*(keyword_blocks.segment(0xED, b"Photoshop 3.0\0" + half) for half in halves))
    assert blocks_of(data).iptc == [b"block!"]


def test_extension_is_put_together_in_the_order_of_its_parts(keyword_blocks):
    whole = keyword_blocks.subject("sea")
    middle = len(whole) // 2
    data = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(main_packet(keyword_blocks)),
        keyword_blocks.segment(0xE1, part(whole[middle:], middle, len(whole))),
        keyword_blocks.segment(0xE1, part(whole[:middle], 0, len(whole))),
        keyword_blocks.segment(0xE1, part(b"left over", 0, 9, digest=b"F" * 32)),
    )
    blocks = blocks_of(data)
    assert blocks.xmp[1:] == [whole]
    assert not blocks.damages


@pytest.mark.parametrize("form", ["<n:HasExtendedXMP>\n{}</n:HasExtendedXMP>", '<a n:HasExtendedXMP="{}"/>'])
def test_extension_may_be_named_by_an_element_or_an_attribute(keyword_blocks, form):
    data = keyword_blocks.jpeg(
        keyword_blocks.segment(0xE1, part(b"<whole/>", 0, 8)),
        keyword_blocks.xmp_segment(main_packet(keyword_blocks, form)),
    )
    assert blocks_of(data).xmp[1:] == [b"<whole/>"]


def test_extension_with_a_missing_part_is_damage(keyword_blocks):
    data = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(main_packet(keyword_blocks)), keyword_blocks.segment(0xE1, part(b"end", 100, 103))
    )
    blocks = blocks_of(data)
    assert len(blocks.xmp) == 1
    assert blocks.damages == ["the extension of its XMP is not whole"]


def test_keywords_of_windows_in_exif(keyword_blocks):
    exif = Image.Exif()
    exif[0x9C9E] = "sea;boat\0".encode("utf-16-le")
    data = keyword_blocks.jpeg(keyword_blocks.segment(0xE1, exif.tobytes()))
    assert blocks_of(data).windows == ["sea;boat\0".encode("utf-16-le")]


def test_damaged_exif_are_passed_over(keyword_blocks):
    data = keyword_blocks.jpeg(
        keyword_blocks.segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f\x9e\x9c"), keyword_blocks.xmp_segment(b"<a/>")
    )
    blocks = blocks_of(data)
    assert blocks.xmp == [b"<a/>"]
    assert not blocks.damages


def test_filling_between_segments(keyword_blocks):
    data = keyword_blocks.jpeg(b"\xff\xff", keyword_blocks.xmp_segment(b"<a/>"), b"\xff\x01")
    assert blocks_of(data).xmp == [b"<a/>"]


def test_only_the_beginning_is_read(keyword_blocks):
    class Counting(io.BytesIO):
        count = 0

        def read(self, size=-1):
            content = super().read(size)
            self.count += len(content)
            return content

    segments = [keyword_blocks.segment(0xE2, bytes(60_000)) for _ in range(20)]
    file = Counting(keyword_blocks.jpeg(*segments, keyword_blocks.xmp_segment(b"<a/>")) + bytes(10_000_000))
    blocks = Blocks()
    read_jpeg(ByteSource(file), blocks)
    assert blocks.xmp == [b"<a/>"]
    assert file.count < 40_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xd8", "the file ends"),
        (b"\xff\xd8\xff\xe1\xff\xffhttp", "the file ends"),
        (b"\xff\xd8rubbish", "byte 2 is no marker"),
    ],
)
def test_segments_that_cannot_be_followed(data, message):
    with pytest.raises(DamagedMetadataError, match=message):
        blocks_of(data)


def test_what_came_before_the_damage_is_kept(keyword_blocks):
    data = keyword_blocks.jpeg(keyword_blocks.xmp_segment(b"<a/>"), keyword_blocks.iptc_segment(b"block"), b"junk")
    blocks = Blocks()
    with pytest.raises(DamagedMetadataError):
        read_jpeg(ByteSource(io.BytesIO(data)), blocks)
    assert (blocks.xmp, blocks.iptc) == ([b"<a/>"], [b"block"])


def test_segments_without_end_are_given_up(keyword_blocks):
    with pytest.raises(DamagedMetadataError, match="more pieces than a proper file"):
        blocks_of(b"\xff\xd8" + b"\xff\xe2\0\2" * 400_000)
    # As many as there may be, each as large as it may be, must not be kept.
    with pytest.raises(DamagedMetadataError, match="more than 16 MiB"):
        blocks_of(keyword_blocks.jpeg(*[keyword_blocks.xmp_segment(bytes(65_000))] * 300))
