"""A folder of generated pictures, of any origin.

It holds the pictures in ``images``, a list of them, ``train_aug.json``, in the form of Corel-5k's label files, and
``provenance.json``, which says what each was generated from. Where that is not there, names say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import (
    BAD_PICTURE_NAME,
    MISSING_IMAGE,
    REPEATED_PICTURE,
    picture_location,
    shown,
)
from corelate.data.formats.containers import Container, composed
from corelate.data.formats.locating import picture_folder
from corelate.data.formats.samples import AUGMENTED_FILE, is_sample, list_of
from corelate.data.formats.text import parse_json
from corelate.data.original_names import OriginalNames, OriginalNotFoundError, read_record
from corelate.data.originals import real_rows
from corelate.data.problems import Problems
from corelate.data.references import ImageReference

LIST_FILE = AUGMENTED_FILE
PROVENANCE_FILE = "provenance.json"
IMAGES_FOLDER = "images"

TAKEN_NAME = "generated picture has the name of a picture of the data set: picture left out"
OTHER_LABELS = "generated picture is listed with other labels than its original has: the original's are taken"

_PROBES = 100  # pictures that are looked for to find their folder


class _Listed(NamedTuple):
    """A picture of the list, and its place there."""

    location: str
    labels: set[str]
    where: str


class GeneratedFolder:
    """Reads a folder of generated pictures.

    Args:
        container: The folder, or that of an archive.
        problems: Is told what is wrong.
    """

    def __init__(self, container: Container, problems: Problems) -> None:
        self._container = container
        self._problems = problems

    def read(self, annotations: AnnotationSet, listed: AnnotationSet) -> tuple[Sequence[ImageReference], np.ndarray]:
        """Return the pictures that can be used.

        Args:
            annotations: The set with their originals.
            listed: The same pictures with the labels of their source.

        Returns:
            M pictures, and the row of the original of each, int64 of length M.

        Raises:
            DataError: The list or the record of their originals can't be read.
        """
        entries = list(self._entries())
        images = self._images(entries)
        names, real = annotations.names, real_rows(annotations)
        real_names = [names[row] for row in real.tolist()]
        taken = set(map(composed, real_names))
        finder = OriginalNames(real_names, self._record())
        locations, rows = [], []
        for entry in entries:
            try:
                row = int(real[finder.find(entry.location)])
                kind = "" if images.has(entry.location) else MISSING_IMAGE
            except OriginalNotFoundError as error:
                kind = str(error)
            if composed(entry.location) in taken:
                kind = TAKEN_NAME
            if kind:
                self._problems.add(kind, shown(entry.location), entry.where)
                continue
            if not any(_has_labels(known, row, entry.labels) for known in (listed, annotations)):
                self._problems.add(OTHER_LABELS, shown(entry.location), entry.where)
            locations.append(entry.location)
            rows.append(row)
        return images.references(locations), np.array(rows, dtype=np.int64)

    def _entries(self) -> Iterator[_Listed]:
        """Yield the pictures of the list whose names can be used."""
        file = self._container.describe(LIST_FILE)
        samples = list_of(parse_json(self._container.read(LIST_FILE), file), "samples", file)
        seen = set()
        for position, sample in enumerate(samples, start=1):
            where = f"{file}, sample {position}"
            location = self._location(sample, where)
            if location is None:
                continue
            if composed(location) in seen:
                self._problems.add(REPEATED_PICTURE, shown(location), where)
                continue
            seen.add(composed(location))
            yield _Listed(location, {label for label in sample["image_labels"] if isinstance(label, str)}, where)

    def _location(self, sample: Any, where: str) -> str | None:
        if not is_sample(sample, where, self._problems):
            return None
        try:
            return picture_location(sample["image_name"])
        except ValueError as error:
            self._problems.add(BAD_PICTURE_NAME, f"{shown(sample['image_name'])} {error}", where)
            return None

    def _images(self, entries: Sequence[_Listed]) -> Container:
        some = [entry.location for entry in entries[:_PROBES]]
        folder = picture_folder(self._container, (IMAGES_FOLDER, ""), some)
        return self._container.inside(IMAGES_FOLDER if folder is None else folder)

    def _record(self) -> dict[str, str | None] | None:
        if not self._container.has(PROVENANCE_FILE):
            return None
        where = self._container.describe(PROVENANCE_FILE)
        return read_record(parse_json(self._container.read(PROVENANCE_FILE), where), where)


def _has_labels(known: AnnotationSet, row: int, labels: set[str]) -> bool:
    # Labels that the vocabulary lacks were dropped from the original, too.
    return {label for label in labels if label in known.vocabulary} == set(known.labels_of(row))
