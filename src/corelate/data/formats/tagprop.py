"""IAPR TC-12 and ESP Game: the JSON form of research code, and the lists of TagProp's data page.

The page gives, for each of its sets, the names of the pictures without their suffix (``iaprtc12_train_list.txt``), the
labels (``iaprtc12_dictionary.txt``) and for each picture a vector of marks (``iaprtc12_train_annot.hvecs``), and the
same for the test pictures. The JSON form is that of the format `corel5k`.

Source: Guillaumin, Mensink, Verbeek, Schmid, TagProp: Discriminative Metric Learning in Nearest Neighbor Models for
Image Auto-Annotation, ICCV 2009; data of 2009-11-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats import corel5k
from corelate.data.formats.collecting import AnnotationCollector, picture_location, shown
from corelate.data.formats.containers import Container, Folder
from corelate.data.formats.label_vectors import read_label_vectors
from corelate.data.formats.locating import open_container, open_data_set
from corelate.data.formats.picture_search import AMBIGUOUS_PICTURE, PictureSearch
from corelate.data.formats.text import decode_text
from corelate.data.formats.vocabulary_files import parse_vocabulary
from corelate.data.targets import PRESENT, UNKNOWN
from corelate.errors import DataError
from corelate.options import option

SPLITS = ("train", "test")
BAD_MARK = "mark of a label is not 0 or 1: label unknown"

_COMPRESSED = (".tgz", ".gz", ".bz2", ".xz", ".zst")
_PROBES = 100  # pictures that are looked for to find their folder


@dataclass(frozen=True)
class Options:
    """Options of the formats `iaprtc12` and `espgame`."""

    images: str = option("", "Folder (or archive) of the pictures, relative to the data set; default: looked for.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


@dataclass(frozen=True)
class Collection:
    """What is particular to one of the sets.

    Attributes:
        name: With which its files begin.
        archives: Patterns of the archives of its downloads.
        pictures: Where its pictures may lie, the likeliest folder first.
    """

    name: str
    archives: tuple[str, ...]
    pictures: tuple[str, ...]

    def list_folders(self) -> tuple[str, ...]:
        """Return the folders, each with a slash, in which the lists may lie."""
        return ("", f"{self.name}.20091111/", f"{self.name}/")

    def find(self, container: Container, file: str) -> str:
        """Return where a file of the lists lies, or nothing."""
        places = (f"{folder}{self.name}_{file}" for folder in self.list_folders())
        return next((place for place in places if container.has(place)), "")


def read_collection(path: Path, options: Options, collection: Collection) -> AnnotationSet:
    """Read the JSON form where it is there, else the lists.

    Raises:
        DataError: The path holds neither, a file of one is missing or can't be read, or the folder of the pictures is
            missing.
    """
    if path.is_file() and path.suffix.lower() == ".json":
        found = {path.name: corel5k.SPLIT_FILES.get(path.name)}
        return _read_json(path, Folder(path.parent), found, options, collection)
    container = open_data_set(path, collection.archives, lambda inner: holds_labels(inner, collection))
    json_files: dict[str, str | None] = {
        name: split for name, split in corel5k.SPLIT_FILES.items() if container.has(name)
    }
    if json_files:
        return _read_json(path, container, json_files, options, collection)
    if holds_lists(container, collection):
        return read_lists(path, container, collection, options.images, options.labels_only)
    raise DataError(
        f"{path}: holds neither train.json or test.json nor {collection.name}_train_list.txt; "
        f"give the folder that holds them{_advice(path)}"
    )


def holds_labels(container: Container, collection: Collection) -> bool:
    """Tell whether a container holds label files in either form."""
    return any(container.has(name) for name in corel5k.SPLIT_FILES) or holds_lists(container, collection)


def holds_lists(container: Container, collection: Collection) -> bool:
    """Tell whether a container holds lists of pictures."""
    return any(collection.find(container, f"{split}_list.txt") for split in SPLITS)


def read_lists(
    path: Path, container: Container, collection: Collection, images: str, labels_only: bool
) -> AnnotationSet:
    """Read the lists of both splits, as far as they are there.

    Args:
        path: The data set, for messages.
        container: Where the lists lie.
        collection: Which set it is.
        images: The folder of the pictures, or nothing to look for it.
        labels_only: Keep pictures whose files are missing.

    Raises:
        DataError: A file is missing or can't be read, the vectors do not fit the list, or there is no folder of
            pictures.
    """
    dictionary = _place(container, collection, "dictionary.txt")
    vocabulary = parse_vocabulary(container.read(dictionary), container.describe(dictionary))
    lists = {split: collection.find(container, f"{split}_list.txt") for split in SPLITS}
    names = {split: _lines(container, place) for split, place in lists.items() if place}
    search = find_pictures(path, collection, images, _some_locations(names.values()))
    if search is None and not labels_only:
        folders = [images] if images else collection.pictures
        raise DataError(
            f"{path}: no folder of pictures ({', '.join(folders)}); name it with images=FOLDER, "
            "or pass labels_only=true to use the labels without pictures"
        )
    search = search or PictureSearch(container)
    collector = AnnotationCollector(vocabulary, str(path), search, keep_missing=labels_only)
    for split, pictures in names.items():
        place = _place(container, collection, f"{split}_annot.hvecs")
        marks = read_label_vectors(container.read(place), container.describe(place), len(pictures), len(vocabulary))
        for row, name in enumerate(pictures):
            where = f"{lists[split].rpartition('/')[2]}, line {row + 1}"
            full_name = _full_name(name, search)
            if not labels_only and search.is_ambiguous(full_name):
                collector.problems.add(AMBIGUOUS_PICTURE, shown(full_name), where)
                continue
            bad = np.flatnonzero(marks[row] == UNKNOWN).tolist()
            for column in bad:
                collector.problems.add(BAD_MARK, vocabulary[column], where)
            labels = [vocabulary[column] for column in np.flatnonzero(marks[row] == PRESENT).tolist()]
            collector.add(full_name, labels, where=where, unknown=bad, split=split)
    return collector.build()


def find_pictures(path: Path, collection: Collection, images: str, locations: Iterable[str]) -> PictureSearch | None:
    """Return where the pictures lie, or None when no folder of pictures is there.

    Args:
        path: The data set: a folder, an archive, or a JSON file in the folder.
        collection: Which set it is.
        images: The folder of the pictures, or nothing to look for it.
        locations: Some of the pictures, as the label files name them.
    """
    path = path.parent if path.suffix.lower() == ".json" else path
    layers = [open_container(path), *map(open_container, _archives(path, collection.archives))]
    folders = [images] if images else [*collection.pictures, ""]
    searches = {
        (folder, place): PictureSearch(layer.inside(folder)) for folder in folders for place, layer in enumerate(layers)
    }
    there = {place: search for place, search in searches.items() if search.exists()}
    locations = list(locations)
    having = (search for search in there.values() if any(map(search.find, locations)))
    # The data set's own folder always is there, which says nothing about pictures.
    named = (search for (folder, _), search in there.items() if folder)
    return next(having, next(named, None))


def _read_json(
    path: Path, container: Container, files: Mapping[str, str | None], options: Options, collection: Collection
) -> AnnotationSet:
    def find(locations: Iterable[str]) -> PictureSearch | None:
        return find_pictures(path, collection, options.images, locations)

    folders = [options.images] if options.images else list(collection.pictures)
    json_options = corel5k.Options(labels_only=options.labels_only)
    return corel5k.read_files(path, container, files, json_options, folders, find_pictures=find)


def _place(container: Container, collection: Collection, file: str) -> str:
    place = collection.find(container, file)
    if not place:
        raise DataError(
            f"{container.describe(f'{collection.name}_{file}')}: no such file; "
            "the lists, the dictionary and the vectors of the data page belong together"
        )
    return place


def _lines(container: Container, place: str) -> list[str]:
    """Return the lines of a list without white space around them; blank ones count, except at the end."""
    text = decode_text(container.read(place), container.describe(place)).rstrip()
    if not text:
        raise DataError(f"{container.describe(place)}: empty")
    return [line.strip() for line in text.split("\n")]


def _some_locations(lists: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the locations of some pictures, as far as their names can be used."""
    for names in lists:
        for name in names[:_PROBES]:
            with suppress(ValueError):
                yield picture_location(name)


def _full_name(name: str, search: PictureSearch) -> str:
    """Return a name with its suffix; one that can't be used stays as it is, for the collector to say why."""
    try:
        return search.with_suffix(picture_location(name))
    except ValueError:
        return name


def _archives(path: Path, patterns: Iterable[str]) -> list[Path]:
    return (
        sorted({file for pattern in patterns for file in path.glob(pattern) if file.is_file()}) if path.is_dir() else []
    )


def _advice(path: Path) -> str:
    """Return what to do about archives that can't be read without unpacking, if there are any in the folder."""
    compressed = sorted(file.name for file in path.iterdir() if file.suffix in _COMPRESSED) if path.is_dir() else []
    return f"; unpack {shown(compressed[0])} first, since it is compressed as a whole" if compressed else ""
