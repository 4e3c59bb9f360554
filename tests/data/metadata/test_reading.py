import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin, features
from PIL.PngImagePlugin import PngInfo

from corelate.data.metadata.found_keywords import LONGEST_KEYWORD, FoundKeywords, clean_keyword
from corelate.data.metadata.reading import Sources, read_embedded, read_sidecar
from corelate.data.vocabulary import is_label

PICTURE = Image.new("RGB", (8, 8), "red")


def embedded(data, **sources):
    found = FoundKeywords()
    read_embedded(io.BytesIO(data), found, Sources(**sources))
    return found


def saved(kind, **options):
    file = io.BytesIO()
    PICTURE.save(file, kind, **options)
    return file.getvalue()


def png(packet):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return saved("PNG", pnginfo=info)


def tiff(packet):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[700], info.tagtype[700] = packet, 1
    return saved("TIFF", tiffinfo=info)


def gif(packet):
    data = saved("GIF")
    palette = 13 + (3 << (data[10] & 7) + 1)
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return data[:palette] + b"\x21\xff\x0bXMP DataXMP" + packet + trailer + data[palette:]


CONTAINERS = {
    "JPEG": lambda packet: saved("JPEG", xmp=packet),
    "PNG": png,
    "WEBP": lambda packet: saved("WEBP", xmp=packet),
    "TIFF": tiff,
    "GIF": gif,
}
if features.check("avif"):
    CONTAINERS["AVIF"] = lambda packet: saved("AVIF", xmp=packet)

KEYWORDS = (
    st.text(st.characters(codec="utf-8", exclude_characters="|"), max_size=40)
    .map(clean_keyword)
    .filter(lambda text: is_label(text) and len(text) <= LONGEST_KEYWORD and text.isprintable())
)


@pytest.mark.parametrize("kind", CONTAINERS)
@settings(max_examples=15)
@given(keywords=st.lists(KEYWORDS, max_size=8, unique=True))
def test_xmp_comes_back_from_every_container(keyword_blocks, kind, keywords):
    found = embedded(CONTAINERS[kind](keyword_blocks.subject(*keywords)))
    assert list(found.words) == keywords
    assert not found.damages + found.unusable


@settings(max_examples=25)
@given(keywords=st.lists(KEYWORDS.filter(lambda text: len(text.encode()) < 61), max_size=8, unique=True))
@example(["ÿ", "Ünï çödé"])
def test_iptc_comes_back(keyword_blocks, keywords):
    data = keyword_blocks.jpeg(keyword_blocks.iptc_segment(keyword_blocks.iptc(*keywords)))
    assert list(embedded(data).words) == keywords
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[33723], info.tagtype[33723] = keyword_blocks.iptc(*keywords), 7
    assert list(embedded(saved("TIFF", tiffinfo=info)).words) == keywords


def test_sources_can_be_chosen(keyword_blocks):
    exif = Image.Exif()
    exif[0x9C9E] = "win;dows\0".encode("utf-16-le")
    data = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(keyword_blocks.subject("x")),
        keyword_blocks.iptc_segment(keyword_blocks.iptc("i")),
        keyword_blocks.segment(0xE1, exif.tobytes()),
    )
    assert list(embedded(data).words) == ["x", "i", "win", "dows"]
    assert list(embedded(data, iptc=False).words) == ["x"]
    assert list(embedded(data, xmp=False).words) == ["i", "win", "dows"]


def test_keyword_that_iptc_cut_off_is_not_one_more(keyword_blocks):
    long = "a very long keyword " * 4
    cut = long.encode()[:64]
    whole = keyword_blocks.xmp_segment(keyword_blocks.subject(long))
    short = keyword_blocks.iptc_segment(keyword_blocks.iptc(cut))
    assert list(embedded(keyword_blocks.jpeg(whole, short)).words) == [long.strip()]
    umlauts = "ä" * 100
    for cut_umlauts in (umlauts.encode()[:64], umlauts.encode()[:63], umlauts.encode("cp1252")[:64]):
        data = keyword_blocks.jpeg(
            keyword_blocks.xmp_segment(keyword_blocks.subject(umlauts)),
            keyword_blocks.iptc_segment(keyword_blocks.iptc(cut_umlauts, character_set=b"")),
        )
        assert list(embedded(data).words) == [umlauts]
    assert list(embedded(keyword_blocks.jpeg(short)).words) == [cut.decode().strip()]


def test_damaged_block_leaves_the_others(keyword_blocks):
    data = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(b"<broken"), keyword_blocks.iptc_segment(keyword_blocks.iptc("sea") + b"junk")
    )
    found = embedded(data)
    assert list(found.words) == ["sea"]
    assert [damage.split(":")[0] for damage in found.damages] == [
        "XMP, line 1",
        "byte 16 of its IPTC block begins no dataset",
    ]


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "the file is empty"), (b"%PDF-1.4", "holds PDF"), (b"\0" * 99, "holds unknown data")]
)
def test_what_is_no_picture_is_damage(data, message):
    (damage,) = embedded(data).damages
    assert message in damage


def test_bmp_holds_no_keywords():
    assert embedded(saved("BMP")) == FoundKeywords()


@pytest.mark.parametrize("data", [b"", b" \n", b"\0"])
def test_empty_sidecar_is_damage(data):
    found = FoundKeywords()
    read_sidecar(io.BytesIO(data), found)
    assert found.damages == ["the XMP file is empty"]


STARTS = [
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"II*\0",
    b"MM\0+",
    b"RIFF\xff\0\0\0WEBP",
    b"\0\0\0\x10ftypavif",
]


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_any_bytes_are_damage_and_no_error(start, rest):
    embedded(start + rest)
    read_sidecar(io.BytesIO(rest), FoundKeywords())


@pytest.mark.parametrize("kind", CONTAINERS)
@settings(max_examples=40)
@given(data=st.data())
def test_pictures_changed_anywhere_are_no_error(keyword_blocks, kind, data):
    picture = bytearray(CONTAINERS[kind](keyword_blocks.subject("sea", "boat")))
    for _ in range(data.draw(st.integers(1, 4))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    embedded(bytes(picture[: data.draw(st.integers(0, len(picture)))]))
