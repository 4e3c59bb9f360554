"""The official ground truth of NUS-WIDE: lists of pictures, and a file of marks for each concept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import AnnotationCollector, picture_location, shown
from corelate.data.formats.containers import Container
from corelate.data.formats.locating import picture_folder
from corelate.data.formats.text import decode_text
from corelate.data.formats.vocabulary_files import parse_vocabulary
from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError

BAD_MARK = "mark in a file of a concept is not 0 or 1: label unknown"

SPLIT_NAMES = {"Train": "train", "Test": "test"}
LIST_FOLDERS = ("ImageList/", "", "NUS-WIDE/ImageList/")
MARK_FOLDERS = ("Groundtruth/TrainTestLabels/", "TrainTestLabels/", "NUS-WIDE/Groundtruth/TrainTestLabels/")
CONCEPT_FOLDERS = ("", "ConceptsList/", "NUS-WIDE/ConceptsList/")
CONCEPT_FILE = "Concepts81.txt"

_PROBES = 100  # pictures that are looked for to find their folder
_MARKS = {b"1": PRESENT, b"0": ABSENT}


def find_file(container: Container, folders: Iterable[str], name: str) -> str:
    """Return where a file lies, or nothing."""
    return next((folder + name for folder in folders if container.has(folder + name)), "")


def read_concepts(
    path: Path, container: Container, folders: Sequence[str], skip_unlabelled: bool, labels_only: bool
) -> AnnotationSet:
    """Read the lists and marks of both splits, as far as their lists are there.

    Args:
        path: The data set, for messages.
        container: Where it lies.
        folders: Where the pictures may lie, the likeliest folder first; ``""`` is the container itself.
        skip_unlabelled: Leave out pictures without any concept.
        labels_only: Keep pictures whose files are missing.

    Raises:
        DataError: A file is missing or can't be read, a file of marks does not fit its list, or there is no folder of
            pictures.
    """
    vocabulary = _concepts(path, container)
    lists = {name: find_file(container, LIST_FOLDERS, f"{name}Imagelist.txt") for name in SPLIT_NAMES}
    pictures = {name: _lines(container, file) for name, file in lists.items() if file}
    if not pictures:
        raise DataError(f"{path}: holds no {LIST_FOLDERS[0]}TrainImagelist.txt, which names the pictures")
    folder, flat = _find_pictures(container, folders, [name for names in pictures.values() for name in names[:_PROBES]])
    if folder is None and not labels_only:
        raise DataError(
            f"{path}: no folder of pictures ({', '.join(filter(None, folders))}); name it with images=FOLDER, "
            "or pass labels_only=true to use the labels without pictures"
        )
    collector = AnnotationCollector(vocabulary, str(path), container.inside(folder or ""), keep_missing=labels_only)
    for name, names in pictures.items():
        targets = _read_marks(container, name, len(names), collector)
        for row, picture in enumerate(names):
            cells = np.flatnonzero(targets[row]).tolist()
            if skip_unlabelled and not cells:
                continue
            collector.add(
                _file_name(picture) if flat else picture,
                [vocabulary[column] for column in cells if targets[row, column] == PRESENT],
                where=f"{name}Imagelist.txt, line {row + 1}",
                unknown=[column for column in cells if targets[row, column] == UNKNOWN],
                split=SPLIT_NAMES[name],
            )
    return collector.build()


def _concepts(path: Path, container: Container) -> Vocabulary:
    file = find_file(container, CONCEPT_FOLDERS, CONCEPT_FILE)
    if not file:
        raise DataError(f"{path}: holds no {CONCEPT_FILE}, which names the concepts (it is in ConceptsList)")
    return parse_vocabulary(container.read(file), container.describe(file))


def _lines(container: Container, file: str) -> list[str]:
    """Return the lines of a file without white space around them; blank ones count, except at the end."""
    text = decode_text(container.read(file), container.describe(file)).rstrip()
    if not text:
        raise DataError(f"{container.describe(file)}: empty")
    return [line.strip() for line in text.split("\n")]


def _find_pictures(container: Container, folders: Sequence[str], names: Iterable[str]) -> tuple[str | None, bool]:
    """Return the folder of the pictures, and whether all lie directly in it, without the folders of the list."""
    locations = []
    for name in names:
        with suppress(ValueError):
            locations.append(picture_location(name))
    folder = picture_folder(container, folders, [*locations, *map(_file_name, locations)])
    inside = container.inside(folder or "")
    flat = not any(map(inside.has, locations)) and any(inside.has(_file_name(location)) for location in locations)
    return folder, flat


def _file_name(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _read_marks(container: Container, name: str, count: int, collector: AnnotationCollector) -> np.ndarray:
    """Return the targets of the pictures of one split, pictures × concepts, int8."""
    targets = np.empty((count, len(collector.vocabulary)), dtype=np.int8)
    for column, concept in enumerate(collector.vocabulary):
        file_name = f"Labels_{concept}_{name}.txt"
        file = find_file(container, MARK_FOLDERS, file_name)
        if not file:
            raise DataError(
                f"{collector.source}: holds no {MARK_FOLDERS[0]}{file_name}; the marks of all concepts are needed"
            )
        lines = container.read(file).removeprefix(b"\xef\xbb\xbf").rstrip().split(b"\n")
        if len(lines) != count:
            raise DataError(
                f"{container.describe(file)}: {len(lines)} lines for the {count} pictures of {name}Imagelist.txt; "
                "the files do not belong together"
            )
        targets[:, column] = [_MARKS.get(line.strip(), UNKNOWN) for line in lines]
        bad = np.flatnonzero(targets[:, column] == UNKNOWN).tolist()
        if len(bad) > count / 2:
            raise DataError(f"{container.describe(file)}, line {bad[0] + 1}: expected 0 or 1 on each line")
        for row in bad:
            collector.problems.add(BAD_MARK, shown(lines[row].decode("latin-1")), f"{file_name}, line {row + 1}")
    return targets
