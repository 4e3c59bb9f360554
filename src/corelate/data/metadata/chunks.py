"""Metadata of formats that are made of chunks: PNG, WebP and GIF.

Source: XMP specification part 3; PNG specification (iTXt); WebP container specification; GIF89a.
"""

from __future__ import annotations

import zlib

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import MOST_BYTES, ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.tiff import read_exif

_PNG_KEYWORD = b"XML:com.adobe.xmp\0"
_GIF_XMP = b"XMP DataXMP"
# Behind the packet stand all byte values downwards, so that readers of GIF blocks find an end wherever they step in.
_GIF_TRAILER = b"\x01\xff\xfe\xfd\xfc"


def read_png(source: ByteSource, blocks: Blocks) -> None:
    """Collect the blocks of a PNG; they may stand behind the pixels.

    Raises:
        DamagedMetadataError: The chunks can't be followed to the end.
    """
    position = 8
    while True:
        header = source.read(position, 8)
        size, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind == b"IEND":
            return
        if kind == b"iTXt":
            _take_text(source.read(position + 8, size), blocks)
        elif kind == b"eXIf":
            read_exif(source.read(position + 8, size), blocks)
        position += 12 + size


def _take_text(content: bytes, blocks: Blocks) -> None:
    """Take the XMP of an iTXt chunk: keyword, compression (flag and method), language, translated keyword, text."""
    if not content.startswith(_PNG_KEYWORD):
        return
    compressed, method = content[len(_PNG_KEYWORD) : len(_PNG_KEYWORD) + 2].ljust(2, b"\0")
    *_, text = content[len(_PNG_KEYWORD) + 2 :].split(b"\0", 2)
    if not compressed:
        blocks.add_xmp(text)
        return
    unpacker = zlib.decompressobj()
    try:
        packet = unpacker.decompress(text, MOST_BYTES)
    except zlib.error as error:
        raise DamagedMetadataError(f"compressed XMP can't be unpacked ({error})") from error
    if method or not unpacker.eof:
        raise DamagedMetadataError("compressed XMP is cut off or too large")
    blocks.add_xmp(packet)


def read_webp(source: ByteSource, blocks: Blocks) -> None:
    """Collect the blocks of a WebP.

    Raises:
        DamagedMetadataError: The chunks can't be followed to the end.
    """
    end = 8 + int.from_bytes(source.read(4, 4), "little")
    position = 12
    while True:
        if position + 8 > end:
            return
        header = source.read(position, 8)
        size = int.from_bytes(header[4:], "little")
        if header[:4] in (b"XMP ", b"XMP\0"):
            blocks.add_xmp(source.read(position + 8, size))
        elif header[:4] == b"EXIF":
            read_exif(source.read(position + 8, size).removeprefix(b"Exif\0\0"), blocks)
        position += 8 + size + size % 2


def read_gif(source: ByteSource, blocks: Blocks) -> None:
    """Collect the XMP of a GIF that stands before its first picture, where programs put it.

    Raises:
        DamagedMetadataError: The extensions can't be followed, or the packet has no end.
    """
    flags = source.read(10, 1)[0]
    position = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while True:
        if source.read(position, 1) != b"\x21":  # the first picture, or the end
            return
        if source.up_to(position, 14) == b"\x21\xff\x0b" + _GIF_XMP:
            rest = source.up_to(position + 14, MOST_BYTES)
            end = rest.find(_GIF_TRAILER)
            if end < 0:
                raise DamagedMetadataError("the XMP packet of the GIF has no end")
            blocks.add_xmp(rest[:end])
            return
        position = _after_blocks(source, position + 2)


def _after_blocks(source: ByteSource, position: int) -> int:
    """Return the place behind blocks that begin with their length, the last of which is empty."""
    while True:
        length = source.read(position, 1)[0]
        position += 1 + length
        if not length:
            return position
