"""A text file that grows record by record, and can be continued after it was cut off anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from corelate.errors import RunError
from corelate.tagging.name_set import NameSet


class LineFile:
    """Records are written to ``NAME.partial``, which is renamed to ``NAME`` when all of them are there.

    Each record reaches the operating system at once, so a process that is killed loses at most the record that it was
    writing; that torn record is dropped when the file is continued.

    Args:
        path: The finished file.
        name_of: Returns the picture's name from a record's text; raises ValueError when the text is no record.
        header: A first line that is no record.
        quoted: Text between double quotes may hold line ends.
    """

    def __init__(self, path: Path, name_of: Callable[[str], str], *, header: str = "", quoted: bool = False) -> None:
        self.path = path
        self.partial = path.with_name(f"{path.name}.partial")
        self.names = NameSet()
        self._name_of = name_of
        self._header = header.encode()
        self._quoted = quoted
        self._file: FileIO | None = None

    def existing(self) -> list[Path]:
        """Return those of the two files that are there."""
        return [path for path in (self.path, self.partial) if path.exists()]

    def open(self, *, resume: bool) -> None:
        """Open the partial file: empty, or after the last whole record of an earlier run.

        Raises:
            RunError: The file to continue holds something else than records.
        """
        if resume and self.path.exists() and not self.partial.exists():
            self.path.rename(self.partial)
        whole_bytes = self._read_back() if resume and self.partial.exists() else 0
        self._file = FileIO(self.partial, "r+" if whole_bytes else "w")
        self._file.truncate(whole_bytes)
        self._file.seek(whole_bytes)
        if not whole_bytes:
            self._file.write(self._header)

    def write(self, record: str) -> None:
        """Add a record; `record` ends with a line end."""
        assert self._file is not None
        rest = memoryview(record.encode(errors="backslashreplace"))
        while rest:  # an unbuffered file may take only a part
            rest = rest[self._file.write(rest) :]

    def finish(self) -> None:
        """Rename the partial file to its final name."""
        assert self._file is not None
        os.fsync(self._file.fileno())
        self.close()
        self.partial.replace(self.path)

    def close(self) -> None:
        """Leave the partial file as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_back(self) -> int:
        """Collect the names of the records that were written, and return the size of the whole ones in bytes."""
        size = 0
        for number, record in enumerate(self._whole_records(), start=1):
            size += len(record)
            if number == 1 and self._header:
                if record != self._header:
                    raise self._foreign(number)
                continue
            try:
                self.names.add(self._name_of(record.decode()))
            except ValueError as error:
                raise self._foreign(number) from error
        return size

    def _whole_records(self) -> Iterator[bytes]:
        """Yield the records that end with a line end outside of quotes."""
        record = b""
        with self.partial.open("rb") as file:
            for line in file:
                record += line
                open_quote = self._quoted and record.count(b'"') % 2 == 1
                if line.endswith(b"\n") and not open_quote:
                    yield record
                    record = b""

    def _foreign(self, number: int) -> RunError:
        return RunError(
            f"{self.partial} can't be continued: record {number} is not one that corelate wrote; "
            "move the file away, or start anew with --overwrite"
        )
