"""Scenes as files: a folder of PNG pictures with a table of their labels, or with their labels as keywords."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from corelate.data.metadata.xmp_writing import SUFFIX, keyword_packet
from corelate.data.scenes.reference import SceneReference
from corelate.errors import DataError, OptionError

TABLE_NAME = "labels.csv"
MOST_SCENES = 1_000_000


def write_scenes(
    folder: Path,
    count: int,
    *,
    seed: int = 1,
    size: int = 160,
    test_fraction: float = 0.25,
    overwrite: bool = False,
) -> Path:
    """Write scenes into a folder, with a table that the ``table`` format reads.

    Args:
        folder: Made if it is not there.
        count: How many.
        seed: The series.
        size: Side of the pictures, pixels.
        test_fraction: Share of the pictures in the split ``test``; the others are in ``train``.
        overwrite: Write into a folder that holds something; files of the same names are replaced, others stay.

    Returns:
        The path of the table, ``labels.csv`` in the folder, with the columns path, labels and split.

    Raises:
        OptionError: A number is out of range.
        DataError: The folder is not empty, or can't be written.
    """
    references = scene_references(count, seed, size)
    splits = scene_splits(count, test_fraction)
    with _written(folder, overwrite), (folder / TABLE_NAME).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "labels", "split"])
        for reference, split in zip(references, splits, strict=True):
            (folder / reference.name).write_bytes(reference.read())
            writer.writerow([reference.name, ";".join(reference.labels), split])
    return folder / TABLE_NAME


def write_scene_photos(folder: Path, count: int, *, seed: int = 1, size: int = 160, overwrite: bool = False) -> None:
    """Write scenes into a folder, each with an XMP file of its labels beside it, as the ``photos`` format reads them.

    Args:
        folder: Made if it is not there.
        count: How many.
        seed: The series.
        size: Side of the pictures, pixels.
        overwrite: Write into a folder that holds something; files of the same names are replaced, others stay.

    Raises:
        OptionError: A number is out of range.
        DataError: The folder is not empty, or can't be written.
    """
    references = scene_references(count, seed, size)
    with _written(folder, overwrite):
        for reference in references:
            path = folder / reference.name
            path.write_bytes(reference.read())
            path.with_suffix(SUFFIX).write_bytes(keyword_packet(reference.labels))


@contextlib.contextmanager
def _written(folder: Path, overwrite: bool) -> Iterator[None]:
    """Make a folder, and report what the file system refuses while it is filled."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not overwrite and any(folder.iterdir()):
            raise DataError(f"{folder} is not empty; choose another folder, or pass overwrite (--overwrite)")
        yield
    except OSError as error:
        raise DataError(f"{folder}: can't write scenes ({error.strerror or error})") from error


def scene_references(count: int, seed: int, size: int) -> list[SceneReference]:
    """Return the first scenes of a series.

    Raises:
        OptionError: The count or the size is out of range.
    """
    if not 1 <= count <= MOST_SCENES:
        raise OptionError(f"{count} scenes: expected a number from 1 to {MOST_SCENES}")
    return [SceneReference(seed, index, size) for index in range(count)]


def scene_splits(count: int, test_fraction: float) -> list[str]:
    """Return the split of each of the first scenes: every so many is in ``test``, however many scenes there are.

    Raises:
        OptionError: The fraction is below 0 or above 1.
    """
    if not 0 <= test_fraction <= 1:
        raise OptionError(f"test fraction {test_fraction}: expected a number from 0 to 1")
    share = Fraction(test_fraction).limit_denominator(MOST_SCENES)  # 0.29 × 100 is less than 29 in binary
    reached = [int(index * share) for index in range(count + 1)]
    return ["test" if reached[index + 1] > reached[index] else "train" for index in range(count)]
