"""Metadata of TIFF files and of EXIF blocks, which are small TIFF files: tags of the first directory.

Source: TIFF 6.0 (Adobe 1992); BigTIFF; XMP specification part 3 for tag 700; tags 33723 (IPTC), 34377 (Photoshop's
image resources) and 40094 (XPKeywords, Microsoft).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import ByteSource
from corelate.data.metadata.errors import DamagedMetadataError
from corelate.data.metadata.image_resources import iptc_blocks

_XMP, _IPTC, _IMAGE_RESOURCES, _WINDOWS_KEYWORDS = 700, 33723, 34377, 40094
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LONG = 4
_MOST_TAGS = 4096


@dataclass(frozen=True)
class _Layout:
    """How numbers lie in a file: those of TIFF, or the longer ones of BigTIFF."""

    order: str
    first: str
    first_at: int
    count: str
    entry: str
    inline: int

    @classmethod
    def of(cls, start: bytes) -> _Layout:
        order = {b"II": "<", b"MM": ">"}.get(start[:2])
        if order is None or len(start) < 4:
            raise DamagedMetadataError("no TIFF header")
        version = struct.unpack(f"{order}H", start[2:4])[0]
        if version == 42:
            return cls(order, "I", 4, "H", "HHI4s", 4)
        if version == 43:
            return cls(order, "Q", 8, "Q", "HHQ8s", 8)
        raise DamagedMetadataError(f"TIFF of version {version}")


def read_tiff(source: ByteSource, blocks: Blocks) -> None:
    """Collect the blocks of a TIFF.

    Raises:
        DamagedMetadataError: The first directory can't be read.
    """
    for tag, kind, value in _tags(source, (_XMP, _IPTC, _IMAGE_RESOURCES, _WINDOWS_KEYWORDS), blocks.damages):
        if tag == _XMP:
            blocks.add_xmp(value)
        elif tag == _IPTC:
            blocks.iptc.append(_in_order(value) if kind == _LONG else value)
        elif tag == _IMAGE_RESOURCES:
            blocks.iptc.extend(iptc_blocks(value, blocks.damages))
        else:
            blocks.windows.append(value)


def read_exif(exif: bytes, blocks: Blocks) -> None:
    """Collect the keywords of an EXIF block; damaged EXIF are passed over, as elsewhere: they hold none as a rule."""
    if b"\x9c\x9e" not in exif and b"\x9e\x9c" not in exif:
        return
    try:
        blocks.windows.extend(value for *_, value in _tags(ByteSource(io.BytesIO(exif)), (_WINDOWS_KEYWORDS,), []))
    except DamagedMetadataError:
        return


def _tags(source: ByteSource, wanted: tuple[int, ...], damages: list[str]) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, type and bytes of the wanted tags of the first directory."""
    layout = _Layout.of(source.head)
    directory = _number(source, layout, layout.first, layout.first_at)
    count = _number(source, layout, layout.count, directory)
    if count > _MOST_TAGS:
        raise DamagedMetadataError(f"a directory of {count} tags")
    entry = struct.Struct(layout.order + layout.entry)
    entries = source.read(directory + struct.calcsize(f"<{layout.count}"), count * entry.size)
    # A tag stands in a directory once; of several the last counts.
    for tag, (kind, length, inline) in {tag: rest for tag, *rest in entry.iter_unpack(entries)}.items():
        if tag not in wanted or kind not in _SIZES:
            continue
        size = length * _SIZES[kind]
        try:
            value = inline[:size] if size <= layout.inline else source.read(_unpacked(layout, inline), size)
        except DamagedMetadataError as error:
            damages.append(str(error))
        else:
            yield tag, kind, value


def _number(source: ByteSource, layout: _Layout, form: str, position: int) -> int:
    number: int = struct.unpack(layout.order + form, source.read(position, struct.calcsize(f"<{form}")))[0]
    return number


def _unpacked(layout: _Layout, inline: bytes) -> int:
    position: int = struct.unpack(layout.order + layout.first, inline)[0]
    return position


def _in_order(value: bytes) -> bytes:
    """Undo what some programs do to IPTC when they take its bytes for numbers and turn each four of them round."""
    if len(value) >= 4 and value[0] != 0x1C and value[3] == 0x1C:
        return b"".join(value[start : start + 4][::-1] for start in range(0, len(value), 4))
    return value
