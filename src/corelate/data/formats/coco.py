"""The instances files of MS-COCO (2014 and 2017), and of all who use its form for objects in pictures.

A file holds three lists: ``images`` (id, file name), ``categories`` (id, name) and ``annotations``, one for each object
(picture id, category id, outline). A picture's labels are the categories of its objects; the labels are ordered by
category id.

Source: Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.archive_members import is_archive
from corelate.data.formats.base import DataFormat
from corelate.data.formats.coco_json import HERE, InstancesFile, read_instances
from corelate.data.formats.collecting import AnnotationCollector, picture_location
from corelate.data.formats.containers import Container, Folder
from corelate.data.formats.locating import open_data_set, picture_folder
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError, VocabularyError
from corelate.options import option

YEARS = ("2017", "2014", "")
PARTS = ("train", "val", "test")
ARCHIVES = ("annotations_trainval20*.zip", "train20*.zip", "val20*.zip")
ORDERS = ("id", "name")

_PREFIX, _SUFFIX = "instances_", ".json"
_PROBES = 100  # pictures that are looked for to find their folder


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    images: str = option("", "Folder (or zip) of the pictures or of the folders train2017 …, relative to the data set.")
    year: int = option(0, "Which files of a folder to read, 2014 or 2017; default: those that are there.")
    val_split: str = option("", "Split of the validation file; default: test, or val where a test file lies beside it.")
    crowd: bool = option(True, "Count objects that are marked as a crowd (iscrowd).")
    skip_unlabelled: bool = option(False, "Leave out pictures without objects, as ML-GCN and others do.")
    order: str = option("id", "Order of the labels: id of their category, or name (as the files of ML-GCN).")
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read one instances file, or the training and validation files of a folder.

    Raises:
        OptionError: An option has a value that is not allowed.
        DataError: There is no instances file, one can't be read, or the folder of the pictures is missing.
    """
    if options.order not in ORDERS:
        raise OptionError(f"order={options.order!r}: choose one of {', '.join(ORDERS)}")
    container, files = _find_files(path, options)
    problems = Problems(str(path))
    contents = [read_instances(container, file, options.crowd, problems) for file in files]
    vocabulary = _vocabulary(contents[0], options.order, container.describe(files[0]))
    images = options.images or contents[0].picture_folder
    pictures = container.inside(images) if images and images != HERE else container
    if not options.labels_only and not pictures.exists():
        raise DataError(f"{container.describe(images or '')}: no such folder of pictures; name it with images=FOLDER")
    folders = [_folder_of(content, pictures, path, options) for content in contents]
    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only)
    collector.problems.extend(problems)
    splits = _splits([_list_name(content.name) for content in contents], options.val_split)
    for content, folder, split in zip(contents, folders, splits, strict=True):
        _collect(collector, content, folder, split, options.skip_unlabelled)
    return collector.build()


def _find_files(path: Path, options: Options) -> tuple[Container, list[str]]:
    """Return where the data set lies and its instances files in it, training first."""
    if path.is_file() and not is_archive(path):
        file = path.absolute()  # the folder above that of a relative path may not be in its text
        root = file.parent.parent if file.parent.name == "annotations" else file.parent
        return Folder(root), [file.relative_to(root).as_posix()]
    container = open_data_set(path, ARCHIVES, lambda folder: bool(_files_by_year(folder)))
    found = _files_by_year(container)
    year = str(options.year) if options.year else next(iter(found), "2017")
    there = " and ".join(each or "no year" for each in found)
    if not options.year and len(found) > 1:
        raise DataError(f"{path}: holds files of {there}; choose with year=")
    if year not in found:
        wanted = f"annotations/{_PREFIX}train{year}{_SUFFIX}"
        advice = f"those there are of {there}" if found else "give the folder above, or one file"
        raise DataError(f"{path}: holds no instances files such as {wanted}; {advice}")
    return container, found[year]


def _files_by_year(container: Container) -> dict[str, list[str]]:
    found = {year: _files_of_year(container, year) for year in YEARS}
    return {year: files for year, files in found.items() if files}


def _files_of_year(container: Container, year: str) -> list[str]:
    for folder in ("annotations/", ""):
        names = [f"{folder}{_PREFIX}{part}{year}{_SUFFIX}" for part in PARTS]
        found = [name for name in names if container.has(name)]
        if found:
            return found
    return []


def _vocabulary(content: InstancesFile, order: str, where: str) -> Vocabulary:
    names = list(content.categories.values())
    try:
        return Vocabulary(sorted(names) if order == "name" else names)
    except VocabularyError as error:
        raise VocabularyError(f"{where}: {error}") from error


def _list_name(file: str) -> str:
    """Return what a file is about, ``"train2017"`` of ``instances_train2017.json``; nothing for other names."""
    name = PurePosixPath(file).name
    return name[len(_PREFIX) : -len(_SUFFIX)] if name.startswith(_PREFIX) and name.endswith(_SUFFIX) else ""


def _splits(list_names: list[str], val_split: str) -> list[str | None]:
    parts = [next((part for part in PARTS if name.startswith(part)), None) for name in list_names]
    val_split = val_split or ("val" if "test" in parts else "test")
    return [val_split if part == "val" else part for part in parts]


def _folder_of(content: InstancesFile, pictures: Container, path: Path, options: Options) -> str:
    """Return the folder of a file's pictures, seen from the folder of all pictures."""
    if content.picture_folder is not None:
        return ""
    name = _list_name(content.name)
    beside = [name, f"images/{name}"] if name else []
    candidates = [name, ""] if options.images else [*beside, "images", ""]
    probes = [_usable(file_name) for file_name, _ in islice(content.images.values(), _PROBES)]
    found = picture_folder(pictures, candidates, filter(None, probes))
    if found is not None:
        return found
    if options.images or not probes:
        return ""
    if options.labels_only:
        return name
    looked_for = ", ".join(candidates[:-1])
    raise DataError(f"{path}: no folder of the pictures of {content.name} ({looked_for}); name it with images=FOLDER")


def _usable(name: str) -> str:
    try:
        return picture_location(name)
    except ValueError:
        return ""


def _collect(
    collector: AnnotationCollector, content: InstancesFile, folder: str, split: str | None, skip_unlabelled: bool
) -> None:
    named = set(content.categories.values())
    # Of labels that only the first file has, the others say nothing.
    unknown = frozenset(column for column, label in enumerate(collector.vocabulary or ()) if label not in named)
    for picture in content.pictures(collector.problems):
        if skip_unlabelled and not picture.labels:
            continue
        name = picture.file_name
        collector.add(
            # A name that can't be used stays as it is, for the collector to refuse.
            posixpath.join(folder, name) if _usable(name) else name,
            picture.labels,
            where=picture.where,
            unknown=unknown,
            unknown_labels=picture.unknown,
            split=picture.extras.split if picture.extras.says_split else split,
            group=picture.extras.group,
        )


FORMAT = DataFormat(Options, read)
