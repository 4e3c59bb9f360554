"""One instances file of MS-COCO: which categories the objects of each picture have.

The boxes and outlines are most of the file and no part of a label; they are passed over while reading. Beyond the
official form a picture may have ``unknown_category_ids`` (categories of which it is not known whether it has them),
``group`` and ``split``, and ``info`` may have ``picture_folder``; corelate writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from corelate.data.formats.collecting import REPEATED_PICTURE, picture_location, shown
from corelate.data.formats.containers import Container
from corelate.data.formats.json_stream import JsonStream
from corelate.data.formats.text import json_type
from corelate.data.problems import Problems
from corelate.errors import DataError

BAD_IMAGE = "image is not as expected: picture left out"
AMBIGUOUS_ID = "picture id given to different files: pictures left out"
BAD_ANNOTATION = "annotation is not as expected: annotation left out"
UNKNOWN_IMAGE = "annotation of a picture that is not listed: annotation left out"
UNKNOWN_CATEGORY = "annotation of a category that is not listed: annotation left out"

UNKNOWN_OPEN_CATEGORY = "unknown_category_ids names a category that is not listed: id left out"

LISTS = ("images", "annotations", "categories")
HERE = "."

_ID = "a whole number or text"
_EXTRA_KEYS = frozenset({"unknown_category_ids", "split", "group"})

# Numbers in MS-COCO's own files; others that use its form also have text.
Id = int | str


class ImageExtras(NamedTuple):
    """What a picture's entry says beyond the official form.

    Attributes:
        unknown: Ids of the categories of which it is not known whether the picture has them.
        says_split: Whether there is anything about the split.
        split: The split; None for none.
        group: What must not be divided; None for nothing.
    """

    unknown: tuple[Id, ...] = ()
    says_split: bool = False
    split: str | None = None
    group: str | None = None


class Picture(NamedTuple):
    """A picture of the file with the names of its labels and the place of its entry."""

    file_name: str
    labels: list[str]
    unknown: list[str]
    extras: ImageExtras
    where: str


@dataclass
class InstancesFile:
    """What an instances file says about labels.

    Attributes:
        name: The file in short, for the places of problems.
        images: For each picture id the file name and the position in the list of images.
        categories: The name of each category, by id, ascending.
        marks: For each picture id the ids of its categories, with the position of the first annotation that says so.
        extras: What the entries of some pictures say beyond the official form, by picture id.
        picture_folder: Folder of the pictures below that of the data set, if the file names it.
    """

    name: str
    images: dict[Id, tuple[str, int]] = field(default_factory=dict)
    categories: dict[Id, str] = field(default_factory=dict)
    marks: dict[Id, dict[Id, int]] = field(default_factory=dict)
    extras: dict[Id, ImageExtras] = field(default_factory=dict)
    picture_folder: str | None = None

    def pictures(self, problems: Problems) -> Iterator[Picture]:
        """Yield the pictures in the order of the file."""
        nothing = ImageExtras()
        for identity, (file_name, position) in self.images.items():
            where = f"{self.name}, image {position}"
            labels = self._labels(self.marks.get(identity, {}), problems)
            extras = self.extras.get(identity, nothing)
            yield Picture(file_name, labels, self._unknown(extras, where, problems), extras, where)
        for identity, categories in self.marks.items():
            if identity not in self.images:
                position = min(categories.values())
                problems.add(UNKNOWN_IMAGE, f"picture id {shown(identity)}", f"{self.name}, annotation {position}")

    def _labels(self, categories: dict[Id, int], problems: Problems) -> list[str]:
        for category, position in categories.items():
            if category not in self.categories:
                problems.add(UNKNOWN_CATEGORY, f"category id {shown(category)}", f"{self.name}, annotation {position}")
        return [self.categories[category] for category in categories if category in self.categories]

    def _unknown(self, extras: ImageExtras, where: str, problems: Problems) -> list[str]:
        for category in extras.unknown:
            if category not in self.categories:
                problems.add(UNKNOWN_OPEN_CATEGORY, f"category id {shown(category)}", where)
        return [self.categories[category] for category in extras.unknown if category in self.categories]


def read_instances(container: Container, location: str, crowd: bool, problems: Problems) -> InstancesFile:
    """Read an instances file, piece by piece.

    Args:
        container: Where it lies.
        location: Its place there.
        crowd: Whether regions marked as a crowd give their picture the label.
        problems: Receives what is wrong with single pictures and annotations.

    Raises:
        DataError: The file can't be read, is another kind of file, or its categories are not as expected.
    """
    taking = _Taking(container.describe(location), location.rpartition("/")[2], crowd, problems)
    with container.open(location) as file:
        stream = JsonStream(file, taking.where, _kind_of_list)
        for key, position, value in stream:
            if position and key == "annotations":
                taking.annotation(position, value)
            elif position and key == "images":
                taking.image(position, value)
            elif position and key == "categories":
                taking.categories.append(value)
            elif key == "info":
                taking.info(value)
    _check_kinds(stream.kinds, taking.where)
    return taking.result()


class _Taking:
    """Takes the elements of a file one by one, in any order."""

    def __init__(self, where: str, name: str, crowd: bool, problems: Problems) -> None:
        self.where = where
        self.categories: list[Any] = []
        self._content = InstancesFile(name)
        self._crowd = crowd
        self._problems = problems
        self._ambiguous: set[Id] = set()

    def info(self, value: Any) -> None:
        place = value.get("picture_folder") if isinstance(value, dict) else None
        if place is None:
            return
        try:
            self._content.picture_folder = place if place == HERE else picture_location(place)
        except (AttributeError, TypeError, ValueError):
            raise DataError(
                f"{self.where}: 'picture_folder' of 'info' must be a folder below that of the data set, "
                f"found {shown(place)}"
            ) from None

    def image(self, position: int, value: Any) -> None:
        where = f"{self._content.name}, image {position}"
        reason = _wrong_field(value, {"id": _ID, "file_name": "text"}) or _wrong_extra(value)
        if reason:
            self._problems.add(BAD_IMAGE, reason, where)
            return
        identity, file_name = value["id"], value["file_name"]
        known = self._content.images.setdefault(identity, (file_name, position))
        if known == (file_name, position):
            if not _EXTRA_KEYS.isdisjoint(value):
                self._content.extras[identity] = _extras(value)
            return
        if known[0] == file_name:
            self._problems.add(REPEATED_PICTURE, shown(file_name), where)
        else:
            self._ambiguous.add(identity)
            both = f"{shown(known[0])} and {shown(file_name)}"
            self._problems.add(AMBIGUOUS_ID, f"picture id {shown(identity)} of {both}", where)

    def annotation(self, position: int, value: Any) -> None:
        try:
            image, category, is_crowd = value["image_id"], value["category_id"], value.get("iscrowd", 0)
            usable = type(image) in (int, str) and type(category) in (int, str) and is_crowd in (0, 1)
        except (TypeError, KeyError, AttributeError):
            usable = False
        if not usable:
            _refuse_other_kinds(value, self.where)
            expected = {"image_id": _ID, "category_id": _ID}
            reason = _wrong_field(value, expected) or "'iscrowd' must be 0 or 1"
            self._problems.add(BAD_ANNOTATION, reason, f"{self._content.name}, annotation {position}")
        elif self._crowd or not is_crowd:
            marks = self._content.marks.get(image)
            if marks is None:
                self._content.marks[image] = {category: position}
            else:
                marks.setdefault(category, position)

    def result(self) -> InstancesFile:
        self._content.categories = _categories(self.categories, self.where)
        for identity in self._ambiguous:
            del self._content.images[identity]
            self._content.marks.pop(identity, None)
            self._content.extras.pop(identity, None)
        return self._content


def _wrong_field(value: Any, expected: dict[str, str]) -> str:
    """Return what is wrong with the first field that is not as expected, or nothing."""
    if not isinstance(value, dict):
        return f"expected an object, found {json_type(value)}"
    for key, kinds in expected.items():
        allowed = (str,) if kinds == "text" else (int, str)
        if type(value.get(key)) not in allowed:
            found = _found(value[key]) if key in value else "nothing"
            return f"{key!r} must be {kinds}, found {found}"
    return ""


def _wrong_extra(value: dict[str, Any]) -> str:
    """Return what is wrong with the first field beyond the official form, or nothing."""
    if _EXTRA_KEYS.isdisjoint(value):
        return ""
    unknown, split, group = value.get("unknown_category_ids"), value.get("split"), value.get("group")
    if unknown is not None and not (isinstance(unknown, list) and all(type(each) in (int, str) for each in unknown)):
        return "'unknown_category_ids' must be a list of ids"
    if not isinstance(split, str | None):
        return f"'split' must be text or null, found {_found(split)}"
    if not (isinstance(group, str | None) or type(group) is int):
        return f"'group' must be text, a whole number or null, found {_found(group)}"
    return ""


def _extras(value: dict[str, Any]) -> ImageExtras:
    split, group = value.get("split"), value.get("group")
    return ImageExtras(
        unknown=tuple(value.get("unknown_category_ids") or ()),
        says_split="split" in value,
        split=split and split.strip(),
        group=None if group is None else str(group).strip(),
    )


def _found(value: Any) -> str:
    return f"the number {value}" if isinstance(value, float) else json_type(value)


def _kind_of_list(first: Any) -> str:
    """Return what a file is that is a list beginning so, where that is known: results have no categories' names."""
    is_result = isinstance(first, dict) and {"image_id", "category_id", "score"} <= first.keys()
    return "results of a detector, which are no labels; give the file instances_….json" if is_result else ""


