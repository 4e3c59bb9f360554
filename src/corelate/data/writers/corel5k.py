"""The JSON form in which Corel-5k, IAPR TC-12 and ESP Game are shared for annotation research."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from corelate.data.formats.collecting import shown
from corelate.data.writers.base import FILE_SPLITS, Content, DataWriter
from corelate.data.writers.label_blocks import label_blocks
from corelate.data.writers.output import Output
from corelate.errors import DataError

ADVICE = "write a table (table:FILE.csv), which can"


@dataclass(frozen=True)
class Options:
    """Options of the writer: none."""


def folder(path: Path) -> Path:
    """Return the folder of the label files."""
    return path.parent if path.suffix.lower() == ".json" else path


def write(content: Content, path: Path, options: Options, output: Output) -> dict[str, str]:
    """Write train.json, val.json and test.json into a folder, or all pictures into one file.

    Raises:
        DataError: There are unknown labels, groups, or splits that the files can't tell.
    """
    _refuse_what_is_not_held(content)
    if path.suffix.lower() == ".json":
        expected = path.stem if path.name in _files() else None
        if content.splits is not None and (expected is None or set(content.splits.tolist()) != {expected}):
            raise DataError(f"{path}: one file of this form can't tell splits; give a folder")
        if content.splits is None and expected is not None:
            raise DataError(f"{path}: by its name its pictures would be of the split {expected!r}; choose another name")
        output.write(path, lambda file: _write_file(content, file))
    else:
        _write_splits(content, path, output)
    return {} if content.images in (None, "images") else {"images": str(content.images)}


def _files() -> list[str]:
    return [f"{split}.json" for split in FILE_SPLITS]


def _refuse_what_is_not_held(content: Content) -> None:
    if content.has_unknown:
        raise DataError(f"this form can't say that a label is not known; {ADVICE}")
    if content.groups is not None:
        raise DataError(f"this form can't hold groups; {ADVICE}")


def _write_splits(content: Content, path: Path, output: Output) -> None:
    found = set() if content.splits is None else set(content.splits.tolist())
    if content.splits is None or found - set(FILE_SPLITS):
        odd = ", ".join(sorted(shown(name) if name else "none" for name in found - set(FILE_SPLITS))) or "none"
        raise DataError(
            f"{path}: a folder of this form holds the splits {', '.join(FILE_SPLITS)}, and there are pictures of the "
            f"split {odd}; {ADVICE}" + ("" if found else ", or give one file: corel5k:FILE.json")
        )
    order = np.concatenate([np.flatnonzero(content.splits == split) for split in FILE_SPLITS])
    if (np.diff(order) < 0).any():
        output.note("pictures are in the order of their splits, since each split has a file of its own")
    for split in FILE_SPLITS:
        file = path / f"{split}.json"
        if split in found:
            part = content.select(np.flatnonzero(content.splits == split))
            output.write(file, lambda stream, part=part: _write_file(part, stream))  # type: ignore[misc]
        else:
            output.remove(file)


def _write_file(content: Content, file: BinaryIO) -> None:
    labels = [json.dumps(label, ensure_ascii=False) for label in content.vocabulary]
    file.write(b'{"samples": [\n')
    for number, sample in enumerate(_samples(content, labels)):
        file.write(((",\n" if number else "") + sample).encode())
    file.write(f'\n],\n"labels": [{", ".join(labels)}]}}\n'.encode())


def _samples(content: Content, labels: list[str]) -> Iterator[str]:
    for block in label_blocks(content.targets):
        for name, (present, _) in zip(content.names[block.start : block.stop], block.rows(), strict=True):
            listed = ", ".join([labels[column] for column in present])
            yield f'{{"image_name": {json.dumps(name, ensure_ascii=False)}, "image_labels": [{listed}]}}'


WRITER = DataWriter(Options, folder, write)
