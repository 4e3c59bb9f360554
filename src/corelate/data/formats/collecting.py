"""The work that all label files share: checking names and labels, noting problems, building the annotation set."""

from __future__ import annotations

import posixpath
import re
import reprlib
from array import array
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.containers import Container, composed
from corelate.data.formats.label_numbers import FoundLabels, label_matrix
from corelate.data.problems import Problems
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import DataError

MISSING_IMAGE = "missing image: picture left out"
REPEATED_PICTURE = "picture listed more than once: first kept"
BAD_PICTURE_NAME = "picture name can't be used: picture left out"
UNKNOWN_LABEL = "label not in the vocabulary: label dropped"
BAD_LABEL = "label is not text: label dropped"
UNUSABLE_LABEL = "label can't be used (control characters, or space around it): label dropped"
PRESENT_AND_UNKNOWN = "label both present and unknown: taken as present"
BAD_DIVISION_NAME = "name of the split or group can't be used: picture left out"

MAX_DIVISION_NAME = 200  # characters
# What file systems take; composing the accents of endless names would take the square of their length.
LONGEST_PATH = 4096
# In an array of text every picture takes as much as the longest name; longer ones are kept once, as Python text.
_ARRAY_NAME = 32

# Cells of all pictures together; each takes some ten bytes while the set is built.
MAX_UNKNOWN_CELLS = 1 << 29

# Names that are their own location: no empty part, none that begins with a dot, nothing to be stripped or turned.
PLAIN_NAME = re.compile(r"[\w-](?:[\w. -]*[\w.-])?(?:/[\w-](?:[\w. -]*[\w.-])?)*", re.ASCII)

_NOTHING: frozenset[int] = frozenset()
_SHOWN_CHARACTERS = 80
_DRIVE = re.compile(r"[A-Za-z]:")


