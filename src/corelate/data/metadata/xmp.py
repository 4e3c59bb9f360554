"""Keywords in XMP packets: XML from strangers, read without a document type and up to a bounded size and depth.

Source: ISO 16684-1 (XMP data model and RDF form); the properties are those of Dublin Core, Adobe Lightroom, digiKam,
Windows, iView MediaPro and ACDSee.
"""

from __future__ import annotations

from xml.parsers import expat

from corelate.data.metadata.acdsee import read_categories
from corelate.data.metadata.byte_source import MOST_BYTES
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.found_keywords import LONGEST_TEXT, FoundKeywords, clean_keyword

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_ROOT, _DESCRIPTION, _ITEM, _VALUE = f"{_RDF}RDF", f"{_RDF}Description", f"{_RDF}li", f"{_RDF}value"
_MOST_LEVELS = 100

_FLAT, _BY_BAR, _BY_SLASH, _WINDOWS, _CATEGORIES = "flat", "by bar", "by slash", "Windows", "categories"
# How the keywords of each property are written. The namespaces are given without the slash at their end, which some
# programs leave out.
_FORMS = {
    "http://purl.org/dc/elements/1.1 subject": _FLAT,
    "http://www.digikam.org/ns/1.0 TagsList": _BY_SLASH,
    "http://ns.adobe.com/lightroom/1.0 hierarchicalSubject": _BY_BAR,
    "http://ns.microsoft.com/photo/1.0 LastKeywordXMP": _WINDOWS,
    "http://ns.iview-multimedia.com/mediapro/1.0 CatalogSets": _BY_BAR,
    "http://ns.acdsee.com/iptc/1.0 keywords": _FLAT,
    "http://ns.acdsee.com/iptc/1.0 categories": _CATEGORIES,
}
_FORMS |= {name.replace(" ", "/ "): form for name, form in _FORMS.items()}

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def read_packet(packet: bytes, found: FoundKeywords) -> None:
    """Take the keywords of an XMP packet, or of an XMP file.

    Args:
        packet: XML in any encoding of Unicode.
        found: Receives the keywords; when the packet is damaged, those before the damage.

    Raises:
        DamagedMetadataError: It is not XML, declares a document type, or is too large or too deep.
    """
    if len(packet) > MOST_BYTES:
        raise DamagedMetadataError(f"XMP of more than {MOST_BYTES >> 20} MiB")
    _PacketReader(found).read(_as_utf8(packet))


def _as_utf8(packet: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if packet.startswith(mark):
            try:
                packet = packet.decode(encoding).lstrip("\ufeff").encode()
            except UnicodeError as error:
                raise DamagedMetadataError(f"XMP is no {encoding} text") from error
            break
    return packet.strip(b"\0 \t\r\n")


class _PacketReader:
    """Follows the elements of a packet; keywords are the items of the known properties of the picture itself."""

    def __init__(self, found: FoundKeywords) -> None:
        self._found = found
        self._elements: list[str] = []
        self._closed = False
        self._property_depth = 0
        self._form = _FLAT
        self._text: list[str] = []
        self._has_items = False
        self._of_windows: list[str] = []

    def read(self, packet: bytes) -> None:
        # With an encoding given, a parser pays no heed to the one that the packet declares.
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_document_type
        try:
            parser.Parse(packet, True)
        except expat.ExpatError as error:
            if not self._closed:  # behind the packet anything may stand
                reason = expat.ErrorString(error.code) or "not XML"
                raise DamagedMetadataError(f"XMP, line {error.lineno}: {reason}") from error
        finally:
            self._add_keywords_of_windows()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        elements = self._elements
        elements.append(name)
        if len(elements) > _MOST_LEVELS:
            raise DamagedMetadataError(f"XMP nested in more than {_MOST_LEVELS} levels")
        if self._property_depth:
            if name in (_ITEM, _VALUE):
                self._text.clear()
                self._has_items = True
        elif len(elements) > 1 and elements[-2] == _ROOT and name == _DESCRIPTION:
            for key, value in attributes.items():
                if key in _FORMS:
                    self._add(value, _FORMS[key])
        # Elsewhere there are descriptions of other pictures, such as those that this one was made of.
        elif name in _FORMS and elements[-3:-1] == [_ROOT, _DESCRIPTION]:
            self._property_depth, self._form, self._has_items = len(elements), _FORMS[name], False
            self._text.clear()

    def _end(self, name: str) -> None:
        if self._property_depth:
            at_end = len(self._elements) == self._property_depth
            if name == _ITEM or (at_end and not self._has_items):
                self._add("".join(self._text), self._form)
                self._text.clear()
            if at_end:
                self._property_depth = 0
        self._elements.pop()
        self._closed = not self._elements

    def _characters(self, text: str) -> None:
        depth = self._property_depth
        if depth and (len(self._elements) == depth or self._elements[-1] in (_ITEM, _VALUE)):
            self._text.append(text)

    def _add(self, text: str, form: str) -> None:
        if form == _FLAT:
            self._found.add(text)
        elif form == _WINDOWS:
            self._of_windows.append(text)
        elif form == _CATEGORIES:
            read_categories(text, self._found)
        else:
            self._found.add_path(text.split("|" if form == _BY_BAR else "/"))

    def _add_keywords_of_windows(self) -> None:
        """Take what Windows, and others for it, write: paths with slashes, or words that may hold one ("AC/DC").

        Windows writes its words into the flat list as well.
        """
        for text in self._of_windows:
            if len(text) > LONGEST_TEXT or clean_keyword(text) not in self._found.words:
                self._found.add_path(text.split("/"))


def _refuse_document_type(*_: object) -> None:
    raise DamagedMetadataError("XMP declares a document type, which it may not have")
