"""The JSON form in which Corel-5k, IAPR TC-12 and ESP Game are shared for annotation research.

One JSON object per split, ``train.json`` and ``test.json``::

    {"samples": [{"image_name": "1000.jpeg", "image_labels": ["city", "sky"]}, …], "labels": ["city", "mountain", …]}

``labels`` is the vocabulary; its order defines the columns. The pictures lie in a folder ``images`` beside the files.
All of it may also lie in one zip or tar archive. Where there are no such files, the lists of TagProp's data page are
read (``corel5k_train_list.txt`` and so on, see `corelate.data.formats.tagprop`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.archive_members import is_archive
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import AnnotationCollector, picture_location, shown
from corelate.data.formats.containers import Archive, Container, Folder
from corelate.data.formats.locating import nearest_folder, open_data_set, picture_folder
from corelate.data.formats.picture_search import AMBIGUOUS_PICTURE, PictureSearch
from corelate.data.formats.samples import AUGMENTED_FILE, is_sample, list_of
from corelate.data.formats.text import parse_json
from corelate.data.formats.vocabulary_files import parse_vocabulary
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, VocabularyError
from corelate.options import option

TRAIN_FILE = "train.json"
VOCABULARY_FILE = "vocabulary.txt"
SPLIT_FILES = {TRAIN_FILE: "train", "val.json": "val", "test.json": "test"}

_PROBES = 100  # pictures that are looked for to find their folder


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    images: str = option("images", "Folder of the pictures, relative to the label files.")
    augmented: bool = option(False, "Also read train_aug.json: pictures that were generated from those of train.json.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder, an archive, or a single JSON file.

    Raises:
        DataError: The path holds no label file, a label file can't be parsed, no vocabulary is given, or the folder
            of the pictures is missing.
    """
    if path.is_dir() or is_archive(path):
        lists = _read_lists(path, options)
        if lists is not None:
            return lists
    container, names = _find_label_files(path, options)
    files = {name: "train" if name == AUGMENTED_FILE else SPLIT_FILES.get(name) for name in names}
    return read_files(path, container, files, options, [options.images])


def read_files(
    path: Path,
    container: Container,
    files: Mapping[str, str | None],
    options: Options,
    folders: Sequence[str],
    *,
    skip_unlabelled: bool = False,
    find_pictures: Callable[[Iterable[str]], PictureSearch | None] | None = None,
) -> AnnotationSet:
    """Read label files of this form.

    Args:
        path: The data set, for messages.
        container: Where the files lie.
        files: Their names, in order, each with the split of its pictures or None.
        options: Options of the format; the folder of the pictures is not taken from there.
        folders: Where the pictures may lie, the likeliest folder first; ``""`` is that of the files.
        skip_unlabelled: Leave out pictures without any label of the vocabulary.
        find_pictures: Given some of the pictures, finds where they lie, in place of `folders`; None when nowhere.

    Raises:
        DataError: See `read`.
    """
    contents = {name: parse_json(container.read(name), container.describe(name)) for name in files}
    vocabulary = _find_vocabulary(container, contents, path)
    samples = {name: list_of(content, "samples", container.describe(name)) for name, content in contents.items()}
    pictures, found = _find_pictures(container, folders, _some_pictures(samples), find_pictures)
    if not found and not options.labels_only:
        raise DataError(
            f"{container.describe(folders[0])}: no such folder of pictures; name it with images=FOLDER, "
            "or pass labels_only=true to use the labels without pictures"
        )
    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only)
    # Without pictures it is no matter which of several files is meant.
    search = pictures if isinstance(pictures, PictureSearch) and not options.labels_only else None
    real: int | None = None
    for name, split in files.items():
        if name == AUGMENTED_FILE and len(files) > 1:
            real = len(collector)
        some = _samples(samples[name], name, collector.problems, search, skip_unlabelled=skip_unlabelled)
        _collect(collector, some, split, grouped=options.augmented)
    annotations = collector.build()
    if real is not None:
        from corelate.data.generated import tied_by_name

        annotations = tied_by_name(annotations, real)
    return _labelled(annotations) if skip_unlabelled else annotations


