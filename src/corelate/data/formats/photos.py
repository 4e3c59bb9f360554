"""Photos that carry their keywords: embedded in the pictures, or in XMP files beside them.

Nothing but the pictures says which pictures there are, and nothing but their keywords which labels. Keywords are read
from the beginnings of the files; no pixel is decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.collecting import shown
from corelate.data.formats.photo_files import Photo, find_photos
from corelate.data.formats.photo_labels import ALL_LEVELS, LEVELS, LabelRules, most_frequent_spellings
from corelate.data.formats.photo_opening import OPENING_ERRORS, PartialReader
from corelate.data.metadata.found_keywords import FoundKeywords
from corelate.data.metadata.reading import Sources, read_embedded, read_sidecar
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError
from corelate.options import option

DAMAGED_METADATA = "metadata can't be read, or not all of them: labels that were not found are unknown"
BAD_KEYWORD = "keyword is too long or holds control characters: left out"

SOURCES = {
    "embedded": {"xmp", "iptc"},
    "xmp": {"xmp"},
    "iptc": {"iptc"},
    "sidecar": {"sidecar"},
}
FOLDERS = ("none", "last", "all")
SPELLINGS = ("keep", "fold")
UNLABELLED = ("skip", "unknown", "keep")
ABSENT = ("absent", "unknown")
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    keywords: str = option("embedded,sidecar", "Where keywords are read: embedded (or xmp, iptc alone), sidecar.")
    levels: str = option(ALL_LEVELS, "What of Places|Italy|Rome becomes labels: all levels, the leaf, or the path.")
    folders: str = option("none", "Names of folders that are labels too: none, the last, or all of them.")
    ignore: str = option(
        "_Digikam_Internal_Tags_/,darktable/", "Labels to leave out, by commas; with / at the end all below them too."
    )
    separator: str = option("", "What stands between keywords that were written as one, such as a comma.")
    case: str = option("keep", "Labels that differ in case alone: keep them apart, or fold them into one.")
    unlabelled: str = option("skip", "Pictures without any label: skip, unknown (all labels), or keep (none present).")
    absent: str = option("absent", "What a label that a picture does not carry counts as: absent or unknown.")
    split_folders: bool = option(False, "Take the splits from top folders called train, val and test.")


@dataclass(frozen=True)
class _LabelledPhoto:
    photo: Photo
    labels: list[str]
    split: str
    is_whole: bool


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder tree, or an archive, of photos with keywords.

    Raises:
        OptionError: An option has a value that is not allowed.
        DataError: There are no photos, or none carries a keyword.
    """
    _check(options)
    problems = Problems(str(path))
    photos = find_photos(path, problems)
    if not photos:
        raise DataError(f"{path}: holds no pictures\n{problems.report()}".strip())
    labelled = _labelled(photos, options, problems)
    if options.split_folders and not any(photo.split for photo in labelled):
        raise DataError(f"{path}: split_folders needs folders called train, val or test at its top")
    kept = [photo for photo in labelled if photo.labels] if options.unlabelled == "skip" else labelled
    vocabulary = _vocabulary(path, kept, problems)
    source = str(path)
    if len(kept) < len(labelled):
        source += f" ({len(labelled) - len(kept)} of {len(labelled)} pictures carry no keyword and are left out)"
    return AnnotationSet(
        pictures=[photo.photo.reference for photo in kept],
        vocabulary=vocabulary,
        targets=_targets(kept, vocabulary, options),
        splits=np.array([photo.split for photo in kept], dtype=np.str_) if options.split_folders else None,
        source=source,
        problems=problems,
    )


def _check(options: Options) -> None:
    allowed = {"levels": LEVELS, "folders": FOLDERS, "case": SPELLINGS, "unlabelled": UNLABELLED, "absent": ABSENT}
    for name, choices in allowed.items():
        if getattr(options, name) not in choices:
            raise OptionError(f"{name}={getattr(options, name)!r}: choose one of {', '.join(choices)}")


