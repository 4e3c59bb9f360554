"""Pictures inside Arrow and Parquet files: where they lie is remembered, and they are read when they are needed.

Each thread keeps open what it read last, so that reading pictures in the order of the file is quick. In an Arrow file
any picture is reached at once. In a Parquet file those before it in its row group must be unpacked first, which makes
any other order slow.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corelate.data.references import MAX_FILE_BYTES
from corelate.errors import ImageReadError

# What reading a damaged or hostile file raises.
ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, EOFError, MemoryError, OverflowError)

PARQUET_BUFFER = 1 << 20  # bytes; without a buffer all of a column in a row group would be read at once


@dataclass(frozen=True, slots=True)
class ArrowReference:
    """A picture in a file of Arrow's stream format.

    Attributes:
        file: The file.
        offset: The byte at which the record batch of the picture begins.
        row: Its row in that batch.
        column: The column of the pictures: binary, or a struct with a binary field ``bytes``.
        name: What it is called.
    """

    file: Path
    offset: int
    row: int
    column: str
    name: str

    def read(self) -> bytes:
        """Return the bytes of the cell."""
        try:
            key = (self.file, self.offset, self.column)
            pictures = _cached(key, lambda: _arrow_pictures(*key))
            return _content(pictures[self.row], self.name)
        except ARROW_ERRORS as error:
            raise ImageReadError(f"{self.name}: can't be read from {self.file} ({error})") from error


@dataclass(frozen=True, slots=True)
class ParquetReference:
    """A picture in a Parquet file.

    Attributes:
        file: The file.
        row_group: The row group of the picture, counted from 0.
        row: Its row in that group.
        column: The column of the pictures as Parquet names it, e.g. ``"image.bytes"``.
        name: What it is called.
    """

    file: Path
    row_group: int
    row: int
    column: str
    name: str

    def read(self) -> bytes:
        """Return the bytes of the cell."""
        try:
            key = (self.file, self.row_group, self.column)
            pictures = _cached(key, lambda: _ParquetPictures(*key))
            return _content(pictures[self.row], self.name)
        except ARROW_ERRORS as error:
            _forget()
            raise ImageReadError(f"{self.name}: can't be read from {self.file} ({error})") from error


class _ParquetPictures:
    """The pictures of one row group, unpacked one by one: together they may take any amount of memory."""

    def __init__(self, file: Path, row_group: int, column: str) -> None:
        self._parquet = _opened_parquet(file)
        self._row_group = row_group
        self._column = column
        self._current: Any = None
        self._restart()

    def __getitem__(self, row: int) -> Any:
        if row < self._position:
            self._restart()
        while self._position < row:
            self._current = next(self._cells, None)
            if self._current is None:
                raise IndexError("the row group ends before the row")
            self._position += 1
        return self._current

    def _restart(self) -> None:
        self._cells = _parquet_cells(self._parquet, self._row_group, self._column)
        self._position = -1


def _parquet_cells(parquet: Any, row_group: int, column: str) -> Iterator[Any]:
    """Yield the cells of a row group.

    No method of the class above, which would then keep itself, and all that was unpacked, until cycles are collected.
    """
    for batch in parquet.iter_batches(1, row_groups=[row_group], columns=[column], use_threads=False):
        pictures = batch.column(0)
        pictures.validate(full=True)
        yield _picture_cells(pictures)[0]


def _arrow_pictures(file: Path, offset: int, column: str) -> pa.Array:
    """Return the cells of one record batch; they are not copied, but lie in the mapped file."""
    source = pa.memory_map(str(file))
    schema = pa.ipc.open_stream(source).schema
    source.seek(offset)
    batch = pa.ipc.read_record_batch(pa.ipc.read_message(source), schema)
    pictures = batch.column(batch.schema.get_field_index(column))
    pictures.validate(full=True)  # Arrow trusts offsets, which may lead anywhere in a damaged file
    return _picture_cells(pictures)


def is_binary(kind: pa.DataType) -> bool:
    """Tell whether a type is one of bytes, however many."""
    return any(test(kind) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view))


def _picture_cells(pictures: pa.Array) -> pa.Array:
    cells = pc.struct_field(pictures, "bytes") if pa.types.is_struct(pictures.type) else pictures
    if not is_binary(cells.type):
        raise TypeError(f"its column holds {cells.type}, not pictures")
    return cells


def _content(cell: Any, name: str) -> bytes:
    if not cell.is_valid:
        raise ImageReadError(f"{name}: there is no picture in its cell")
    buffer = cell.as_buffer()
    if buffer.size > MAX_FILE_BYTES:
        raise ImageReadError(f"{name}: larger than {MAX_FILE_BYTES >> 20} MiB, not read")
    return bytes(buffer)


_last = threading.local()


def _cached(key: tuple[Path, int, str], make: Callable[[], Any]) -> Any:
    """Return what this thread opened last if it is that, else open it; nothing is shared across threads or fork."""
    if getattr(_last, "process", None) != os.getpid():
        _forget()
    if _last.key != key:
        _last.key = _last.opened = None  # the old is let go before the new is made
        _last.opened = make()
        _last.process, _last.key = os.getpid(), key
    return _last.opened


def _opened_parquet(file: Path) -> Any:
    """Return a file that this thread keeps open: what it says of its row groups takes long to read."""
    if _last.file != file:
        _last.parquet = pq.ParquetFile(file, buffer_size=PARQUET_BUFFER)
        _last.file = file
    return _last.parquet


def _forget() -> None:
    _last.process = _last.key = _last.opened = _last.file = _last.parquet = None
