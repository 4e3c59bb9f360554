"""Reading pieces of a file that may be large, without reading the file."""

from __future__ import annotations

from typing import IO

from corelate.data.metadata.errors import DamagedMetadataError

# The metadata of most photos end before this; a hard disk reads as much in the time of a seek.
_HEAD_BYTES = 1 << 15
# The most that is read in one piece. Metadata are smaller, but for depth maps and the like, which hold no keywords.
MOST_BYTES = 1 << 24
# Many programs divide pixels into chunks of 8 KiB; a hostile file could have a chunk every few bytes.
_MOST_READS = 300_000


class ByteSource:
    """Pieces of an open file; its beginning is kept.

    Args:
        file: Open for reading and seeking, at its start.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.head = file.read(_HEAD_BYTES)
        self._reads = 0

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on.

        Raises:
            DamagedMetadataError: The file ends before that, the piece is larger than metadata are, or there are more
                pieces than any proper file has.
        """
        if size > MOST_BYTES:
            raise DamagedMetadataError(f"a block of {size} bytes, more than the {MOST_BYTES} that are read")
        content = self.up_to(start, size)
        if len(content) < size:
            raise DamagedMetadataError(f"the file ends in the middle of what begins at byte {start}")
        return content

    def up_to(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, or as many as there are."""
        self._reads += 1
        if self._reads > _MOST_READS:
            raise DamagedMetadataError("divided into more pieces than a proper file")
        if start + size <= len(self.head):
            return self.head[start : start + size]
        try:
            self._file.seek(start)
            return self._file.read(size)
        except (OverflowError, ValueError) as error:
            raise DamagedMetadataError(f"no such place in a file: byte {start}") from error
