"""Annotation files of PASCAL VOC: XML from strangers, read without entities and up to a bounded size."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

from corelate.data.formats.collecting import shown
from corelate.data.formats.text import decode_text
from corelate.errors import DataError

# The largest of VOC's own takes a few dozen KiB; parsed, the worst takes some 50 times its size.
MAX_XML_BYTES = 1 << 20

_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# The encodings that label programs write; Python knows others that are no alphabets.
_ALLOWED = re.compile(
    r"utf-?8|us-ascii|ascii|latin-?1|iso-8859-\d+|(windows-|cp)125\d|gb2312|gbk|gb18030|big5|euc-(jp|kr)|shift_jis",
    re.I,
)
_DIFFICULT = {"": False, "0": False, "1": True}


class AnnotatedObject(NamedTuple):
    """The class of an object, and whether it is marked as difficult to recognise."""

    name: str
    difficult: bool


def read_objects(data: bytes, where: str) -> list[AnnotatedObject]:
    """Return the objects of an annotation file; parts of objects (a person's head) are no objects.

    Raises:
        DataError: It is not XML, declares a document type (which could define entities that grow without end), or
            is no annotation as VOC writes it; the message begins with the file.
    """
    root = _parse(data, where)
    if root.tag != "annotation":
        raise DataError(f"{where}: expected <annotation>, found <{shown(root.tag)}>")
    objects = []
    for position, element in enumerate(root.findall("object"), start=1):
        name = (element.findtext("name") or "").strip()
        difficult = (element.findtext("difficult") or "").strip()
        if not name:
            raise DataError(f"{where}: object {position} has no name")
        if difficult not in _DIFFICULT:
            raise DataError(f"{where}: <difficult> of object {position} must be 0 or 1, found {shown(difficult)}")
        objects.append(AnnotatedObject(name, _DIFFICULT[difficult]))
    return objects


def _parse(data: bytes, where: str) -> ElementTree.Element:
    declared = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared[1].decode() if declared else "utf-8"
    if not _ALLOWED.fullmatch(encoding):
        raise DataError(f"{where}: text encoding {encoding!r}; save it as UTF-8")
    text = decode_text(data, where, encoding)
    if "\0" in text:  # UTF-16 without a mark, which the parser would recognise and the search below would not
        raise DataError(f"{where}: holds null characters; save it as UTF-8")
    # What is searched is what is parsed: a parser that is given text pays no heed to the declared encoding.
    if "<!DOCTYPE" in text:
        raise DataError(f"{where}: declares a document type, which annotations don't have; not read")
    parser = ElementTree.XMLParser()
    try:
        parser.feed(text)
        return parser.close()
    except ElementTree.ParseError as error:
        line, column = error.position
        reason = str(error).partition(": line ")[0]
        raise DataError(f"{where}, line {line}, column {column + 1}: not XML ({reason})") from None
