"""Metadata of AVIF and HEIF files: an item of the type ``mime`` that holds an XMP packet.

Source: ISO/IEC 14496-12 (boxes ``meta``, ``iinf``, ``iloc``, ``idat``) and 23008-12 (metadata items).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import MOST_BYTES, ByteSource
from corelate.data.metadata.errors import DamagedMetadataError

_XMP_TYPE = b"application/rdf+xml"
# The box of metadata holds lists of items; what they list lies elsewhere, or is small.
_MOST_META_BYTES = 1 << 20
_MOST_ITEMS = 4
_MOST_EXTENTS = 10_000


@dataclass(frozen=True)
class _Extent:
    """Where a part of an item lies: in the file, or in the box ``idat``."""

    in_idat: bool
    start: int
    size: int


def read_iso_media(source: ByteSource, blocks: Blocks) -> None:
    """Collect the XMP of an AVIF or HEIF file.

    Raises:
        DamagedMetadataError: The boxes can't be followed, or don't say where the packet lies.
    """
    meta = next((content for kind, content in _file_boxes(source) if kind == b"meta"), None)
    if meta is None:
        return
    boxes = dict(_boxes(meta[4:]))
    try:
        for item in _xmp_items(boxes.get(b"iinf", b"")):
            extents = _extents(boxes.get(b"iloc", b""), item)
            blocks.add_xmp(_content(source, extents, boxes.get(b"idat", b"")))
    except (struct.error, IndexError) as error:
        raise DamagedMetadataError("the list of its items is cut off") from error


def _file_boxes(source: ByteSource) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes of the file up to the one of metadata; the content of others is not read."""
    position = 0
    while True:
        header = source.up_to(position, 16)
        if len(header) < 8:
            return
        size, kind, start = int.from_bytes(header[:4], "big"), header[4:8], 8
        if size == 1:
            size, start = int.from_bytes(header[8:16], "big"), 16
        if size == 0 and kind != b"meta":  # to the end of the file
            return
        if size < start:
            raise DamagedMetadataError(f"a box of {size} bytes")
        if kind == b"meta":
            if size > _MOST_META_BYTES:
                raise DamagedMetadataError(f"a list of items of {size} bytes")
            yield kind, source.read(position + start, size - start)
            return
        position += size


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        if size < 8:
            raise DamagedMetadataError(f"a box of {size} bytes")
        yield content[position + 4 : position + 8], content[position + 8 : position + size]
        position += size


def _xmp_items(iinf: bytes) -> list[int]:
    """Return the numbers of the items that hold XMP."""
    found = []
    for kind, entry in _boxes(iinf[6 if iinf[:1] == b"\0" else 8 :]):
        if kind != b"infe" or entry[0] < 2:
            continue
        width = 2 if entry[0] == 2 else 4
        rest = entry[4 + width + 2 :]
        # Type, name, and for the type mime what it holds.
        if rest[:4] == b"mime" and rest[4:].split(b"\0")[1:2] == [_XMP_TYPE]:
            found.append(int.from_bytes(entry[4 : 4 + width], "big"))
    return found[:_MOST_ITEMS]


class _Fields:
    """Numbers of varying width, one behind the other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def number(self, width: int) -> int:
        if self._position + width > len(self._content):
            raise DamagedMetadataError("the list of its items is cut off")
        self._position += width
        return int.from_bytes(self._content[self._position - width : self._position], "big")


def _extents(iloc: bytes, wanted: int) -> list[_Extent]:
    fields = _Fields(iloc)
    version, _, widths = fields.number(1), fields.number(3), fields.number(2)
    offset_width, length_width, base_width, index_width = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    item_width = 2 if version < 2 else 4
    seen = 0
    for _ in range(fields.number(item_width)):
        item = fields.number(item_width)
        method = fields.number(2) & 15 if version else 0
        fields.number(2)  # whether the data are in another file
        base = fields.number(base_width)
        extents: list[_Extent] = []
        count = fields.number(2)
        seen += count
        if seen > _MOST_EXTENTS:  # each may take no bytes at all
            raise DamagedMetadataError("its items are divided into too many parts")
        for _ in range(count):
            fields.number(index_width if version else 0)
            start, size = base + fields.number(offset_width), fields.number(length_width)
            extents.append(_Extent(method == 1, start, size))
        if item == wanted:
            return extents
    raise DamagedMetadataError("nothing says where its XMP lies")


def _content(source: ByteSource, extents: list[_Extent], idat: bytes) -> bytes:
    if sum(extent.size for extent in extents) > MOST_BYTES:
        raise DamagedMetadataError(f"XMP of more than {MOST_BYTES >> 20} MiB")
    parts = []
    for extent in extents:
        end = extent.start + extent.size
        parts.append(idat[extent.start : end] if extent.in_idat else source.read(extent.start, extent.size))
    return b"".join(parts)
