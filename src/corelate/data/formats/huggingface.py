"""Folders of Hugging Face ``datasets``, read without that library.

Three forms: pictures as files, with or without a table ``metadata.csv`` (``imagefolder``); what ``save_to_disk``
writes; and Parquet files, as the Hub stores data sets. No script in such a folder is run, and nothing is fetched.

Source: Lhoest et al., Datasets: A Community Library for Natural Language Processing, EMNLP 2021 (demonstrations); the
library's pages on image data sets and on how splits are told by names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.errors import DataError
from corelate.options import option


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    image_column: str = option("", "Column of the pictures; default: the only one that holds pictures, or file_name.")
    labels: str = option(
        "", "Column of the labels; several divided by commas, or * for all: each is a label with 1, 0 or nothing."
    )
    separator: str = option(";", "What stands between labels in a column of text: one character or its name.")
    names: str = option("", "Text file with one label a line, relative to the folder, for labels given as numbers.")
    multi_hot: bool = option(False, "Lists of numbers hold 1 or 0 for each label, not the numbers of labels.")
    ignore: str = option("", "Columns that are not labels, divided by commas, with labels=*.")
    encoding: str = option("utf-8", "Text encoding of metadata.csv.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder, or one Arrow or Parquet file.

    Raises:
        OptionError: An option names a column that is not there, or has a wrong value.
        DataError: The path holds no data set of these forms, a file of it can't be read, or it can't be told which
            columns hold pictures and labels.
    """
    # What follows takes pyarrow, which `corelate data --help` must not wait for.
    from corelate.data.formats.huggingface_embedded import read_shards
    from corelate.data.formats.huggingface_files import find_shards, shard_of_file
    from corelate.data.formats.huggingface_folder import read_folder

    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if path.is_dir():
        shards = find_shards(path)
        return read_folder(path, options) if shards is None else read_shards(path, shards, options)
    return read_shards(path, [shard_of_file(path)], options)


FORMAT = DataFormat(Options, read)
