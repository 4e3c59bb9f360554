import pytest

from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.image_resources import iptc_blocks
from corelate.data.metadata.iptc import read_iptc


def texts(block):
    return [keyword.text for keyword in read_iptc(block)]


def test_keywords_with_a_character_set(keyword_blocks):
    block = keyword_blocks.iptc("sea", "Straße")
    assert texts(block) == ["sea", "Straße"]


def test_keywords_without_a_character_set_are_utf8_if_they_can_be(keyword_blocks):
    assert texts(keyword_blocks.iptc("Straße", character_set=b"")) == ["Straße"]
    assert texts(keyword_blocks.iptc("Straße".encode("cp1252"), character_set=b"")) == ["Straße"]
    assert texts(keyword_blocks.iptc("5 €".encode("cp1252"), character_set=b"\x1b.A")) == ["5 €"]


def test_bytes_that_no_character_stands_for_are_no_text(keyword_blocks):
    assert texts(keyword_blocks.iptc(b"a\xff")) == ["a\udcff"]
    assert texts(keyword_blocks.iptc(b"a\x81", character_set=b"")) == ["a\udc81"]


def test_other_datasets_are_passed_over(keyword_blocks):
    block = (
        keyword_blocks.dataset(2, 0, b"\0\x04") + keyword_blocks.iptc("sea") + keyword_blocks.dataset(2, 80, b"Anna")
    )
    assert texts(block) == ["sea"]


def test_keyword_cut_inside_a_character(keyword_blocks):
    cut = ("x" * 63 + "ß").encode()[:64]
    (keyword,) = read_iptc(keyword_blocks.iptc(cut))
    assert keyword.text == "x" * 63
    assert keyword.may_be_cut
    (short,) = read_iptc(keyword_blocks.iptc("x"))
    assert not short.may_be_cut


def test_size_that_is_a_number_of_its_own():
    long = b"\x1c\x02\x19" + b"\x80\x04" + (3).to_bytes(4, "big") + b"sea"
    assert texts(long + b"\x1c\x02\x19\x00\x04boat") == ["sea", "boat"]


def test_zeros_at_the_end_are_padding(keyword_blocks):
    assert texts(keyword_blocks.iptc("sea") + b"\0\0\0") == ["sea"]


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_block_that_is_cut_off_gives_what_is_there(keyword_blocks, cut):
    found = []
    with pytest.raises(DamagedMetadataError, match="cut off"):
        found.extend(keyword.text for keyword in read_iptc(keyword_blocks.iptc("sea", "boat")[:-cut]))
    block = read_iptc(keyword_blocks.iptc("sea", "boat")[:-cut])
    assert next(block).text == "sea"


def test_what_is_no_dataset_is_said(keyword_blocks):
    with pytest.raises(DamagedMetadataError, match="begins no dataset"):
        texts(keyword_blocks.iptc("sea") + b"junk")


def test_image_resources_with_names_and_odd_sizes(keyword_blocks):
    named = b"8BIM\x03\xed\x04name\0" + (3).to_bytes(4, "big") + b"abc\0"
    damages = []
    assert iptc_blocks(named + keyword_blocks.resource(b"12345"), damages) == [b"12345"]
    assert not damages


def test_image_resources_that_are_cut_off(keyword_blocks):
    damages = []
    assert iptc_blocks(keyword_blocks.resource(b"123456")[:-2], damages) == [b"1234"]
    assert damages == ["its image resources are cut off"]
