"""Hugging Face data sets of pictures in files of their own (``imagefolder``), with a table or labels as folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import BAD_PICTURE_NAME, AnnotationCollector, shown
from corelate.data.formats.containers import Folder
from corelate.data.formats.huggingface import Options
from corelate.data.formats.huggingface_columns import TEXT, Column, find_label_columns, listed
from corelate.data.formats.huggingface_embedded import (
    add_row,
    file_location,
    given_names,
    label_reader,
    settle_vocabulary,
)
from corelate.data.formats.huggingface_files import METADATA_FILES, files_of, splits_of_locations
from corelate.data.formats.huggingface_labels import LabelReader, RowLabels
from corelate.data.formats.huggingface_metadata import Metadata, read_metadata
from corelate.data.image_formats import PICTURE_SUFFIXES
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError

FILE_NAME = "file_name"


@dataclass(frozen=True)
class _Picture:
    location: str
    labels: RowLabels
    where: str


def read_folder(path: Path, options: Options) -> AnnotationSet:
    """Read a folder of pictures.

    Raises:
        OptionError: An option names a column that is not there, or has a wrong value.
        DataError: The folder holds neither pictures nor tables, a table can't be read, or the pictures have no labels.
    """
    problems = Problems(str(path))
    locations = files_of(path, METADATA_FILES.__contains__)
    tables = [read_metadata(path, location, problems, options.encoding) for location in locations]
    given = given_names(path, options)
    if tables:
        readers = [_reader(table, options, given) for table in tables]
        names: tuple[str, ...] = readers[0].names
        pictures = [
            picture
            for table, reader in zip(tables, readers, strict=True)
            for picture in _pictures(table, reader, options, problems)
        ]
    else:
        pictures, names = _classes(path), ()
    vocabulary = settle_vocabulary(path, given, names, (picture.labels for picture in pictures))
    collector = AnnotationCollector(vocabulary, str(path), Folder(path), keep_missing=options.labels_only)
    collector.problems.extend(problems)
    everything = frozenset(range(len(vocabulary)))
    splits = splits_of_locations([picture.location for picture in pictures])
    for picture, split in zip(pictures, splits, strict=True):
        add_row(collector, picture.location, picture.labels, everything=everything, where=picture.where, split=split)
    return collector.build()


def _reader(table: Metadata, options: Options, given: Vocabulary | None) -> LabelReader:
    name_column = _name_column(table, options)
    others = [column for column in table.columns if column != name_column and not _names_file(column)]
    chosen = find_label_columns(
        others, options.labels, options.ignore, table.where, numbers_are_named=given is not None
    )
    return label_reader(chosen, options, given, table.where)


def _name_column(table: Metadata, options: Options) -> Column:
    """Return the column of the names of the files: ``file_name``, or that of the pictures asked for."""
    asked = options.image_column
    found = [column for column in table.columns if _names_file(column)]
    if asked:
        found = [column for column in found if column.name in (asked, f"{asked}_{FILE_NAME}")]
    usual = [column for column in found if column.name == FILE_NAME]
    if len(found) != 1 and not usual:
        what = f"several columns of file names ({listed(found)})" if found else "no column file_name"
        raise DataError(
            f"{table.where}: {what}; its columns are: {listed(table.columns)}; choose with image_column=COLUMN"
        )
    return (usual or found)[0]


def _names_file(column: Column) -> bool:
    return column.kind == TEXT and (column.name == FILE_NAME or column.name.endswith(f"_{FILE_NAME}"))


def _pictures(table: Metadata, reader: LabelReader, options: Options, problems: Problems) -> Iterator[_Picture]:
    """Yield the pictures of a table that can be used, by their location in the data set."""
    name_column = _name_column(table, options).name
    folder = table.where.rpartition("/")[0]
    for place, cells in table.rows:
        where = f"{table.where}, {place}"
        name = cells.get(name_column)
        try:
            # Below the folder of the table, as the library wants it, and not only below that of the data set.
            location = posixpath.join(folder, _location(name))
        except ValueError as error:
            problems.add(BAD_PICTURE_NAME, f"{shown(name)} {error}", where)
            continue
        labels = reader.read(_cell(cells, reader), problems, where)
        if labels is not None:
            yield _Picture(location, labels, where)
    reader.finish()


def _location(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError("is not text")
    return file_location(name)


def _cell(cells: dict[str, Any], reader: LabelReader) -> Any:
    values = [cells.get(column.name) for column in reader.columns]
    return values if reader.each_label else values[0]


def _classes(path: Path) -> list[_Picture]:
    """Return the pictures whose folders are their labels.

    Raises:
        DataError: There are no pictures, or they are not all in folders of labels at one depth.
    """
    locations = list(files_of(path, lambda name: PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES))
    if not locations:
        raise DataError(f"{path}: holds no pictures, no {', '.join(METADATA_FILES)}, and no Arrow or Parquet files")
    splits = splits_of_locations(locations)
    labels = [_class_of(location, split is not None) for location, split in zip(locations, splits, strict=True)]
    depths = {location.count("/") for location in locations}
    if "" in labels or len(depths) > 1:
        raise DataError(
            f"{path}: holds no {' or '.join(METADATA_FILES)}, and its pictures are not all in folders of labels "
            f"at one depth, as in train/cat/1.jpg; one that is not: {shown(_odd_one(locations, labels))}"
        )
    return [
        _Picture(location, RowLabels((label,)), location.rpartition("/")[0])
        for location, label in zip(locations, labels, strict=True)
    ]


def _class_of(location: str, in_split: bool) -> str:
    """Return the folder of a picture, or nothing where that is the data set or a split."""
    folders = location.split("/")[:-1]
    return folders[-1] if folders and not (in_split and len(folders) == 1) else ""


def _odd_one(locations: Sequence[str], labels: Sequence[str]) -> str:
    unlabelled = [location for location, label in zip(locations, labels, strict=True) if not label]
    usual = max(location.count("/") for location in locations)
    return (unlabelled or [location for location in locations if location.count("/") != usual])[0]
