"""The keywords of a picture: those in its file, and those in XMP files beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from corelate.data.image_formats import READABLE, held_format
from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import MOST_BYTES, ByteSource
from corelate.data.metadata.chunks import read_gif, read_png, read_webp
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.found_keywords import FoundKeywords
from corelate.data.metadata.iptc import cuts, read_iptc
from corelate.data.metadata.iso_media import read_iso_media
from corelate.data.metadata.jpeg import read_jpeg
from corelate.data.metadata.tiff import read_tiff
from corelate.data.metadata.xmp import read_packet

_READERS: dict[str, Callable[[ByteSource, Blocks], None]] = {
    "JPEG": read_jpeg,
    "PNG": read_png,
    "GIF": read_gif,
    "TIFF": read_tiff,
    "WEBP": read_webp,
    "AVIF": read_iso_media,
    "HEIF": read_iso_media,
}


@dataclass(frozen=True)
class Sources:
    """Which metadata are read.

    Attributes:
        xmp: XMP in the picture.
        iptc: IPTC and the keywords of Windows in the picture.
        sidecar: XMP files beside it.
    """

    xmp: bool = True
    iptc: bool = True
    sidecar: bool = True


def read_embedded(file: IO[bytes], found: FoundKeywords, sources: Sources = Sources()) -> None:
    """Take the keywords that a picture carries itself; its pixels are neither decoded nor read.

    Args:
        file: The picture, open for reading and seeking, at its start.
        found: Receives the keywords, and what could not be read.
        sources: Which metadata are read.

    Raises:
        OSError: The file can't be read.
    """
    blocks = Blocks()
    try:
        source = ByteSource(file)
        held = held_format(source.head)
        if held not in READABLE:
            raise DamagedMetadataError("the file is empty" if not source.head else f"it holds {held}, no picture")
        if held in _READERS:
            _READERS[held](source, blocks)
    except DamagedMetadataError as error:
        blocks.damages.append(str(error))
    found.damages.extend(blocks.damages)
    if sources.xmp:
        for packet in blocks.xmp:
            _take_packet(packet, found)
    if sources.iptc:
        _take_older_forms(blocks, found)


def read_sidecar(file: IO[bytes], found: FoundKeywords) -> None:
    """Take the keywords of an XMP file.

    Raises:
        OSError: The file can't be read.
    """
    packet = file.read(MOST_BYTES + 1)
    if not packet.strip(b"\0 \t\r\n"):
        found.damages.append("the XMP file is empty")
    else:
        _take_packet(packet, found)


def _take_packet(packet: bytes, found: FoundKeywords) -> None:
    try:
        read_packet(packet, found)
    except DamagedMetadataError as error:
        found.damages.append(str(error))


def _take_older_forms(blocks: Blocks, found: FoundKeywords) -> None:
    """Take the keywords of IPTC and Windows, but for the beginnings of keywords that XMP has whole."""
    beginnings = {
        beginning for keyword in (*found.words, *(path[-1] for path in found.paths)) for beginning in cuts(keyword)
    }
    for block in blocks.iptc:
        try:
            for text, may_be_cut in read_iptc(block):
                if not (may_be_cut and text.strip() in beginnings):
                    found.add(text)
        except DamagedMetadataError as error:
            found.damages.append(str(error))
    for value in blocks.windows:
        for keyword in value.decode("utf-16-le", "replace").rstrip("\0").split(";"):
            found.add(keyword)
