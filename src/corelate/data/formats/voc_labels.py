"""The labels of a list of PASCAL VOC's pictures, from its class files or from the annotations of the pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from corelate.data.formats.collecting import picture_location, shown
from corelate.data.formats.containers import Container
from corelate.data.formats.text import decode_text
from corelate.data.formats.voc_xml import MAX_XML_BYTES, read_objects
from corelate.data.problems import Problems
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError

BAD_LINE = "line of a class file is not a picture and 1, -1 or 0: line left out"
UNLISTED = "picture of a class file is not in its list: line left out"
REPEATED_LINE = "picture marked more than once in a class file: first mark kept"
UNMARKED = "picture is missing in a class file: label unknown"
NO_ANNOTATION = "no annotation file: picture left out"
BAD_ANNOTATION = "annotation file can't be used: picture left out"

LISTS = "ImageSets/Main"
PRESENT, DIFFICULT, ABSENT = "1", "0", "-1"


@dataclass
class Labels:
    """The labels of one picture.

    Attributes:
        present: Labels of objects that are not difficult to recognise.
        difficult: Labels all of whose objects are difficult.
        listed: Both kinds together, in the order in which the source has them.
        unmarked: Labels of which the source says nothing.
    """

    present: list[str] = field(default_factory=list)
    difficult: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)


def list_file(name: str) -> str:
    """Return where a list, or a class file such as ``dog_train``, lies in a year's folder."""
    return f"{LISTS}/{name}.txt"


def read_lines(root: Container, file: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is not blank.

    Raises:
        DataError: The file can't be read or is not UTF-8.
    """
    for number, line in enumerate(decode_text(root.read(file), root.describe(file)).split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def from_class_files(
    root: Container, files: Mapping[str, str], pictures: Iterable[str], problems: Problems
) -> dict[str, Labels]:
    """Return the labels of each picture as the class files mark them.

    Args:
        root: The folder of the year.
        files: The class file of each label.
        pictures: The pictures of the list.
        problems: Receives what is wrong with single lines.

    Raises:
        DataError: A file can't be read.
    """
    labels = {picture: Labels() for picture in pictures}
    for label, file in files.items():
        marks = _read_marks(root, file, labels, problems)
        for picture, found in labels.items():
            mark = marks.get(picture)
            if mark is None:
                problems.add(UNMARKED, shown(picture), file)
                found.unmarked.append(label)
            elif mark != ABSENT:
                (found.present if mark == PRESENT else found.difficult).append(label)
                found.listed.append(label)
    return labels


def _read_marks(root: Container, file: str, listed: Mapping[str, Labels], problems: Problems) -> dict[str, str]:
    marks: dict[str, str] = {}
    for number, line in read_lines(root, file):
        picture, _, mark = (part.strip() for part in line.replace("\t", " ").rpartition(" "))
        if mark not in (PRESENT, DIFFICULT, ABSENT) or not picture:
            problems.add(BAD_LINE, shown(line), f"{file}, line {number}")
        elif picture not in listed:
            problems.add(UNLISTED, shown(picture), f"{file}, line {number}")
        elif picture in marks:
            problems.add(REPEATED_LINE, shown(picture), f"{file}, line {number}")
        else:
            marks[picture] = mark
    return marks


def from_annotations(
    root: Container, pictures: Iterable[str], vocabulary: Vocabulary, problems: Problems
) -> dict[str, Labels]:
    """Return the labels of the pictures as the objects in their annotation files say it.

    Pictures whose file is missing or can't be used are noted and left out. Names that the vocabulary lacks are among
    the present labels, to be noted with the picture.

    Raises:
        DataError: There is no annotation at all, or no object has a label of the vocabulary.
    """
    folder = root.inside("Annotations")
    if not folder.exists():
        raise DataError(f"{root.describe('Annotations')}: no such folder, and {LISTS} lacks class files of some labels")
    labels: dict[str, Labels] = {}
    names: set[str] = set()
    for picture in pictures:
        found = _read_annotation(folder, picture, problems)
        if found is not None:
            names.update(found.present, found.difficult)
            strange = [name for name in found.difficult if name not in vocabulary]
            found.difficult = [name for name in found.difficult if name in vocabulary]
            found.present += strange
            labels[picture] = found
    if names and not any(name in vocabulary for name in names):
        raise DataError(
            f"{root.describe('Annotations')}: no object has one of the {len(vocabulary)} labels; the first names are "
            f"{', '.join(map(shown, sorted(names)[:5]))}; list your own labels in a file and pass vocabulary=FILE"
        )
    return labels


def _read_annotation(folder: Container, picture: str, problems: Problems) -> Labels | None:
    try:
        file = f"{picture_location(picture)}.xml"
    except ValueError:
        return Labels()  # the name is refused with the picture
    where = f"Annotations/{file}"
    if not folder.has(file):
        problems.add(NO_ANNOTATION, shown(picture), where)
        return None
    try:
        objects = read_objects(folder.read(file, MAX_XML_BYTES), where)
    except DataError as error:
        problems.add(BAD_ANNOTATION, str(error))
        return None
    present = dict.fromkeys(item.name for item in objects if not item.difficult)
    difficult = dict.fromkeys(item.name for item in objects if item.difficult and item.name not in present)
    return Labels(list(present), list(difficult), list(dict.fromkeys(item.name for item in objects)))
