"""One instances file of MS-COCO, written piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np

from corelate.data.writers.base import Content
from corelate.data.writers.label_blocks import label_blocks

_TOGETHER = 10_000  # lines that are encoded at once

Sizes = list[tuple[int, int] | None]


class InstancesWriter:
    """Writes instances files of one data set; ids of pictures and annotations are unique in all of them.

    Args:
        content: The data set.
        picture_folder: Where its pictures lie, below the folder of the data set.
        sizes: Width and height of each picture in pixels, None for one that is not known; None for no sizes at all.
    """

    def __init__(self, content: Content, picture_folder: str, sizes: Sizes | None) -> None:
        self._content = content
        self._picture_folder = picture_folder
        self._sizes = sizes
        self._annotations = 0

    def write(self, file: BinaryIO, rows: np.ndarray, splits: np.ndarray | None) -> None:
        """Write one file.

        Args:
            file: Receives UTF-8.
            rows: Its pictures, ascending.
            splits: For each picture of the data set the split that its entry says, None for none; None where no entry
                says one, since the name of the file does.
        """
        part = self._content.select(rows)
        info = {"description": "Labels of pictures, written by corelate", "picture_folder": self._picture_folder}
        file.write(f'{{"info": {json.dumps(info, ensure_ascii=False)},\n"images": [\n'.encode())
        _write_lines(file, self._images(part, rows, splits))
        file.write(b'\n],\n"annotations": [\n')
        _write_lines(file, self._lines_of_annotations(part, rows))
        file.write(b'\n],\n"categories": [\n')
        _write_lines(file, _categories(self._content))
        file.write(b"\n]}\n")

    def _images(self, part: Content, rows: np.ndarray, splits: np.ndarray | None) -> Iterator[str]:
        marks = None if splits is None else splits[rows].tolist()
        groups = None if part.groups is None else part.groups.tolist()
        for block in label_blocks(part.targets):
            for number, (_, unknown) in enumerate(block.rows(), block.start):
                entry: dict[str, object] = {"id": int(rows[number]) + 1, "file_name": part.names[number]}
                size = None if self._sizes is None else self._sizes[rows[number]]
                if size is not None:
                    entry |= {"width": size[0], "height": size[1]}
                if marks is not None:
                    entry["split"] = marks[number]
                if groups is not None:
                    entry["group"] = groups[number]
                if unknown:
                    entry["unknown_category_ids"] = [column + 1 for column in unknown]
                yield json.dumps(entry, ensure_ascii=False)

    def _lines_of_annotations(self, part: Content, rows: np.ndarray) -> Iterator[str]:
        for block in label_blocks(part.targets):
            of_rows = rows[block.start : block.stop]
            pictures = np.repeat(of_rows + 1, np.diff(block.present_ends)).tolist()
            boxes = self._boxes(of_rows)
            for picture, category in zip(pictures, (block.present + 1).tolist(), strict=True):
                self._annotations += 1
                box = boxes[picture] if boxes else ""
                yield (
                    f'{{"id": {self._annotations}, "image_id": {picture}, "category_id": {category}, '
                    f'"iscrowd": 0{box}}}'
                )

    def _boxes(self, rows: np.ndarray) -> dict[int, str]:
        """Return what is said of the box of each picture's annotations, by the picture's id."""
        if self._sizes is None:
            return {}
        sizes = {row: self._sizes[row] for row in rows.tolist()}
        return {
            row + 1: f', "bbox": [0, 0, {size[0]}, {size[1]}], "area": {size[0] * size[1]}' if size else ""
            for row, size in sizes.items()
        }


def _categories(content: Content) -> Iterator[str]:
    for identity, label in enumerate(content.vocabulary, 1):
        yield json.dumps({"id": identity, "name": label, "supercategory": ""}, ensure_ascii=False)


def _write_lines(file: BinaryIO, lines: Iterable[str]) -> None:
    lines = iter(lines)
    before = ""
    while some := list(islice(lines, _TOGETHER)):
        file.write((before + ",\n".join(some)).encode())
        before = ",\n"
