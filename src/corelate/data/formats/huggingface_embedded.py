"""Hugging Face data sets whose pictures lie inside Arrow or Parquet files, or are named there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import AnnotationCollector, picture_location
from corelate.data.formats.containers import Folder
from corelate.data.formats.huggingface import Options
from corelate.data.formats.huggingface_columns import (
    Column,
    LabelColumns,
    find_image_column,
    find_label_columns,
    is_list,
    listed,
)
from corelate.data.formats.huggingface_labels import LabelReader, RowLabels
from corelate.data.formats.huggingface_pictures import EmbeddedPictures
from corelate.data.formats.huggingface_shards import PictureRows, Shard
from corelate.data.formats.tables import character
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import DataError, VocabularyError

NO_PICTURE = "row has no picture: left out"

_CELLS = 1 << 22  # marks that are held as numbers together


@dataclass(frozen=True, slots=True)
class Row:
    """A picture with its labels.

    Attributes:
        name: What its file calls it, or nothing where that can't be a name.
        reference: Makes its reference when the name is settled; None when it lies in a file of its own.
        labels: Its labels.
        where: Its place, which also is its name where the file has none that is its own.
        split: Its split, or None.
    """

    name: str
    reference: Callable[[str], ImageReference] | None
    labels: RowLabels
    where: tuple[str, int]
    split: str | None


def read_shards(path: Path, shards: Sequence[Shard], options: Options) -> AnnotationSet:
    """Read the files of a data set.

    Args:
        path: The data set: a folder, or one file.
        shards: Its files, in order.
        options: Options of the format.

    Raises:
        OptionError: An option names a column that is not there, or has a wrong value.
        DataError: A file can't be read, the files differ, or it can't be told which columns hold pictures and labels.
    """
    if not shards:
        raise DataError(f"{path}: has no files of data")
    root = path if path.is_dir() else path.parent
    problems = Problems(str(path))
    given = given_names(root, options)
    readers = _readers(shards, options, given)
    rows = list(_rows(shards, readers, problems))
    vocabulary = settle_vocabulary(path, given, readers[0][1].names, (row.labels for row in rows))
    pictures = EmbeddedPictures(Folder(root))
    counts = Counter(row.name for row in rows if row.name)

    def locate(name: str) -> str:
        is_checked = counts[name] == 1 and name in pictures.embedded
        return name if is_checked else file_location(name)

    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only, locate=locate)
    collector.problems.extend(problems)
    everything = frozenset(range(len(vocabulary)))
    for row in rows:
        name = row.name
        if row.reference is not None:
            name = name if counts[name] == 1 else f"{row.where[0]}/{row.where[1]}"
            pictures.embedded.setdefault(name, row.reference(name))
        where = f"{row.where[0]}, row {row.where[1]}"
        add_row(collector, name, row.labels, everything=everything, where=where, split=row.split)
    return collector.build()


def given_names(root: Path, options: Options) -> Vocabulary | None:
    """Return the labels that an option names, or None."""
    return read_vocabulary(root / Path(options.names).expanduser()) if options.names else None


def settle_vocabulary(
    path: Path, given: Vocabulary | None, names: Sequence[str], labels: Iterable[RowLabels]
) -> Vocabulary:
    """Return the labels in the order of their columns.

    Args:
        path: The data set, for messages.
        given: Those that an option names, which count first.
        names: Those that the data set names, in their order; else all that are met, sorted.
        labels: Of all pictures.

    Raises:
        VocabularyError: One can't be a label, or is there twice.
        DataError: There is none.
    """
    if given is not None:
        return given
    found = tuple(names) or tuple(sorted({label for row in labels for label in _usable_labels(row)}))
    if not found:
        raise DataError(f"{path}: no picture has a label; name the column of the labels with labels=COLUMN")
    try:
        return Vocabulary(found)
    except VocabularyError as error:
        raise VocabularyError(f"{path}: {error}") from error


def add_row(
    collector: AnnotationCollector,
    name: str,
    labels: RowLabels,
    *,
    everything: frozenset[int],
    where: str,
    split: str | None,
) -> None:
    """Take one picture.

    Args:
        collector: Takes it.
        name: What it is called.
        labels: Its labels.
        everything: The columns of all labels, kept once for all pictures of which no label is known.
        where: Its place.
        split: Its split.
    """
    if labels.unknown is None:
        collector.add(name, labels.present, where=where, unknown=everything, split=split)
    else:
        collector.add(name, labels.present, where=where, unknown_labels=labels.unknown, split=split)


def file_location(name: str) -> str:
    """Return the location of a picture that a stranger's file names; see `picture_location`.

    Raises:
        ValueError: It is an address, or no location in the folder.
    """
    if "://" in name:
        raise ValueError("is an address; only files in the folder are read")
    return picture_location(name)


def label_reader(chosen: LabelColumns, options: Options, given: Vocabulary | None, where: str) -> LabelReader:
    """Return the reader of the chosen columns, as the options want it."""
    separator = character(options.separator, "separator")
    return LabelReader(chosen, list(given or ()), separator, options.multi_hot, where)


def _readers(shards: Sequence[Shard], options: Options, given: Vocabulary | None) -> list[tuple[Column, LabelReader]]:
    """Return for each file its column of pictures and the reader of its labels.

    Raises:
        DataError: The files differ in what they hold.
    """
    readers: list[tuple[Column, LabelReader]] = []
    for shard in shards:
        columns = shard.columns()
        image = find_image_column(columns, options.image_column, shard.where)
        others = [column for column in columns if column != image]
        if readers:  # the first file decides, so that one that has columns of its own is told by them
            chosen = _same_columns(readers[0][1], others, shard.where)
        else:
            chosen = find_label_columns(
                others, options.labels, options.ignore, shard.where, numbers_are_named=given is not None
            )
        readers.append((image, label_reader(chosen, options, given, shard.where)))
    first = readers[0][1].names
    for shard, (_, reader) in zip(shards, readers, strict=True):
        if sorted(reader.names) != sorted(first):
            raise DataError(
                f"{shard.where}: its classes are not those of {shards[0].where}; give the folder of one of them"
            )
    return readers


def _same_columns(first: LabelReader, columns: Sequence[Column], where: str) -> LabelColumns:
    by_name = {column.name: column for column in columns}
    chosen = [by_name.get(column.name) for column in first.columns]
    for column, found in zip(first.columns, chosen, strict=True):
        if found is None or found.kind != column.kind:
            raise DataError(
                f"{where}: has no column {column} as the first file has, but {listed(columns)}; a split without labels "
                "can't be read with the others: give the folder of one split"
            )
    return LabelColumns(tuple(filter(None, chosen)), first.each_label)


def _rows(shards: Sequence[Shard], readers: Sequence[tuple[Column, LabelReader]], problems: Problems) -> Iterator[Row]:
    """Yield the rows of all files that can be used."""
    shared: dict[RowLabels, RowLabels] = {}
    for shard, (image, reader) in zip(shards, readers, strict=True):
        first = 0
        for rows in shard.rows(image, reader.columns):
            cells = _cells(rows.labels, reader)
            for row, (path, embedded) in enumerate(zip(rows.paths, rows.embedded.tolist(), strict=True)):
                where = f"{shard.where}, row {first + row}"
                labels = reader.read(next(cells), problems, where)
                if labels is None:
                    continue
                name = path if isinstance(path, str) else ""
                if not embedded and not name:
                    problems.add(NO_PICTURE, "neither bytes nor path", where)
                    continue
                reference = _maker(rows, row) if embedded else None
                name = _usable_name(name) if embedded else name
                yield Row(name, reference, _shared(labels, shared), (shard.where, first + row), shard.split)
            first += len(rows.paths)
        reader.finish()


def _usable_labels(row: RowLabels) -> Iterator[str]:
    """Yield the labels of a picture that can be labels; the collector notes the others."""
    yield from (label for label in row.present if isinstance(label, str) and is_label(label))
    yield from row.unknown or ()


def _maker(rows: PictureRows, row: int) -> Callable[[str], ImageReference]:
    return lambda name: rows.reference(row, name)


def _shared(labels: RowLabels, shared: dict[RowLabels, RowLabels]) -> RowLabels:
    """Return an equal one that was met before: many pictures have the same labels."""
    try:
        return shared.setdefault(labels, labels)
    except TypeError:  # a list among the labels, which the collector will note
        return labels


def _usable_name(path: str) -> str:
    """Return the name of an embedded picture, or nothing: it is only a name, so that a bad one is no problem."""
    try:
        return file_location(path)
    except ValueError:
        return ""


def _cells(columns: Sequence[pa.Array], reader: LabelReader) -> Iterator[Any]:
    """Yield the cells of all rows as the reader wants them."""
    if not reader.reads_marks:
        yield from columns[0].to_pylist()
        return
    step = max(1, _CELLS // max(1, len(reader.names)))
    for start in range(0, len(columns[0]), step):
        some = [column.slice(start, step) for column in columns]
        yield from _marks(some) if reader.each_label else _lists_of_marks(some[0])


def _marks(columns: Sequence[pa.Array]) -> np.ndarray:
    """Return the cells of several columns, rows × columns, NaN for empty ones."""
    return np.stack([_numbers(column) for column in columns], axis=1)


def _lists_of_marks(lists: Any) -> Iterator[np.ndarray | None]:
    """Yield the marks of each list, None for a list that is not there."""
    if not is_list(lists.type):
        yield from lists.to_pylist()
        return
    lists = lists.cast(pa.large_list(lists.type.value_type))
    numbers, lengths = _numbers(lists.flatten()), pc.list_value_length(lists).to_pylist()
    start = 0
    for length in lengths:
        yield None if length is None else numbers[start : start + length]
        start += length or 0


def _numbers(values: Any) -> np.ndarray:
    return np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
