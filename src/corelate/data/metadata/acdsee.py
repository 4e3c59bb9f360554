"""The categories of ACDSee: XML that stands as text in a property of XMP."""

from __future__ import annotations

from xml.parsers import expat

from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.found_keywords import FoundKeywords

_CATEGORY = "Category"
_MOST_LEVELS = 100


def read_categories(text: str, found: FoundKeywords) -> None:
    """Take the assigned categories, as paths.

    Args:
        text: An element ``Categories`` with elements ``Category`` in each other, such as
            ``<Category Assigned="0">Places<Category Assigned="1">Italy</Category></Category>``.
        found: Receives the paths.

    Raises:
        DamagedMetadataError: The text is not XML, declares a document type, or is nested too deeply.
    """
    names: list[str] = []
    assigned: list[bool] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == _CATEGORY:
            names.append("")
            assigned.append(attributes.get("Assigned") == "1")
        if len(names) > _MOST_LEVELS:
            raise DamagedMetadataError(f"categories nested in more than {_MOST_LEVELS} levels")

    def end(name: str) -> None:
        if name == _CATEGORY:
            if assigned.pop():
                found.add_path(names)
            names.pop()

    def characters(content: str) -> None:
        if names:
            names[-1] += content

    def refuse_document_type(*_: object) -> None:
        raise DamagedMetadataError("categories declare a document type")

    if not text.strip():
        return
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse_document_type
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise DamagedMetadataError("categories of ACDSee are not XML") from error