def _refuse_other_kinds(annotation: Any, where: str) -> None:
    """Refuse the other files that come in one download with the instances files."""
    for key, kind in (("caption", "captions"), ("segments_info", "panoptic segmentation")):
        if isinstance(annotation, dict) and key in annotation:
            raise DataError(f"{where}: a file of {kind}, without labels; give the file instances_….json")


def _check_kinds(kinds: dict[str, str], where: str) -> None:
    for key in LISTS:
        if key not in kinds:
            found = ", ".join(shown(name) for name in list(kinds)[:10]) or "none"
            hint = "; the labels of these pictures are not published" if "categories" in kinds else ""
            raise DataError(
                f"{where}: expected an object with the lists {', '.join(LISTS)}; its keys are: {found}{hint}"
            )
        if kinds[key] != json_type([]):
            raise DataError(f"{where}: {key!r} must be a list, found {kinds[key]}")


def _categories(values: list[Any], where: str) -> dict[Id, str]:
    """Return the names of the categories, by ascending id."""
    found: dict[Id, str] = {}
    for position, value in enumerate(values, start=1):
        reason = _wrong_field(value, {"id": _ID, "name": "text"})
        if reason:
            raise DataError(f"{where}, category {position}: {reason}")
        if value["id"] in found:
            names = f"{shown(found[value['id']])} and {shown(value['name'])}"
            raise DataError(f"{where}, category {position}: the id {shown(value['id'])} is given to {names}")
        found[value["id"]] = value["name"]
    if len(values) == 1 and "keypoints" in values[0]:
        raise DataError(f"{where}: a file of keypoints, with a single label; give the file instances_….json")
    if len({type(identity) for identity in found}) > 1:
        raise DataError(f"{where}: ids of categories must be all numbers or all text")
    return dict(sorted(found.items()))