def _sources(text: str) -> Sources:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in SOURCES]
    if unknown or not names:
        raise OptionError(f"keywords={text!r}: choose from {', '.join(SOURCES)}, divided by commas")
    chosen = set().union(*(SOURCES[name] for name in names))
    return Sources("xmp" in chosen, "iptc" in chosen, "sidecar" in chosen)


def _labelled(photos: Iterable[Photo], options: Options, problems: Problems) -> list[_LabelledPhoto]:
    """Read the keywords of all photos, and return their labels."""
    sources, rules = _sources(options.keywords), LabelRules.of(options.levels, options.ignore)
    labelled = []
    with PartialReader() as reader:
        for photo in photos:
            found = FoundKeywords(separator=options.separator)
            _read_photo(reader, photo, sources, found, problems)
            folders, split = list(photo.folders), ""
            if options.split_folders and folders and folders[0].lower() in SPLITS:
                split = SPLITS[folders.pop(0).lower()]
            counting = {"none": [], "last": folders[-1:], "all": folders}[options.folders]
            labelled.append(_LabelledPhoto(photo, rules.labels_of(found, counting), split, not found.damages))
    return _folded(labelled) if options.case == "fold" else labelled


def _folded(photos: list[_LabelledPhoto]) -> list[_LabelledPhoto]:
    """Return the photos with one spelling for labels that differ in case alone."""
    spellings = most_frequent_spellings(photo.labels for photo in photos)
    return [replace(photo, labels=list(dict.fromkeys(spellings[label] for label in photo.labels))) for photo in photos]


def _read_photo(
    reader: PartialReader, photo: Photo, sources: Sources, found: FoundKeywords, problems: Problems
) -> None:
    if sources.xmp or sources.iptc:
        _read_file(reader, photo.reference, partial(read_embedded, sources=sources), found, problems)
    for sidecar in photo.sidecars if sources.sidecar else ():
        _read_file(reader, sidecar, read_sidecar, found, problems)


def _read_file(
    reader: PartialReader,
    reference: ImageReference,
    take: Callable[[IO[bytes], FoundKeywords], None],
    found: FoundKeywords,
    problems: Problems,
) -> None:
    """Take the keywords of one file, and note what could not be read or used of it."""
    damages, unusable = len(found.damages), len(found.unusable)
    try:
        with reader.open(reference) as file:
            take(file, found)
    except OPENING_ERRORS as error:
        found.damages.append(getattr(error, "strerror", None) or str(error))
    for damage in found.damages[damages:]:
        problems.add(DAMAGED_METADATA, shown(reference.name), damage)
    for keyword in found.unusable[unusable:]:
        problems.add(BAD_KEYWORD, shown(keyword), shown(reference.name))


def _vocabulary(path: Path, photos: list[_LabelledPhoto], problems: Problems) -> Vocabulary:
    labels = sorted({label for photo in photos for label in photo.labels})
    if labels:
        return Vocabulary(labels)
    raise DataError(
        f"{path}: none of its pictures carries a keyword, in the picture or in an XMP file beside it; "
        f"pass folders=last to take the names of their folders for labels\n{problems.report()}".strip()
    )


def _targets(photos: list[_LabelledPhoto], vocabulary: Vocabulary, options: Options) -> TargetMatrix:
    """Return which labels each picture has.

    A keyword may stand in what could not be read of a picture, so that its other labels are unknown.
    """
    every, none = frozenset(range(len(vocabulary))), frozenset[int]()
    present = [tuple(map(vocabulary.index, photo.labels)) for photo in photos]
    unknown = [
        every
        if options.absent == "unknown" or not photo.is_whole or (options.unlabelled == "unknown" and not photo.labels)
        else none
        for photo in photos
    ]
    return TargetMatrix.from_rows(present, len(vocabulary), unknown)


FORMAT = DataFormat(Options, read)
