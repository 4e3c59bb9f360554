"""JSON Lines tables: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from corelate.data.writers.base import Content
from corelate.data.writers.label_blocks import LabelBlock, label_blocks

_MOST_LINES = 4096  # lines that are encoded together
_MOST_MARKS = 1 << 20  # marks in them


def write_json_lines(content: Content, file: BinaryIO, columns: bool) -> None:
    """Write one object a picture.

    Args:
        content: The data set.
        file: Receives UTF-8.
        columns: Give each label a member of its own: 1, 0, or null where it is not known.
    """
    labels = [_encoded(label) for label in content.vocabulary]
    lines: list[str] = []
    most_lines = max(1, min(_MOST_LINES, _MOST_MARKS // len(labels))) if columns else _MOST_LINES
    for block in label_blocks(content.targets, most_lines):
        members = _marks(block, labels) if columns else _lists(block, labels, with_unknown=content.has_unknown)
        for divided, labelled in zip(_named(content, block), members, strict=True):
            lines.append(f"{{{divided}, {labelled}}}\n")
        file.write("".join(lines).encode())
        lines.clear()


def _named(content: Content, block: LabelBlock) -> Iterable[str]:
    """Return the members for path, split and group."""
    rows = slice(block.start, block.stop)
    columns = [[f'"path": {_encoded(name)}' for name in content.names[rows]]]
    for key, column in (("split", content.splits), ("group", content.groups)):
        if column is not None:
            columns.append([f'"{key}": {_encoded(name)}' for name in column[rows].tolist()])
    return map(", ".join, zip(*columns, strict=True))


def _lists(block: LabelBlock, labels: list[str], *, with_unknown: bool) -> Iterator[str]:
    for present, unknown in block.rows():
        text = f'"labels": [{", ".join([labels[column] for column in present])}]'
        if with_unknown:
            text += f', "unknown": [{", ".join([labels[column] for column in unknown])}]'
        yield text


def _marks(block: LabelBlock, labels: list[str]) -> Iterator[str]:
    absent = [f"{label}: 0" for label in labels]
    for present, unknown in block.rows():
        members = absent.copy()
        for column in present:
            members[column] = f"{labels[column]}: 1"
        for column in unknown:
            members[column] = f"{labels[column]}: null"
        yield ", ".join(members)


def _encoded(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
