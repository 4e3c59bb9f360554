import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.metadata.byte_source import MOST_BYTES
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.found_keywords import FoundKeywords
from corelate.data.metadata.xmp import read_packet

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def read(packet):
    found = FoundKeywords()
    read_packet(packet if isinstance(packet, bytes) else packet.encode(), found)
    return list(found.words), list(found.paths)


def test_lists_of_each_program(keyword_blocks):
    packet = keyword_blocks.xmp(
        keyword_blocks.listed("dc:subject", ["Rome", "Piazza & Café"])
        + keyword_blocks.listed("digiKam:TagsList", ["Places/Italy/Rome", "single"], "Seq")
        + keyword_blocks.listed("lr:hierarchicalSubject", ["People|AC/DC"])
        + keyword_blocks.listed("mediapro:CatalogSets", ["Sets|One"])
        + keyword_blocks.listed("acdsee:keywords", ["plain"])
    )
    words, paths = read(packet)
    assert words == ["Rome", "Piazza & Café", "plain"]
    assert paths == [("Places", "Italy", "Rome"), ("single",), ("People", "AC/DC"), ("Sets", "One")]


def test_keywords_of_windows_are_paths_unless_the_flat_list_has_them_whole(keyword_blocks):
    packet = keyword_blocks.xmp(
        keyword_blocks.listed("MicrosoftPhoto:LastKeywordXMP", ["AC/DC", "Places/Rome"])
        + keyword_blocks.listed("dc:subject", ["AC/DC"])
    )
    assert read(packet) == (["AC/DC"], [("Places", "Rome")])


