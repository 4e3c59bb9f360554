"""PASCAL VOC, as its official archives hold it: lists of pictures, a class file for each label, annotations in XML.

Whether a picture has a label stands in ``ImageSets/Main/CLASS_LIST.txt``, one picture a line with 1 (present), -1
(absent) or 0 (all its objects of that class are difficult to recognise). Without these files the objects in
``Annotations`` say it.

Source: Everingham et al., The PASCAL Visual Object Classes (VOC) Challenge, IJCV 2010.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import AnnotationCollector, picture_location
from corelate.data.formats.containers import Container
from corelate.data.formats.locating import open_data_set
from corelate.data.formats.voc_labels import LISTS, from_annotations, from_class_files, list_file, read_lines
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError
from corelate.options import option

CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
YEARS = range(2007, 2013)
SPLITS = {"trainval": "train", "train": "train", "val": "val", "test": "test"}
DIFFICULT_MEANS = ("unknown", "positive", "negative", "positive_in_training")
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".JPG", ".JPEG", ".png", ".PNG")


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    year: int = option(0, "Which year to read where several are there, e.g. 2007.")
    lists: str = option("", "Lists of ImageSets/Main to read, divided by commas; default: trainval, and test for 2007.")
    difficult: str = option("unknown", "What a label counts as when all its objects are difficult.")
    vocabulary: str = option(
        "", "Text file with one label a line, beside the data set; default: the 20 classes of VOC."
    )
    labels_only: bool = option(False, "Keep pictures whose files are missing, to study their labels.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Read one year of VOC, or a set of one's own in its layout.

    Raises:
        OptionError: An option has a value that is not allowed.
        DataError: There is no such year or list, or nothing says what is in the pictures.
    """
    if options.difficult not in DIFFICULT_MEANS:
        raise OptionError(f"difficult={options.difficult!r}: choose one of {', '.join(DIFFICULT_MEANS)}")
    root, year = _find_year(path, options.year)
    names = _lists(root, year, options.lists)
    vocabulary = _vocabulary(path, options.vocabulary)
    pictures = root.inside("JPEGImages")
    if not options.labels_only and not pictures.exists():
        raise DataError(
            f"{root.describe('JPEGImages')}: no such folder of pictures; pass labels_only=true to do without them"
        )
    collector = AnnotationCollector(vocabulary, str(path), pictures, keep_missing=options.labels_only)
    for name in names:
        _read_list(root, name, collector, options.difficult)
    return collector.build()


def _find_year(path: Path, wanted: int) -> tuple[Container, int]:
    """Return the folder with JPEGImages, Annotations and ImageSets, and its year; 0 when its name says none."""
    container = open_data_set(path, ("VOC*.tar",), lambda folder: _is_year(folder) or bool(_years(folder)))
    if _is_year(container):
        named = re.fullmatch(r"VOC(\d{4})", path.resolve().name)
        year = int(named[1]) if named else 0
        if wanted and year and wanted != year:
            raise DataError(f"{path}: holds VOC{year}, not VOC{wanted}")
        return container, year or wanted
    found = _years(container)
    there = ", ".join(f"VOC{year}" for year in found)
    if not found or (wanted and wanted not in found):
        sought = f"VOC{wanted}" if wanted else "VOCdevkit/VOC2007"
        advice = f"it holds {there}" if found else "give the folder VOCdevkit or VOC2007, or an official tar archive"
        raise DataError(f"{path}: holds no {sought}/{LISTS}; {advice}")
    if not wanted and len(found) > 1:
        raise DataError(f"{path}: holds {there}; choose one with year=")
    year = wanted or next(iter(found))
    return found[year], year


def _is_year(container: Container) -> bool:
    return container.inside(LISTS).exists()


def _years(container: Container) -> dict[int, Container]:
    """Return the folder of each year that is there."""
    found: dict[int, Container] = {}
    for year in YEARS:
        # The archive of 2011 has one more folder around it.
        for folder in (f"VOC{year}", f"VOCdevkit/VOC{year}", f"TrainVal/VOCdevkit/VOC{year}"):
            if year not in found and _is_year(container.inside(folder)):
                found[year] = container.inside(folder)
    return found


def _vocabulary(path: Path, file: str) -> Vocabulary:
    if not file:
        return Vocabulary(CLASSES)
    return read_vocabulary((path if path.is_dir() else path.parent) / Path(file).expanduser())


def _lists(root: Container, year: int, asked: str) -> list[str]:
    """Return the names of the lists to read.

    The labels of the test pictures are published for 2007 only: the test archives of later years hold annotations, but
    of a few persons and of nothing else.
    """
    withheld = year > YEARS[0]
    if asked:
        names = list(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))
        missing = [name for name in names if not re.fullmatch(r"[\w.-]+", name) or not root.has(list_file(name))]
        if missing:
            raise OptionError(f"lists={asked!r}: there is no {root.describe(list_file(missing[0]))}")
        if "trainval" in names and {"train", "val"} & set(names):
            raise OptionError(f"lists={asked!r}: trainval holds the pictures of train and val; give it or them")
        if withheld and "test" in names:
            raise OptionError(f"lists={asked!r}: the labels of the test pictures of VOC{year} are not published")
        return names
    there = [name for name in SPLITS if root.has(list_file(name)) and not (withheld and name == "test")]
    chosen = [name for name in there if name not in ("train", "val")] if "trainval" in there else there
    if not chosen:
        raise DataError(f"{root.describe(LISTS)}: holds none of {', '.join(f'{name}.txt' for name in SPLITS)}")
    return chosen


def _read_list(root: Container, name: str, collector: AnnotationCollector, difficult: str) -> None:
    """Take the pictures of a list, with their labels from its class files when all are there, else from XML."""
    pictures = list(read_lines(root, list_file(name)))
    vocabulary, split = collector.vocabulary, SPLITS.get(name, name)
    if difficult == "positive_in_training":
        difficult = "unknown" if split == "test" else "positive"
    classes = {label: list_file(f"{label}_{name}") for label in vocabulary}
    names = [picture for _, picture in pictures]
    if all(map(root.has, classes.values())):
        labels = from_class_files(root, classes, names, collector.problems)
    else:
        labels = from_annotations(root, names, vocabulary, collector.problems)
    for line, picture in pictures:
        if picture not in labels:
            continue
        found = labels[picture]
        present = found.listed if difficult == "positive" else found.present
        unknown = [*found.unmarked, *found.difficult] if difficult == "unknown" else found.unmarked
        collector.add(
            _picture_file(root, picture),
            present,
            where=f"{name}.txt, line {line}",
            unknown=[vocabulary.index(label) for label in unknown],
            split=split,
        )


def _picture_file(root: Container, picture: str) -> str:
    """Return the file name of a picture; VOC's own are all ``.jpg``."""
    try:
        location = picture_location(picture)
    except ValueError:
        return picture  # for the collector to refuse
    suffixes = (suffix for suffix in PICTURE_SUFFIXES if root.has(f"JPEGImages/{location}{suffix}"))
    return location + next(suffixes, PICTURE_SUFFIXES[0])


FORMAT = DataFormat(Options, read)
