"""The files in which Hugging Face data sets hold pictures with their labels: Arrow streams and Parquet.

Of the pictures only their places are read: an Arrow file is mapped into memory and its pictures are not touched, and of
a Parquet file only other columns are unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corelate.data.embedded_references import ARROW_ERRORS, PARQUET_BUFFER, ArrowReference, ParquetReference, is_binary
from corelate.data.formats.huggingface_columns import Column, schema_columns, schema_features
from corelate.data.references import ImageReference
from corelate.errors import DataError

MAX_ROWS = 1 << 25  # in one file; a hostile one of a few bytes can claim any number of empty rows
_ROWS = 8192  # of a Parquet file that are unpacked together


@dataclass(frozen=True)
class PictureRows:
    """Some rows of a file.

    Attributes:
        labels: The label columns.
        paths: What the file calls each picture, or None.
        embedded: Whether the bytes of each picture are in the file.
        reference: Makes the reference of a picture of these rows, given its row among them and its name.
    """

    labels: list[pa.Array]
    paths: list[str | None]
    embedded: np.ndarray
    reference: Callable[[int, str], ImageReference]


class Shard(Protocol):
    """One file of a data set."""

    where: str
    split: str | None

    def columns(self) -> list[Column]:
        """Return the columns of the file."""

    def rows(self, image: Column, labels: Sequence[Column]) -> Iterator[PictureRows]:
        """Yield all rows, in the order of the file."""


@dataclass
class ArrowShard:
    """A file of Arrow's stream format, as ``save_to_disk`` writes it.

    Attributes:
        file: The file.
        where: Its location in the data set, with forward slashes.
        split: The split of its pictures, or None.
        features: What the library says of its columns; default: what its schema says.
    """

    file: Path
    where: str
    split: str | None
    features: dict[str, Any] = field(default_factory=dict)

    def columns(self) -> list[Column]:
        """Return the columns of the file.

        Raises:
            DataError: It can't be read, or is no Arrow stream.
        """
        try:
            schema = pa.ipc.open_stream(self._map()).schema
            columns = schema_columns(schema, self.features or schema_features(schema, str(self.file)), str(self.file))
        except ARROW_ERRORS as error:
            raise DataError(f"{self.file}: not a readable Arrow stream ({error})") from error
        if any(pa.types.is_dictionary(kind) for kind in schema.types):
            raise DataError(f"{self.file}: has a dictionary-encoded column, which Hugging Face datasets does not write")
        return columns

    def rows(self, image: Column, labels: Sequence[Column]) -> Iterator[PictureRows]:
        """Yield all rows, one record batch at a time.

        Raises:
            DataError: The file is damaged.
        """
        count = 0
        try:
            source = self._map()
            reader = pa.ipc.open_stream(source)
            while True:
                offset = source.tell()
                batch = next(reader, None)
                if batch is None:
                    return
                count = _counted(count, batch.num_rows, self.file)
                yield self._picture_rows(batch, offset, image, labels)
        except ARROW_ERRORS as error:
            raise DataError(f"{self.file}: damaged after {count} rows ({error})") from error

    def _map(self) -> Any:
        if self.file.stat().st_size == 0:
            raise ValueError("the file is empty")
        return pa.memory_map(str(self.file))

    def _picture_rows(self, batch: Any, offset: int, image: Column, labels: Sequence[Column]) -> PictureRows:
        columns = [batch.column(batch.schema.get_field_index(column.name)) for column in (image, *labels)]
        for column in columns:
            column.validate(full=True)  # Arrow trusts offsets, which may lead anywhere in a damaged file
        pictures, *label_cells = columns
        paths = _content_and_paths(pictures)[1]
        return PictureRows(
            label_cells,
            [None] * len(batch) if paths is None else paths.to_pylist(),
            _is_there(pictures),
            partial(self._reference, offset, image.name),
        )

    def _reference(self, offset: int, column: str, row: int, name: str) -> ArrowReference:
        return ArrowReference(self.file, offset, row, column, name)


@dataclass
class ParquetShard:
    """A Parquet file, as the Hub stores it.

    Whether the bytes of a picture are there is only known when all bytes are read. (The statistics of the file say it
    too, but pyarrow ends the process when a damaged file has wrong ones.) So they are taken to be there, unless the
    first of the file are not, or a path is that of a file that is there; then they are looked at.

    Attributes:
        file: The file.
        where: Its location in the data set, with forward slashes.
        split: The split of its pictures, or None.
        is_file: Tells whether a path of a picture is that of a file in the folder of the data set.
    """

    file: Path
    where: str
    split: str | None
    is_file: Callable[[str], bool] = lambda path: False

    def columns(self) -> list[Column]:
        """Return the columns of the file.

        Raises:
            DataError: It can't be read, or is no Parquet file.
        """
        parquet = self._open()
        try:
            schema = parquet.schema_arrow
            return schema_columns(schema, schema_features(schema, str(self.file)), str(self.file))
        except ARROW_ERRORS as error:  # types that Arrow does not have, names that are no text
            raise DataError(f"{self.file}: not a readable Parquet file ({error})") from error

    def rows(self, image: Column, labels: Sequence[Column]) -> Iterator[PictureRows]:
        """Yield all rows, some of a row group at a time.

        Raises:
            DataError: The file is damaged.
        """
        parquet = self._open()
        _counted(0, parquet.metadata.num_rows, self.file)
        try:
            content, _ = _leaves(parquet.schema_arrow.field(image.name))
            is_sure = bool(next(_are_there(parquet, 0, content, 1), [True])[0]) if parquet.num_row_groups else True
            for row_group in range(parquet.num_row_groups):
                yield from self._group_rows(parquet, row_group, image, labels, is_sure=is_sure)
        except ARROW_ERRORS as error:
            raise DataError(f"{self.file}: damaged ({error})") from error

    def _open(self) -> Any:
        try:
            return pq.ParquetFile(self.file, buffer_size=PARQUET_BUFFER)
        except ARROW_ERRORS as error:
            raise DataError(f"{self.file}: not a readable Parquet file ({error})") from error

    def _group_rows(
        self, parquet: Any, row_group: int, image: Column, labels: Sequence[Column], *, is_sure: bool
    ) -> Iterator[PictureRows]:
        content, path = _leaves(parquet.schema_arrow.field(image.name))
        wanted = [column.name for column in labels] + ([path] if path else [])
        there: np.ndarray | None = None
        start = 0
        for batch in parquet.iter_batches(_ROWS, row_groups=[row_group], columns=wanted, use_threads=False):
            batch.validate(full=True)
            first, start = start, start + len(batch)
            paths = _content_and_paths(batch.column(image.name))[1].to_pylist() if path else [None] * len(batch)
            if there is None and (not is_sure or any(map(self.is_file, filter(None, paths)))):
                there = np.concatenate([np.zeros(0, dtype=bool), *_are_there(parquet, row_group, content, 16)])
            if there is not None and len(there) < start:
                raise ValueError("its columns differ in length")
            yield PictureRows(
                [batch.column(batch.schema.get_field_index(column.name)) for column in labels],
                paths,
                np.ones(len(batch), dtype=bool) if there is None else there[first:start],
                partial(self._reference, row_group, first, content),
            )

    def _reference(self, row_group: int, first: int, column: str, row: int, name: str) -> ParquetReference:
        return ParquetReference(self.file, row_group, first + row, column, name)


def _counted(count: int, more: int, file: Path) -> int:
    if count + more > MAX_ROWS:
        raise DataError(f"{file}: has over {MAX_ROWS:,} rows, not read")
    return count + more


def _content_and_paths(pictures: Any) -> tuple[Any, Any]:
    """Return the bytes and the paths of pictures, as arrays; None where there are none."""
    kind = pictures.type
    if not pa.types.is_struct(kind):
        return (pictures, None) if is_binary(kind) else (None, pictures)
    fields = [kind.field(number).name for number in range(kind.num_fields)]
    content, paths = (pc.struct_field(pictures, name) if name in fields else None for name in ("bytes", "path"))
    return content, paths


def _leaves(field: pa.Field) -> tuple[str, str]:
    """Return what Parquet calls the columns of the bytes and the paths of pictures; empty where there are none."""
    kind = field.type
    if not pa.types.is_struct(kind):
        return (field.name, "") if is_binary(kind) else ("", field.name)
    return f"{field.name}.bytes", f"{field.name}.path" if kind.get_field_index("path") >= 0 else ""


def _are_there(parquet: Any, row_group: int, content: str, rows: int) -> Iterator[np.ndarray]:
    """Yield of so many rows at a time whether the bytes are there."""
    if not content:
        yield np.zeros(parquet.metadata.row_group(row_group).num_rows, dtype=bool)
        return
    for batch in parquet.iter_batches(rows, row_groups=[row_group], columns=[content], use_threads=False):
        yield _is_there(batch.column(0))


def _is_there(pictures: Any) -> np.ndarray:
    """Return of which pictures the bytes are there."""
    content = _content_and_paths(pictures)[0]
    if content is None:
        return np.zeros(len(pictures), dtype=bool)
    return np.asarray(pc.is_valid(content).to_numpy(zero_copy_only=False))
