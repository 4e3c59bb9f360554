"""XMP files beside pictures, as other programs read them: the keywords of a picture and nothing else.

Source: Adobe, XMP Specification Part 1 (ISO 16684-1): packet, RDF bag of ``dc:subject``.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

SUFFIX = ".xmp"

_BEFORE = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:subject>
    <rdf:Bag>
"""
_AFTER = """    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def keyword_packet(keywords: Iterable[str]) -> bytes:
    """Return the XMP packet of a picture's keywords, in their order, as UTF-8.

    Args:
        keywords: Labels; see `corelate.data.vocabulary.is_label` for what one may be.
    """
    items = "".join(f"     <rdf:li>{escape(keyword)}</rdf:li>\n" for keyword in keywords)
    return f"{_BEFORE}{items}{_AFTER}".encode()
