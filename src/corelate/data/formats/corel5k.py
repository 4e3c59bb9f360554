"""The JSON form in which Corel-5k, IAPR TC-12 and ESP Game are shared for annotation research.

One JSON object per split, ``train.json`` and ``test.json``::

    {"samples": [{"image_name": "1000.jpeg", "image_labels": ["city", "sky"]}, …], "labels": ["city", "mountain", …]}

``labels`` is the vocabulary; its order defines the columns. The pictures lie in a folder ``images`` beside the files.
All of it may also lie in one zip archive.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import AnnotationCollector, shown
from corelate.data.formats.containers import Archive, Container, Folder
from corelate.data.formats.text import decode_text, json_type, parse_json
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, VocabularyError
from corelate.options import option

TRAIN_FILE = "train.json"
AUGMENTED_FILE = "train_aug.json"
VOCABULARY_FILE = "vocabulary.txt"
SPLIT_FILES = {TRAIN_FILE: "train", "val.json": "val", "test.json": "test"}

BAD_SAMPLE = "sample is not as expected: picture left out"


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    images: str = option("images", "Folder of the pictures, relative to the label files.")
    augmented: bool = option(False, "Also read train_aug.json; a picture and its variants form one group.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder, a zip archive, or a single JSON file.

    Raises:
        DataError: The path holds no label file, a label file can't be parsed, no vocabulary is given, or the folder
            of the pictures is missing.
    """
    container, files = _find_label_files(path, options)
    contents = {name: parse_json(container.read(name), container.describe(name)) for name in files}
    vocabulary = _find_vocabulary(container, contents, path)
    pictures = container.inside(options.images)
    if not options.labels_only and not pictures.exists():
        raise DataError(
            f"{container.describe(options.images)}: no such folder of pictures; name it with images=FOLDER, "
            "or pass labels_only=true to use the labels without pictures"
        )
    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only)
    for name, content in contents.items():
        _collect(collector, name, _list_of(content, "samples", container.describe(name)), options.augmented)
    return collector.build()


def _find_label_files(path: Path, options: Options) -> tuple[Container, list[str]]:
    """Return where the label files lie and which of them are read, in order."""
    if path.is_dir() or (path.is_file() and zipfile.is_zipfile(path)):
        container = Folder(path) if path.is_dir() else _archive_folder(Archive(path))
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


def _archive_folder(archive: Archive) -> Archive:
    """Return the folder of an archive that holds the label files: the root, or the one nearest to it."""
    folders = {
        location.rpartition("/")[0]
        for location in archive.locations
        if PurePath(location).name in SPLIT_FILES and not location.startswith("__MACOSX/")
    }
    if not folders:
        raise DataError(f"{archive.path}: holds none of {', '.join(SPLIT_FILES)}")
    depths = {folder: len(PurePath(folder).parts) for folder in folders}
    nearest = sorted(folder for folder in folders if depths[folder] == min(depths.values()))
    if len(nearest) > 1:
        raise DataError(
            f"{archive.path}: holds several data sets ({', '.join(nearest)}); unpack it and name one folder"
        )
    return archive.inside(nearest[0])


def _find_vocabulary(container: Container, contents: dict[str, Any], path: Path) -> Vocabulary:
    """Return the vocabulary of train.json (of a file given by itself: its own), else that of vocabulary.txt."""
    for name in dict.fromkeys([next(iter(contents)), TRAIN_FILE]):
        if name not in contents and not container.has(name):
            continue
        where = container.describe(name)
        content = contents[name] if name in contents else parse_json(container.read(name), where)
        if "labels" in content:
            return _named_vocabulary(_list_of(content, "labels", where), where)
    if container.has(VOCABULARY_FILE):
        where = container.describe(VOCABULARY_FILE)
        return _named_vocabulary(decode_text(container.read(VOCABULARY_FILE), where), where)
    raise DataError(
        f"{path}: no vocabulary; give {TRAIN_FILE} a list 'labels', or put a {VOCABULARY_FILE} with one label a line "
        "beside it (the order of the labels can't be guessed from the samples)"
    )


def _named_vocabulary(labels: list[Any] | str, where: str) -> Vocabulary:
    try:
        return Vocabulary.from_text(labels) if isinstance(labels, str) else Vocabulary(labels)
    except VocabularyError as error:
        raise VocabularyError(f"{where}: {error}") from error


def _list_of(content: dict[str, Any], key: str, where: str) -> list[Any]:
    if key not in content:
        raise DataError(f"{where}: expected an object with a list {key!r}; its keys are: {_keys(content)}")
    if not isinstance(content[key], list):
        raise DataError(f"{where}: {key!r} must be a list, found {json_type(content[key])}")
    return list(content[key])


def _keys(content: dict[str, Any]) -> str:
    return ", ".join(shown(key) for key in list(content)[:10]) or "none"


def _collect(collector: AnnotationCollector, file: str, samples: list[Any], grouped: bool) -> None:
    split = "train" if file == AUGMENTED_FILE else SPLIT_FILES.get(file)
    for position, sample in enumerate(samples, start=1):
        where = f"{file}, sample {position}"
        if not _is_sample(sample, where, collector.problems):
            continue
        name = sample["image_name"]
        group = PurePath(name).stem.partition("_aug")[0] if grouped else None
        collector.add(name, sample["image_labels"], where=where, split=split, group=group)


def _is_sample(sample: object, where: str, problems: Problems) -> bool:
    """Tell whether a sample has its two fields, and note it when not."""
    if not isinstance(sample, dict):
        problems.add(BAD_SAMPLE, f"expected an object, found {json_type(sample)}", where)
        return False
    for key, expected in (("image_name", str), ("image_labels", list)):
        if not isinstance(sample.get(key), expected):
            found = json_type(sample[key]) if key in sample else "nothing"
            problems.add(BAD_SAMPLE, f"{key!r} must be {json_type(expected())}, found {found}", where)
            return False
    return True


FORMAT = DataFormat(Options, read)
