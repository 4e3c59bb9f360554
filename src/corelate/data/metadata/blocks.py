"""The blocks of metadata in a picture that can hold keywords."""

from __future__ import annotations

from dataclasses import dataclass, field

from corelate.data.metadata.byte_source import MOST_BYTES
from corelate.data.metadata.errors import DamagedMetadataError


@dataclass
class Blocks:
    """What was found in one picture.

    Attributes:
        xmp: XMP packets, as they are.
        iptc: IPTC-IIM blocks.
        windows: Values of the tag XPKeywords of EXIF.
        damages: Why there may be more that could not be read.
    """

    xmp: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)
    windows: list[bytes] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)
    _bytes: int = 0

    def add_xmp(self, packet: bytes) -> None:
        """Take an XMP packet."""
        self.make_room(packet)
        self.xmp.append(packet)

    def make_room(self, content: bytes) -> None:
        """Count what is kept of the picture.

        Raises:
            DamagedMetadataError: It is more than any program writes.
        """
        self._bytes += len(content)
        if self._bytes > MOST_BYTES:
            raise DamagedMetadataError(f"more than {MOST_BYTES >> 20} MiB of metadata")
