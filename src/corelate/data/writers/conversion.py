"""Writing a data set in another form, such that reading that gives the same set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import (
    BAD_PICTURE_NAME,
    MAX_DIVISION_NAME,
    REPEATED_PICTURE,
    picture_location,
    shown,
)
from corelate.data.formats.table_paths import PathRule
from corelate.data.originals import without_generated
from corelate.data.problems import Problems
from corelate.data.spec import DataSpec, load_annotations
from corelate.data.vocabulary import is_label
from corelate.data.writers.base import Content
from corelate.data.writers.destination import Destination
from corelate.data.writers.output import Output
from corelate.data.writers.picture_copies import IMAGES_FOLDER, copy_pictures
from corelate.data.writers.picture_places import Place, common_place
from corelate.data.writers.source_files import SourceFiles
from corelate.errors import DataError, OptionError

PICTURES = ("leave", "copy")

# Tables may hold addresses of files, so that some names mean something there.
_READ_AS = PathRule(None)


@dataclass(frozen=True)
class Conversion:
    """What was written.

    Attributes:
        spec: The data spec that reads it.
        pictures: How many pictures it has.
        labels: How many labels its vocabulary has.
        files: The files and folders.
        notes: What the form can't hold, and what else is to be known; one sentence each.
        problems: What was wrong with the source, and with single pictures while they were written.
    """

    spec: str
    pictures: int
    labels: int
    files: list[Path]
    notes: list[str]
    problems: Problems


def convert(
    source: str,
    destination: str,
    *,
    pictures: str = "leave",
    overwrite: bool = False,
    strict: bool = False,
    on_copied: Callable[[int, int], None] | None = None,
) -> Conversion:
    """Read a data set and write it in another form.

    Args:
        source: Data spec of what is read.
        destination: ``writer:path[?key=value&…]``, or the path of a table.
        pictures: ``"leave"`` the pictures where they are, or ``"copy"`` them to the output.
        overwrite: Replace files that are there; those of the source never are.
        strict: Raise when there is any problem, instead of leaving out what is wrong.
        on_copied: Is told how many pictures have been copied, of how many.

    Raises:
        OptionError: The source, the destination or `pictures` is wrong.
        DataError: The source can't be read, the form can't hold its labels, or there is something already.
    """
    target = Destination.parse(destination)
    if pictures not in PICTURES:
        raise OptionError(f"pictures {pictures!r}: choose one of {', '.join(PICTURES)}")
    if target.path.is_file() and not overwrite:
        # Also found when it is written; a large source need not be read for it.
        raise DataError(f"{target.path} exists; choose another place, or pass overwrite (--overwrite) to replace it")
    annotations = load_annotations(source, strict=strict)
    files = SourceFiles.of(DataSpec.parse(source), annotations.pictures)
    with Output(overwrite, files) as output:
        return _write(annotations, target, output, copy=pictures == "copy", strict=strict, on_copied=on_copied)


def write_annotations(
    annotations: AnnotationSet, destination: str, *, pictures: str = "leave", overwrite: bool = False
) -> Conversion:
    """Write a data set that is in memory; see `convert`.

    Raises:
        OptionError: The destination or `pictures` is wrong.
        DataError: The form can't hold its labels, or there is something already.
    """
    target = Destination.parse(destination)
    if pictures not in PICTURES:
        raise OptionError(f"pictures {pictures!r}: choose one of {', '.join(PICTURES)}")
    with Output(overwrite) as output:
        return _write(annotations, target, output, copy=pictures == "copy")


def _write(
    annotations: AnnotationSet,
    target: Destination,
    output: Output,
    *,
    copy: bool,
    strict: bool = False,
    on_copied: Callable[[int, int], None] | None = None,
) -> Conversion:
    folder = target.writer.folder(target.path)
    real = without_generated(annotations)
    if left_out := len(annotations) - len(real):
        output.note(f"{left_out} generated pictures are not written; go on giving their folder with generated=DIR")
    annotations = real
    # What can't be named is left out before it is asked where all pictures lie.
    named = _usable(annotations.names, output.problems)
    annotations = annotations if len(named) == len(annotations) else annotations.select(named)
    place = None if copy else common_place(annotations.pictures)
    names = [f"{place.prefix}{name}" for name in annotations.names] if place and place.prefix else annotations.names
    rows = _usable(names, output.problems)
    content = _content(annotations, names, IMAGES_FOLDER if place is None else place.relative_to(folder))
    content = content if len(rows) == len(content) else content.select(rows)
    _check_divisions(content)
    reading = target.writer.write(content, target.path, target.options, output)
    if place is None:
        missing = copy_pictures(content.references, content.names, folder / IMAGES_FOLDER, output, on_copied)
    else:
        missing = place.missing
        _note_place(place, len(names), output)
    _note_what_no_form_holds(annotations, output)
    problems = Problems(annotations.source)
    problems.extend(annotations.problems)
    problems.extend(output.problems)
    if strict:
        problems.raise_if_any()
    output.commit()
    spec = target.spec(reading | ({"labels_only": "true"} if missing else {}))
    return Conversion(spec, len(content), len(content.vocabulary), output.files, output.notes, problems)


def _content(annotations: AnnotationSet, names: list[str], images: str | None) -> Content:
    return Content(
        names=names,
        vocabulary=annotations.vocabulary,
        targets=annotations.targets,
        splits=annotations.splits,
        groups=annotations.groups,
        images=images,
        references=annotations.pictures,
    )


def _usable(names: list[str], problems: Problems) -> np.ndarray:
    """Return the rows of the pictures whose names a reader accepts as they are, and note the others.

    Raises:
        DataError: There is none.
    """
    rows, seen = [], set()
    for row, name in enumerate(names):
        try:
            location = picture_location(name)
            location = _READ_AS(name) if location == name else location
        except ValueError as error:
            problems.add(BAD_PICTURE_NAME, f"{shown(name)} {error}")
            continue
        if location != name:
            problems.add(BAD_PICTURE_NAME, f"{shown(name)} would be read as {shown(location)}")
        elif name in seen:
            problems.add(REPEATED_PICTURE, shown(name))
        else:
            seen.add(name)
            rows.append(row)
    if not rows:
        raise DataError(f"no picture can be written\n{problems.report()}".strip())
    return np.array(rows, dtype=np.int64)


def _check_divisions(content: Content) -> None:
    """Refuse names of splits and groups with which readers leave a picture out.

    Raises:
        DataError: There is such a name.
    """
    for kind, column in (("split", content.splits), ("group", content.groups)):
        for name in () if column is None else np.unique(column).tolist():
            if name and (len(name) > MAX_DIVISION_NAME or not is_label(name)):
                raise DataError(
                    f"the {kind} {shown(name)} can't be written: its name must be one line of at most "
                    f"{MAX_DIVISION_NAME} characters without space around it"
                )


def _note_place(place: Place, count: int, output: Output) -> None:
    if place.missing:
        output.note(f"{place.missing} of {count} pictures are not there; their labels are kept (labels_only=true)")
    if place.prefix:
        output.note(f"pictures are named from the root of {place.root}: {place.prefix} stands before their names")


def _note_what_no_form_holds(annotations: AnnotationSet, output: Output) -> None:
    if annotations.folds is not None:
        output.note("folds are not written; go on giving their file with splits=FILE")
    if annotations.curation is not None:
        output.note(
            "labels are written as merged, dropped and implied; that they were is not, nor is the hierarchy: "
            "give hierarchy=FILE where it is to be known"
        )
