"""The work that all label files share: checking names and labels, noting problems, building the annotation set."""

from __future__ import annotations

import posixpath
import re
import reprlib
from collections.abc import Iterable

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.containers import Container
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary, is_label

MISSING_IMAGE = "missing image: picture left out"
REPEATED_PICTURE = "picture listed more than once: first kept"
BAD_PICTURE_NAME = "picture name can't be used: picture left out"
UNKNOWN_LABEL = "label not in the vocabulary: label dropped"
BAD_LABEL = "label is not text: label dropped"

_SHOWN_CHARACTERS = 80
_DRIVE = re.compile(r"[A-Za-z]:")


class AnnotationCollector:
    """Takes pictures with label names one by one, and makes an `AnnotationSet` of what can be used.

    Args:
        vocabulary: The labels that become columns.
        source: The data set in words, for messages and provenance.
        pictures: Where the pictures lie.
        keep_missing: Keep pictures whose files are not there; only their labels can be used then.
    """

    def __init__(self, vocabulary: Vocabulary, source: str, pictures: Container, *, keep_missing: bool = False) -> None:
        self.vocabulary = vocabulary
        self.source = source
        self.problems = Problems(source)
        self._container = pictures
        self._keep_missing = keep_missing
        self._seen: set[str] = set()
        self._pictures: list[ImageReference] = []
        self._present: list[tuple[int, ...]] = []
        self._unknown: list[frozenset[int]] = []
        self._splits: list[str | None] = []
        self._groups: list[str | None] = []

    def add(
        self,
        name: str,
        labels: Iterable[object],
        *,
        where: str,
        unknown: Iterable[int] = (),
        split: str | None = None,
        group: str | None = None,
    ) -> None:
        """Take one picture, or note why it can't be used.

        Args:
            name: Its path below the folder of the pictures.
            labels: The names of its labels, in the order of its list; those that are not in the vocabulary are dropped
                and noted.
            where: The place in the label file, e.g. ``"line 12"``.
            unknown: Columns of the labels of which it is not known whether the picture has them; a frozenset that many
                pictures share is kept once.
            split: The split that the label file gives it.
            group: What must stay on one side of every split.
        """
        location = self._accepted_location(name, where)
        if location is None:
            return
        self._pictures.append(self._container.reference(location))
        self._present.append(self._columns(labels, f"{where}, {shown(location)}"))
        self._unknown.append(frozenset(unknown))
        self._splits.append(split)
        self._groups.append(group)

    def build(self) -> AnnotationSet:
        """Return the set of all pictures taken."""
        return AnnotationSet(
            pictures=self._pictures,
            vocabulary=self.vocabulary,
            targets=TargetMatrix.from_rows(self._present, len(self.vocabulary), self._unknown),
            splits=_column_of(self._splits),
            groups=_column_of(self._groups),
            source=self.source,
            problems=self.problems,
        )

    def _accepted_location(self, name: str, where: str) -> str | None:
        try:
            location = picture_location(name)
        except ValueError as error:
            self.problems.add(BAD_PICTURE_NAME, f"{shown(name)} {error}", where)
            return None
        if location in self._seen:
            self.problems.add(REPEATED_PICTURE, shown(location), where)
            return None
        self._seen.add(location)
        if not self._keep_missing and not self._container.has(location):
            self.problems.add(MISSING_IMAGE, shown(location), where)
            return None
        return location

    def _columns(self, labels: Iterable[object], where: str) -> tuple[int, ...]:
        columns = []
        for label in labels:
            if not isinstance(label, str):
                self.problems.add(BAD_LABEL, shown(label), where)
            elif label not in self.vocabulary:
                self.problems.add(UNKNOWN_LABEL, shown(label), where)
            else:
                columns.append(self.vocabulary.index(label))
        return tuple(dict.fromkeys(columns))


def picture_location(name: str) -> str:
    """Return a picture's path below its folder in one spelling: forward slashes, no ``.`` and no ``..``.

    Raises:
        ValueError: The path is empty, absolute, leaves the folder, or holds control characters; the message says
            which, so that it can follow the name.
    """
    path = name.strip().replace("\\", "/")
    if not path:
        raise ValueError("is empty")
    if not is_label(path):
        raise ValueError("holds control characters")
    if path.startswith("/") or _DRIVE.match(path):
        raise ValueError("is an absolute path")
    location = posixpath.normpath(path)
    if location in (".", "..") or location.startswith("../"):
        raise ValueError("leaves the folder of the pictures")
    return location


def shown(value: object) -> str:
    """Return a value from a stranger's file in a form that is safe and short enough for a message."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[: _SHOWN_CHARACTERS - 1] + "…"
    return text if text.isprintable() and text and text == text.strip() else ascii(text)


def _column_of(values: list[str | None]) -> np.ndarray | None:
    if all(value is None for value in values):
        return None
    return np.array([value or "" for value in values], dtype=np.str_)