def test_namespaces_count_and_not_prefixes():
    packet = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF {RDF.replace("xmlns:rdf", "xmlns:r")}>
      <r:Description xmlns:a="http://purl.org/dc/elements/1.1/" xmlns:dc="http://example.org/other/">
        <a:subject><r:Bag><r:li>taken</r:li></r:Bag></a:subject>
        <dc:subject><r:Bag><r:li>not taken</r:li></r:Bag></dc:subject>
      </r:Description></r:RDF></x:xmpmeta>"""
    assert read(packet) == (["taken"], [])


def test_namespace_without_the_slash_at_its_end():
    packet = f"""<rdf:RDF {RDF}><rdf:Description xmlns:m="http://ns.adobe.com/lightroom/1.0">
      <m:hierarchicalSubject><rdf:Bag><rdf:li>A|B</rdf:li></rdf:Bag></m:hierarchicalSubject>
      </rdf:Description></rdf:RDF>"""
    assert read(packet) == ([], [("A", "B")])


def test_attribute_and_plain_text_instead_of_a_list():
    packet = f"""<rdf:RDF {RDF}><rdf:Description {DC} dc:subject="first"/>
      <rdf:Description {DC}><dc:subject> second </dc:subject></rdf:Description></rdf:RDF>"""
    assert read(packet) == (["first", "second"], [])


def test_windows_explorer_declares_prefixes_where_they_are_used():
    packet = f"""<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
      <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>
      <rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b" {DC}/>
      <rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b" {DC}>
      <dc:subject><rdf:Bag {RDF}><rdf:li>sea</rdf:li><rdf:li>boat</rdf:li></rdf:Bag></dc:subject>
      </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"""
    assert read(packet) == (["sea", "boat"], [])


def test_item_with_qualifiers_and_languages():
    packet = f"""<rdf:RDF {RDF}><rdf:Description {DC}><dc:subject><rdf:Bag>
      <rdf:li rdf:parseType="Resource"><rdf:value>sea</rdf:value><x:source xmlns:x="u">camera</x:source></rdf:li>
      <rdf:li xml:lang="en">boat</rdf:li><rdf:li/>
      </rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"""
    assert read(packet) == (["sea", "boat"], [])


def test_keywords_of_pictures_that_this_one_was_made_of_are_not_its_own():
    inner = (
        f"<rdf:Description {DC}><dc:subject><rdf:Bag><rdf:li>not mine</rdf:li></rdf:Bag></dc:subject></rdf:Description>"
    )
    packet = f"""<rdf:RDF {RDF}><rdf:Description {DC} xmlns:mm="http://ns.adobe.com/xap/1.0/mm/">
      <mm:Pantry><rdf:Bag><rdf:li>{inner}</rdf:li></rdf:Bag></mm:Pantry>
      <dc:subject><rdf:Bag><rdf:li>mine</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"""
    assert read(packet) == (["mine"], [])


def test_face_regions_are_no_keywords():
    packet = f"""<rdf:RDF {RDF}><rdf:Description xmlns:mwg="http://www.metadataworkinggroup.com/schemas/regions/">
      <mwg:Regions rdf:parseType="Resource"><mwg:RegionList><rdf:Bag>
      <rdf:li><rdf:Description mwg:Name="Anna" mwg:Type="Face"/></rdf:li></rdf:Bag></mwg:RegionList></mwg:Regions>
      </rdf:Description></rdf:RDF>"""
    assert read(packet) == ([], [])


def test_categories_of_acdsee_are_xml_in_xml(keyword_blocks):
    categories = (
        '&lt;Categories&gt;&lt;Category Assigned="0"&gt;Places&lt;Category Assigned="1"&gt;Italy&lt;/Category&gt;'
        '&lt;/Category&gt;&lt;Category Assigned="1"&gt;Album&lt;/Category&gt;&lt;/Categories&gt;'
    )
    packet = keyword_blocks.xmp(f"<acdsee:categories>{categories}</acdsee:categories>")
    assert read(packet) == ([], [("Places", "Italy"), ("Album",)])


@pytest.mark.parametrize("inner", ["&lt;broken", "&lt;!DOCTYPE a&gt;&lt;a/&gt;", "&lt;Category&gt;" * 200])
def test_categories_that_cannot_be_read(keyword_blocks, inner):
    with pytest.raises(DamagedMetadataError, match="categories"):
        read(keyword_blocks.xmp(f"<acdsee:categories>{inner}</acdsee:categories>"))


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_every_encoding_of_unicode(encoding):
    packet = f"<rdf:RDF {RDF}><rdf:Description {DC} dc:subject='Stra\xdfe'/></rdf:RDF>"
    assert read(packet.encode(encoding)) == (["Straße"], [])


def test_declared_encoding_does_not_matter():
    packet = f"<?xml version='1.0' encoding='UTF-16'?><rdf:RDF {RDF}><rdf:Description {DC} dc:subject='é'/></rdf:RDF>"
    assert read(packet) == (["é"], [])
    assert read(packet.encode("utf-16")) == (["é"], [])


def test_padding_and_rubbish_behind_the_packet(keyword_blocks):
    assert read(keyword_blocks.subject("sea") + b"\0" * 50) == (["sea"], [])
    assert read(keyword_blocks.subject("sea") + b"rubbish <") == (["sea"], [])


@pytest.mark.parametrize(
    "entity", ['<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">', "<!ENTITY % a SYSTEM 'x'> %a;"]
)
def test_document_type_is_refused_before_any_entity(entity):
    packet = f"<!DOCTYPE r [{entity}]><rdf:RDF {RDF}><rdf:Description {DC} dc:subject='&a;'/></rdf:RDF>"
    for data in (packet.encode(), packet.encode("utf-16")):
        found = FoundKeywords()
        with pytest.raises(DamagedMetadataError, match="document type"):
            read_packet(data, found)
        assert not found.words


def test_damage_is_named_with_its_line_and_what_came_before_is_kept(keyword_blocks):
    packet = keyword_blocks.subject("sea", "boat")
    found = FoundKeywords()
    with pytest.raises(DamagedMetadataError, match="XMP, line 2: "):
        read_packet(packet[: packet.index(b"boat")], found)
    assert list(found.words) == ["sea"]


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        (b"", "no element found"),
        (b"no XML", "syntax error"),
        (b"<a:b/>", "unbound prefix"),
        (b"<a>" * 1000, "nested in more than"),
        (b"<a>\xff</a>", "not well-formed"),
        (b"\xff\xfe\0", "no utf-16 text"),
        (b"<a>" + b" " * MOST_BYTES, "more than 16 MiB"),
    ],
)
def test_what_is_no_packet_is_said(packet, message):
    with pytest.raises(DamagedMetadataError, match=message):
        read(packet)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    found = FoundKeywords()
    with contextlib.suppress(DamagedMetadataError):
        read_packet(data, found)


@given(st.data())
def test_packets_changed_anywhere_are_read_or_refused(keyword_blocks, data):
    packet = bytearray(keyword_blocks.subject("sea", "boat"))
    for _ in range(data.draw(st.integers(1, 5))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DamagedMetadataError):
        read_packet(bytes(packet), FoundKeywords())
