"""NUS-WIDE: Flickr pictures with 81 concepts, as officially published or in the JSON form of research code.

The official ground truth is a file for each concept and split, ``Labels_CONCEPT_Train.txt``, with 0 or 1 for each line
of ``TrainImagelist.txt``. The JSON form (``train.json`` and ``test.json``, or ``small_train.json`` and
``small_test.json`` for the 27 labels of LearnOpenCV's posts on tagging) is that of the format `corel5k`.

Source: Chua et al., NUS-WIDE: A Real-World Web Image Database from National University of Singapore, CIVR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats import corel5k
from corelate.data.formats.base import DataFormat
from corelate.data.formats.containers import Container, Folder
from corelate.data.formats.locating import open_data_set
from corelate.data.formats.nus_wide_concepts import MARK_FOLDERS, read_concepts
from corelate.errors import DataError
from corelate.options import option

ARCHIVES = ("NUS-WIDE*.zip", "Groundtruth*.zip", "ImageList*.zip", "ConceptsList*.zip")
JSON_FILES = {"train.json": "train", "test.json": "test"}
SMALL_FILES = {f"small_{name}": split for name, split in JSON_FILES.items()}
CONCEPT_PICTURES = ["Flickr", "images", "Images", ""]
JSON_PICTURES = ["images", "Images", "Flickr", ""]


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    images: str = option("", "Folder of the pictures, relative to the data set; default: Flickr, images or Images.")
    small: bool = option(False, "Read small_train.json and small_test.json (LearnOpenCV's 27 labels), not the others.")
    skip_unlabelled: bool = option(False, "Leave out pictures without any of the labels, as many papers do.")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read the ground truth of the 81 concepts where it is there, else the JSON form.

    Raises:
        DataError: The path holds neither, a file of one is missing or can't be read, or the folder of the pictures is
            missing.
    """
    if path.is_file() and path.suffix.lower() == ".json":
        split = (JSON_FILES | SMALL_FILES).get(path.name)
        return _read_json(path, Folder(path.parent), {path.name: split}, options)
    container = open_data_set(path, ARCHIVES, _holds)
    # The list of pictures alone also goes round with the JSON form.
    if not options.small and any(container.inside(folder).exists() for folder in MARK_FOLDERS):
        folders = [options.images] if options.images else CONCEPT_PICTURES
        return read_concepts(path, container, folders, options.skip_unlabelled, options.labels_only)
    choices = [SMALL_FILES] if options.small else [JSON_FILES, SMALL_FILES]
    for files in choices:
        found = {name: split for name, split in files.items() if container.has(name)}
        if found:
            return _read_json(path, container, found, options)
    wanted = " or ".join(next(iter(files)) for files in choices)
    official = "" if options.small else " and no Groundtruth/TrainTestLabels"
    raise DataError(f"{path}: holds no {wanted}{official}; give the folder that holds them")


def _holds(container: Container) -> bool:
    """Tell whether either form lies directly in a container, not in a folder NUS-WIDE around it."""
    marked = (container.inside(folder).exists() for folder in MARK_FOLDERS if not folder.startswith("NUS-WIDE/"))
    return any(marked) or any(container.has(name) for name in JSON_FILES | SMALL_FILES)


def _read_json(path: Path, container: Container, files: Mapping[str, str | None], options: Options) -> AnnotationSet:
    folders = [options.images] if options.images else JSON_PICTURES
    return corel5k.read_files(
        path,
        container,
        files,
        corel5k.Options(labels_only=options.labels_only),
        folders,
        skip_unlabelled=options.skip_unlabelled,
    )


FORMAT = DataFormat(Options, read)
