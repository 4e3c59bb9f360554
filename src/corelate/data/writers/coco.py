"""The instances files of MS-COCO: pictures, categories, and an annotation for each label that a picture has.

Source: Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.formats.coco import PARTS, YEARS
from corelate.data.formats.collecting import shown
from corelate.data.references import ImageReference
from corelate.data.writers.base import FILE_SPLITS, Content, DataWriter
from corelate.data.writers.coco_file import InstancesWriter, Sizes
from corelate.data.writers.output import Output
from corelate.data.writers.picture_sizes import picture_size
from corelate.errors import DataError, ImageReadError
from corelate.options import option

NO_SIZE = "picture can't be opened: written without its size"


@dataclass(frozen=True)
class Options:
    """Options of the writer."""

    sizes: bool = option(False, "Write width and height, and boxes around whole pictures; opens every picture.")


def folder(path: Path) -> Path:
    """Return the folder of the data set: that of the folder annotations, if the file lies in one."""
    if path.suffix.lower() != ".json":
        return path
    # As the reader does: the folder above that of a relative path may not be in its text.
    above = path.absolute().parent
    return above.parent if above.name == "annotations" else above


def write(content: Content, path: Path, options: Options, output: Output) -> dict[str, str]:
    """Write an instances file for each split into a folder, or one file that says each picture's split.

    Raises:
        DataError: A folder is to hold splits that have no file there, or holds files that would be read, too.
    """
    is_below = content.images is not None and not Path(content.images).is_absolute()
    place = content.images if is_below and content.images is not None else "."
    sizes = _sizes(content.references, output) if options.sizes else None
    file_writer = InstancesWriter(content, place, sizes)
    if path.suffix.lower() == ".json":
        output.write(path, lambda file: file_writer.write(file, np.arange(len(content)), content.splits))
    else:
        _write_folder(content, path, file_writer, output)
    return {} if content.images is None or is_below else {"images": content.images}


def _write_folder(content: Content, path: Path, file_writer: InstancesWriter, output: Output) -> None:
    splits = content.splits
    found = set() if splits is None else set(splits.tolist())
    odd = sorted(found - {*FILE_SPLITS, ""})
    if odd:
        raise DataError(
            f"{path}: a folder of this form has files for the splits {', '.join(FILE_SPLITS)}, "
            f"not for {shown(odd[0])}; write one file, coco:{path / 'instances.json'}, which says every picture's split"
        )
    _refuse_other_years(path)
    in_file = np.full(len(content), "train") if splits is None else np.where(splits == "", "train", splits)
    if splits is None or "" in found:
        output.note(
            'pictures without a split are in instances_train.json, marked by "split"; '
            "other programs will take them for training pictures"
        )
    parts = {part: np.flatnonzero(in_file == part) for part in PARTS}
    if (np.diff(np.concatenate(list(parts.values()))) < 0).any():
        output.note("pictures are in the order of their splits, since each split has a file of its own")
    for part, rows in parts.items():
        file = path / "annotations" / f"instances_{part}.json"
        if not len(rows):
            output.remove(file)
            continue
        # Readers take the validation file for the test pictures where there is no test file.
        is_told = splits is not None and "" not in found and (part != "val" or len(parts["test"]))
        marks = None if is_told else _marks(splits, len(content))
        output.write(file, lambda stream, rows=rows, marks=marks: file_writer.write(stream, rows, marks))  # type: ignore[misc]


def _marks(splits: np.ndarray | None, count: int) -> np.ndarray:
    return np.full(count, None, dtype=object) if splits is None else splits


def _refuse_other_years(path: Path) -> None:
    for year in filter(None, YEARS):
        for part in PARTS:
            for place in (path / "annotations", path):
                file = place / f"instances_{part}{year}.json"
                if file.exists():
                    raise DataError(f"{path} holds {file.name}, another data set of this form; choose another folder")


def _sizes(references: Sequence[ImageReference], output: Output) -> Sizes:
    sizes: Sizes = []
    for reference in references:
        try:
            sizes.append(picture_size(reference))
        except ImageReadError as error:
            output.problems.add(NO_SIZE, shown(str(error)))
            sizes.append(None)
    return sizes


WRITER = DataWriter(Options, folder, write)