def _read_lists(path: Path, options: Options) -> AnnotationSet | None:
    """Read the lists of TagProp's data page, or return None where there are none or JSON files are there too."""
    # It reads the other sets of its page with this module.
    from corelate.data.formats import tagprop

    collection = tagprop.Collection("corel5k", ("corel5k*.tar", "corel5k*.zip"), (options.images, "corel5k"))
    container = open_data_set(path, collection.archives, lambda inner: tagprop.holds_labels(inner, collection))
    if any(map(container.has, SPLIT_FILES)) or not tagprop.holds_lists(container, collection):
        return None
    if options.augmented:
        raise DataError(f"{path}: these lists have no {AUGMENTED_FILE}, but augmented=true asks for it")
    return tagprop.read_lists(path, container, collection, "", options.labels_only)


def _labelled(annotations: AnnotationSet) -> AnnotationSet:
    """Return the pictures that have a label or may have one: of some, all labels may have been dropped."""
    return annotations.select(np.flatnonzero(np.diff(annotations.targets.row_starts)))


def _find_pictures(
    container: Container,
    folders: Sequence[str],
    locations: Iterable[str],
    find: Callable[[Iterable[str]], PictureSearch | None] | None,
) -> tuple[Container, bool]:
    """Return the container of the pictures, and whether it is there."""
    if find is not None:
        search = find(locations)
        return search or container, search is not None
    folder = picture_folder(container, folders, locations)
    return container.inside(folders[0] if folder is None else folder), folder is not None


def _some_pictures(samples: Mapping[str, list[Any]]) -> Iterator[str]:
    """Yield the locations of some pictures, as far as they have any."""
    for sample in islice(chain.from_iterable(samples.values()), _PROBES):
        if isinstance(sample, dict) and isinstance(sample.get("image_name"), str):
            with suppress(ValueError):
                yield picture_location(sample["image_name"])


def _find_label_files(path: Path, options: Options) -> tuple[Container, list[str]]:
    """Return where the label files lie and which of them are read, in order."""
    if path.is_dir() or is_archive(path):
        container = Folder(path) if path.is_dir() else nearest_folder(Archive(path), SPLIT_FILES)
        files = [name for name in SPLIT_FILES if container.has(name)]
    elif path.exists():
        container, files = Folder(path.parent), [path.name]
    else:
        raise DataError(f"{path}: no such file or folder")
    if not files:
        raise DataError(f"{path}: holds none of {', '.join(SPLIT_FILES)}")
    if options.augmented and AUGMENTED_FILE not in files:
        if not container.has(AUGMENTED_FILE):
            raise DataError(f"{container.describe(AUGMENTED_FILE)}: no such file, but augmented=true asks for it")
        files.append(AUGMENTED_FILE)
    return container, files


def _find_vocabulary(container: Container, contents: dict[str, Any], path: Path) -> Vocabulary:
    """Return the vocabulary of train.json (of a file given by itself: its own), else that of vocabulary.txt."""
    for name in dict.fromkeys([next(iter(contents)), TRAIN_FILE]):
        if name not in contents and not container.has(name):
            continue
        where = container.describe(name)
        content = contents[name] if name in contents else parse_json(container.read(name), where)
        if "labels" in content:
            return _named_vocabulary(list_of(content, "labels", where), where)
    if container.has(VOCABULARY_FILE):
        return parse_vocabulary(container.read(VOCABULARY_FILE), container.describe(VOCABULARY_FILE))
    raise DataError(
        f"{path}: no vocabulary; give {TRAIN_FILE} a list 'labels', or put a {VOCABULARY_FILE} with one label a line "
        "beside it (the order of the labels can't be guessed from the samples)"
    )


def _named_vocabulary(labels: list[Any], where: str) -> Vocabulary:
    try:
        return Vocabulary(labels)
    except VocabularyError as error:
        raise VocabularyError(f"{where}: {error}") from error


def _samples(
    samples: list[Any], file: str, problems: Problems, search: PictureSearch | None, *, skip_unlabelled: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the samples that can be used, each with its place in the file."""
    for position, sample in enumerate(samples, start=1):
        where = f"{file}, sample {position}"
        if not is_sample(sample, where, problems):
            continue
        if skip_unlabelled and not sample["image_labels"]:
            continue  # before its file is looked for, which need not be there
        if search is not None and search.is_ambiguous(sample["image_name"]):
            problems.add(AMBIGUOUS_PICTURE, shown(sample["image_name"]), where)
            continue
        yield where, sample


def _collect(
    collector: AnnotationCollector, samples: Iterable[tuple[str, dict[str, Any]]], split: str | None, *, grouped: bool
) -> None:
    for where, sample in samples:
        name = sample["image_name"]
        group = PurePath(name).stem.partition("_aug")[0] if grouped else None
        collector.add(name, sample["image_labels"], where=where, split=split, group=group)


FORMAT = DataFormat(Options, read)
