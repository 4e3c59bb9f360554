"""Photoshop's image resources, in which JPEG and TIFF files keep IPTC metadata.

Source: Adobe Photoshop file format specification, image resource blocks.
"""

from __future__ import annotations

_IPTC = 0x0404


def iptc_blocks(resources: bytes, damages: list[str]) -> list[bytes]:
    """Return the IPTC-IIM blocks among image resources.

    Args:
        resources: Blocks of a signature, a number, a name, a size and as many bytes; names and bytes are padded to even
            lengths.
        damages: Receives a line when they are cut off.
    """
    found, position = [], 0
    while position + 12 <= len(resources) and resources[position : position + 4].strip(b"\0"):
        number = int.from_bytes(resources[position + 4 : position + 6], "big")
        name_length = resources[position + 6]
        position += 6 + (name_length + 2 & ~1)
        size = int.from_bytes(resources[position : position + 4], "big")
        start = position + 4
        if start + size > len(resources):
            damages.append("its image resources are cut off")
            size = len(resources) - start
        if number == _IPTC:
            found.append(resources[start : start + size])
        position = start + (size + 1 & ~1)
    return found