class AnnotationCollector:
    """Takes pictures with label names one by one, and makes an `AnnotationSet` of what can be used.

    Args:
        vocabulary: The labels that become columns; None: all labels that are met, sorted, also those of pictures that
            are left out, so that the vocabulary does not depend on which files are there.
        source: The data set in words, for messages and provenance.
        pictures: Where the pictures lie.
        keep_missing: Keep pictures whose files are not there; only their labels can be used then.
        strip_labels: Take white space around labels away, and pass over those of nothing else.
        locate: Turns a picture's name into its location, or raises a ValueError that says why it can't.
    """

    def __init__(
        self,
        vocabulary: Vocabulary | None,
        source: str,
        pictures: Container,
        *,
        keep_missing: bool = False,
        strip_labels: bool = False,
        locate: Callable[[str], str] | None = None,
    ) -> None:
        self.source = source
        self.problems = Problems(source)
        self._vocabulary = vocabulary
        self._container = pictures
        self._keep_missing = keep_missing
        self._strip_labels = strip_labels
        self._locate = locate or picture_location
        self._numbers = FoundLabels() if vocabulary is None else {label: i for i, label in enumerate(vocabulary)}
        self._seen: set[str] = set()
        self._locations: list[str] = []
        self._present = array("i")
        self._ends = array("q", [0])
        self._unknown: list[Sequence[int] | frozenset[int]] = []
        self._unknown_cells = 0
        self._division_names: dict[str, str] = {"": ""}
        self._splits: list[str | None] = []
        self._groups: list[str | None] = []

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels that become columns: those that are given, or those met so far.

        Raises:
            VocabularyError: None was given, and no label was met.
        """
        return Vocabulary(sorted(self._numbers)) if self._vocabulary is None else self._vocabulary

    @property
    def label_count(self) -> int:
        """How many labels there are: in the vocabulary, or met so far."""
        return len(self._numbers)

    def __len__(self) -> int:
        """Return how many pictures were taken."""
        return len(self._locations)

    def add(
        self,
        name: str,
        labels: Iterable[object],
        *,
        where: str,
        unknown: Iterable[int] = _NOTHING,
        unknown_labels: Iterable[object] = (),
        split: str | None = None,
        group: str | None = None,
    ) -> bool:
        """Take one picture, or note why it can't be used.

        Args:
            name: Its path below the folder of the pictures.
            labels: The names of its labels, in the order of its list; those that are not in the vocabulary are dropped
                and noted.
            where: The place in the label file, e.g. ``"line 12"``.
            unknown: Columns of the labels of which it is not known whether the picture has them; a frozenset that many
                pictures share is kept once. Only with a vocabulary that is given.
            unknown_labels: The names of such labels. One that is also in `labels` is present, and noted.
            split: The split that the label file gives it.
            group: What must stay on one side of every split.

        Returns:
            Whether it was taken.
        """
        labels = list(labels)
        location = self._accepted_location(name, where)
        if location is None or not self._accepts_divisions(split, group, where):
            if self._vocabulary is None:
                self._learn([*labels, *unknown_labels])
            return False
        present = self._columns(labels, where, location)
        if unknown_labels:
            unknown = self._unknown_columns(list(unknown_labels), present, unknown, where, location)
        self._locations.append(location)
        self._present.extend(present)
        self._ends.append(len(self._present))
        self._add_unknown(unknown)
        self._splits.append(split and self._division_names[split])
        self._groups.append(group and self._division_names[group])
        return True

    def build(self, targets: TargetMatrix | None = None) -> AnnotationSet:
        """Return the set of all pictures taken.

        Args:
            targets: Their labels, if they were not given picture by picture.

        Raises:
            VocabularyError: No vocabulary was given, and no label was met.
        """
        vocabulary = self.vocabulary
        return AnnotationSet(
            pictures=self._container.references(self._locations),
            vocabulary=vocabulary,
            targets=self._targets(vocabulary) if targets is None else targets,
            splits=_column_of(self._splits),
            groups=_column_of(self._groups),
            source=self.source,
            problems=self.problems,
        )

    def _accepted_location(self, name: str, where: str) -> str | None:
        try:
            location = self._locate(name)
        except ValueError as error:
            self.problems.add(BAD_PICTURE_NAME, f"{shown(name)} {error}", where)
            return None
        # Files are found whether accents are composed or not: both spellings are one picture.
        spelling = composed(location)
        if spelling in self._seen:
            self.problems.add(REPEATED_PICTURE, shown(location), where)
            return None
        self._seen.add(spelling)
        if not self._keep_missing and not self._container.has(location):
            self.problems.add(MISSING_IMAGE, shown(location), where)
            return None
        return location

    def _accepts_divisions(self, split: str | None, group: str | None, where: str) -> bool:
        for name in (split, group):
            if not name or name in self._division_names:
                continue
            if len(name) > MAX_DIVISION_NAME or not is_label(name.strip()):
                self.problems.add(BAD_DIVISION_NAME, shown(name), where)
                return False
            self._division_names[name] = name
        return True

    def _columns(self, labels: list[object], where: str, location: str) -> list[int]:
        numbers = self._numbers
        try:
            return list(map(numbers.__getitem__, labels))  # type: ignore[arg-type]
        except (KeyError, TypeError):
            return self._known_columns(labels, f"{where}, {shown(location)}")

    def _known_columns(self, labels: list[object], where: str) -> list[int]:
        """Return the columns of those labels that have one, and note the others."""
        columns = []
        for label in labels:
            if not isinstance(label, str):
                self.problems.add(BAD_LABEL, shown(label), where)
                continue
            name = self._name_of(label)
            try:
                columns.append(self._numbers[name])
            except KeyError:
                if name or not self._strip_labels:
                    self.problems.add(UNUSABLE_LABEL if self._vocabulary is None else UNKNOWN_LABEL, shown(name), where)
        return columns

    def _unknown_columns(
        self, labels: list[object], present: list[int], unknown: Iterable[int], where: str, location: str
    ) -> list[int]:
        columns = self._columns(labels, where, location)
        both = set(columns).intersection(present)
        if both:
            for name in dict.fromkeys(self._name_of(label) for label in labels if isinstance(label, str)):
                if self._numbers.get(name) in both:
                    self.problems.add(PRESENT_AND_UNKNOWN, shown(name), f"{where}, {shown(location)}")
        return [*columns, *unknown]

    def _add_unknown(self, columns: Iterable[int]) -> None:
        if not isinstance(columns, frozenset):
            # An array takes four bytes for each number, and empty sets are one and the same.
            columns = array("i", columns) or _NOTHING
        self._unknown.append(columns)
        if columns:
            self._unknown_cells += len(columns)
            refuse_too_many_unknown(self._unknown_cells, self.source)

    def _learn(self, labels: list[object]) -> None:
        """Meet the labels of a picture that is left out."""
        for label in labels:
            if isinstance(label, str) and is_label(name := self._name_of(label)):
                self._numbers[name]

    def _name_of(self, label: str) -> str:
        return label.strip() if self._strip_labels else label

    def _targets(self, vocabulary: Vocabulary) -> TargetMatrix:
        numbers, ends = np.array(self._present, dtype=np.int32), np.array(self._ends, dtype=np.int64)
        if self._vocabulary is not None:
            return label_matrix(numbers, ends, len(vocabulary), self._unknown)
        # Labels were numbered as they were met.
        columns = np.array([vocabulary.index(label) for label in self._numbers], dtype=np.int32)
        return label_matrix(numbers, ends, len(vocabulary), self._unknown, columns)


def picture_location(name: str) -> str:
    """Return a picture's path below its folder in one spelling: forward slashes, no ``.`` and no ``..``.

    Raises:
        ValueError: The path is empty, longer than `LONGEST_PATH`, absolute, leaves the folder, or holds control
            characters; the message says which, so that it can follow the name.
    """
    if len(name) > LONGEST_PATH:
        raise ValueError(f"is longer than {LONGEST_PATH} characters")
    if PLAIN_NAME.fullmatch(name):
        return name
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


def refuse_too_many_unknown(cells: int, source: str) -> None:
    """Refuse a set in which so many cells are unknown that they would not fit into memory.

    Raises:
        DataError: There are more than `MAX_UNKNOWN_CELLS`.
    """
    if cells > MAX_UNKNOWN_CELLS:
        raise DataError(
            f"{source}: more than {MAX_UNKNOWN_CELLS:,} times it is unknown whether a picture has a label, and each "
            "takes memory; give a vocabulary of fewer labels, or 0 in place of nothing where a label is absent"
        )


def shown(value: object) -> str:
    """Return a value from a stranger's file in a form that is safe and short enough for a message."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[: _SHOWN_CHARACTERS - 1] + "…"
    return text if text.isprintable() and text and text == text.strip() else ascii(text)


def _column_of(values: list[str | None]) -> np.ndarray | None:
    if all(value is None for value in values):
        return None
    names = [value or "" for value in values]
    return np.array(names, dtype=object if max(map(len, names)) > _ARRAY_NAME else np.str_)
