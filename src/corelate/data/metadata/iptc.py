"""Keywords in IPTC-IIM blocks, the form that pictures had before XMP.

Source: IPTC-NAA Information Interchange Model 4.2: dataset 2:25 (keyword, repeated, at most 64 bytes), 1:90 (coded
character set).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from corelate.data.metadata.errors import DamagedMetadataError

# Programs cut keywords at 64 bytes, those that know UTF-8 up to three before.
_LONGEST = 64
CUT_FROM = 61

_MARK = 0x1C
_CHARACTER_SET, _KEYWORD = (1, 90), (2, 25)
_UTF_8 = (b"\x1b%G", b"\x1b%/G", b"\x1b%/H", b"\x1b%/I")


class IptcKeyword(NamedTuple):
    """A keyword, and whether it is so long that it may have been cut off."""

    text: str
    may_be_cut: bool


def read_iptc(block: bytes) -> Iterator[IptcKeyword]:
    """Yield the keywords of an IPTC-IIM block.

    Where the block names no character set they are read as UTF-8 if they are that, else as Windows' Latin-1 (cp1252),
    which is what most programs wrote without saying so.

    Raises:
        DamagedMetadataError: The block is not made of datasets, or cut off.
    """
    is_utf8 = False
    for dataset, value in _datasets(block):
        if dataset == _CHARACTER_SET:
            is_utf8 = value.rstrip(b"\0 ") in _UTF_8
        elif dataset == _KEYWORD:
            yield IptcKeyword(_decoded(value, is_utf8), len(value) >= CUT_FROM)


def cuts(keyword: str) -> set[str]:
    """Return what may be left of a keyword where it is too long for IPTC."""
    encoded = keyword.encode()
    if len(encoded) < CUT_FROM:
        return set()
    beginnings = [encoded[:size].decode(errors="ignore") for size in range(CUT_FROM, _LONGEST + 1)]
    return {beginning.strip() for beginning in (*beginnings, keyword[:_LONGEST])}


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    position = 0
    while position < len(block):
        if block[position] != _MARK:
            if block[position:].strip(b"\0"):
                raise DamagedMetadataError(f"byte {position} of its IPTC block begins no dataset")
            return  # filled up with zeros
        header = block[position : position + 5]
        size, start = int.from_bytes(header[3:], "big"), position + 5
        if size & 0x8000:  # so many bytes hold the size
            length = size & 0x7FFF
            size, start = int.from_bytes(block[start : start + min(length, 8)], "big"), start + length
        end = start + size
        if len(header) < 5 or end > len(block):
            raise DamagedMetadataError("its IPTC block is cut off")
        yield (header[1], header[2]), block[start:end]
        position = end


def _decoded(value: bytes, is_utf8: bool) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        if len(value) >= CUT_FROM and error.reason == "unexpected end of data":
            return value[: error.start].decode()
        # What no character stands for makes the keyword one that can't be used, and is noted.
        return value.decode("utf-8" if is_utf8 else "cp1252", "surrogateescape")
