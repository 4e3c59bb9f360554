"""Metadata of JPEG files: the application segments before the pixels.

Source: XMP specification part 3 (storage in files), Adobe 2020: APP1 for XMP and its extension, APP13 for Photoshop's
image resources; EXIF in APP1.
"""

from __future__ import annotations

import itertools
import re

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.image_resources import iptc_blocks
from corelate.data.metadata.tiff import read_exif

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_HEADER = len(_XMP_EXTENSION) + 40  # and digest (32), whole length (4), place of this part (4)
_EXIF = b"Exif\0"
_IMAGE_RESOURCES = b"Photoshop 3.0\0"
_EXTENSION_NAMED = re.compile(rb"""HasExtendedXMP(?:\s*=\s*["']|[^>]{0,200}>\s*)([0-9A-Fa-f]{32})""")
_APP1, _APP13 = 0xE1, 0xED
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset([0x01, *range(0xD0, 0xD9)])

_Extensions = dict[bytes, dict[int, bytes]]


def read_jpeg(source: ByteSource, blocks: Blocks) -> None:
    """Collect the blocks of a JPEG.

    Raises:
        DamagedMetadataError: The segments can't be followed to the pixels; what came before is in `blocks`.
    """
    extensions: _Extensions = {}
    resources: list[bytes] = []
    try:
        _read_segments(source, blocks, extensions, resources)
    finally:
        # Image resources may be divided between segments anywhere.
        blocks.iptc.extend(iptc_blocks(b"".join(resources), blocks.damages))
        _add_extensions(blocks, extensions)


def _read_segments(source: ByteSource, blocks: Blocks, extensions: _Extensions, resources: list[bytes]) -> None:
    position = 2
    while True:
        mark, marker, high, low = source.read(position, 4)
        if mark != 0xFF:
            raise DamagedMetadataError(f"byte {position} is no marker of a JPEG")
        if marker == 0xFF:  # filling
            position += 1
        elif marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        elif marker in _WITHOUT_LENGTH:
            position += 2
        else:
            size = high << 8 | low
            if marker in (_APP1, _APP13):
                content = source.read(position + 4, max(size - 2, 0))
                _take_segment(marker, content, blocks, extensions, resources)
            position += 2 + max(size, 2)


def _take_segment(marker: int, content: bytes, blocks: Blocks, extensions: _Extensions, resources: list[bytes]) -> None:
    if marker == _APP13:
        if content.startswith(_IMAGE_RESOURCES):
            blocks.make_room(content)
            resources.append(content[len(_IMAGE_RESOURCES) :])
    elif content.startswith(_XMP):
        blocks.add_xmp(content[len(_XMP) :])
    elif content.startswith(_EXIF):
        read_exif(content[6:], blocks)
    elif content.startswith(_XMP_EXTENSION) and len(content) >= _EXTENSION_HEADER:
        blocks.make_room(content)
        digest = content[len(_XMP_EXTENSION) : len(_XMP_EXTENSION) + 32].upper()
        place = int.from_bytes(content[_EXTENSION_HEADER - 4 : _EXTENSION_HEADER], "big")
        extensions.setdefault(digest, {})[place] = content[_EXTENSION_HEADER:]


def _add_extensions(blocks: Blocks, extensions: _Extensions) -> None:
    """Put the parts of each extension together that a packet names; others are left over from an earlier edit."""
    named = {match.upper() for packet in blocks.xmp for match in _EXTENSION_NAMED.findall(packet)}
    for digest in named:
        parts = sorted(extensions.get(digest, {}).items())
        whole = b"".join(content for _, content in parts)
        ends = itertools.accumulate((len(content) for _, content in parts), initial=0)
        if not parts or any(place != end for (place, _), end in zip(parts, ends, strict=False)):
            blocks.damages.append("the extension of its XMP is not whole")
        else:
            blocks.xmp.append(whole)
