"""The file of a division: which split and which fold each picture of a data set is in.

A table with the columns ``path`` and ``split`` or ``fold`` or both: CSV (``.csv``), TSV (``.tsv``) or JSON Lines
(``.jsonl``, ``.ndjson``). Folds are counted from 1; an empty fold is for pictures that no fold holds out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.collecting import picture_location, shown
from corelate.data.formats.tables import guess_delimiter
from corelate.data.formats.text import decode_text, json_type, read_label_file, refuse_constant
from corelate.data.originals import original_rows
from corelate.data.problems import Problems
from corelate.data.vocabulary import is_label
from corelate.errors import DataError, OptionError
from corelate.files import write_text

PATH, SPLIT, FOLD = "path", "split", "fold"
DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")

EXTRA_PICTURE = "picture of the division file is not in the data set: row not used"
LONGEST_NAME = 200
# More folds than any data set has pictures.
_FOLD_DIGITS = 9
_SHOWN = 5


class _Row(NamedTuple):
    """A row of the file: its line, the picture, its split (None: no such column) and fold (0: none)."""

    line: int
    name: str
    split: str | None
    fold: int


# Of a generated picture whose original is not in the set.
_NOWHERE = _Row(0, "", None, 0)


def write_division(
    path: Path, names: Sequence[str], *, splits: Sequence[str] | None = None, folds: Sequence[int] | None = None
) -> None:
    """Write a division in one step.

    Args:
        path: The file; its suffix says in which form.
        names: The pictures.
        splits: The split of each, or None for no such column.
        folds: The fold of each, from 1, and 0 for none; or None for no such column.

    Raises:
        OptionError: The suffix is of no known form, or there is neither split nor fold.
    """
    suffix = check_division_suffix(path)
    if splits is None and folds is None:
        raise OptionError(f"{path}: a division needs splits or folds")
    columns: dict[str, Sequence[object]] = {PATH: names}
    if splits is not None:
        columns[SPLIT] = [str(split) for split in splits]
    if folds is not None:
        columns[FOLD] = [int(fold) or None for fold in folds]
    rows = zip(*columns.values(), strict=True)
    text = io.StringIO()
    if suffix in JSON_LINES:
        text.writelines(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    else:
        writer = csv.writer(text, delimiter=DELIMITERS[suffix], lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    write_text(path, text.getvalue())


def check_division_suffix(path: Path) -> str:
    """Return the suffix of a division file, in lower case.

    Raises:
        OptionError: It is of no known form.
    """
    suffix = path.suffix.lower()
    if suffix not in (*DELIMITERS, *JSON_LINES):
        raise OptionError(f"{path}: a file of splits ends in {', '.join((*DELIMITERS, *JSON_LINES))}")
    return suffix


def with_divisions(annotations: AnnotationSet, path: Path) -> AnnotationSet:
    """Return the set with the splits and folds that a file gives its pictures, in place of its own.

    What the file has no column for stays as it is. Pictures that only the file has are noted as problems.

    Args:
        annotations: The data set.
        path: The file.

    Raises:
        OptionError: The suffix is of no known form.
        DataError: The file can't be read, a row can't be used, says another thing of a picture than one before, or
            a picture of the set is missing.
    """
    suffix = check_division_suffix(path)
    text = decode_text(read_label_file(path), str(path))
    errors = _Errors(path)
    if suffix in JSON_LINES:
        rows = list(_json_rows(text, errors))
    else:
        # Spreadsheets write semicolons where the comma is part of a number.
        first_line = next((line for line in text.splitlines() if line.strip()), "")
        rows = list(_table_rows(text, guess_delimiter(first_line, path), errors))
    # A column without a single split says nothing.
    has_splits = any(row.split for row in rows)
    row_of = {name: row for row, name in enumerate(annotations.names)}
    problems = Problems(annotations.source)
    problems.extend(annotations.problems)
    found: dict[int, _Row] = {}
    for row in rows:
        place = _place(row.name, row_of)
        if has_splits and not row.split and not row.fold:
            errors.add(row.line, f"{shown(row.name)} has neither split nor fold")
        elif place is None:
            problems.add(EXTRA_PICTURE, shown(row.name), f"{path}, line {row.line}")
        elif (first := found.setdefault(place, row)) is not row and (first.split, first.fold) != (row.split, row.fold):
            errors.add(row.line, f"{shown(row.name)} has another split or fold than on line {first.line}")
    errors.raise_if_any()
    # A generated picture is where its original is, whatever the file says.
    homes = original_rows(annotations)
    _check_complete(annotations, found, homes, path)
    ordered = [found.get(home, _NOWHERE) for home in homes.tolist()]
    folds = np.array([row.fold for row in ordered], dtype=np.int64)
    return replace(
        annotations,
        splits=np.array([row.split or "" for row in ordered], dtype=np.str_) if has_splits else annotations.splits,
        folds=folds if folds.any() else annotations.folds,
        problems=problems,
    )


class _Errors:
    """What is wrong with the rows of a file, with their lines; raised together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: list[str] = []
        self._count = 0

    def add(self, line: int, text: str) -> None:
        self._count += 1
        if self._count <= _SHOWN:
            self._lines.append(f"{self.path}, line {line}: {text}")

    def raise_if_any(self) -> None:
        if self._count:
            more = f"\nand {self._count - _SHOWN} more" if self._count > _SHOWN else ""
            raise DataError("\n".join(self._lines) + more)


def _table_rows(text: str, delimiter: str, errors: _Errors) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
                _check_columns(header, errors.path)
            elif len(cells) != len(header):
                errors.add(start, f"{len(cells)} cells, but the header has {len(header)}")
            else:
                yield from _checked_row(start, dict(zip(header, cells, strict=True)), errors)
    except csv.Error as error:
        raise DataError(f"{errors.path}, line {line}: not a proper table ({error})") from None
    if not header:
        raise DataError(f"{errors.path}: empty; expected a first line with the names of the columns")


def _json_rows(text: str, errors: _Errors) -> Iterator[_Row]:
    columns: set[str] = set()
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for number, line in lines:
        try:
            content = json.loads(line, parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            errors.add(number, f"not JSON ({error})")
            continue
        if not isinstance(content, dict):
            errors.add(number, f"expected an object, found {json_type(content)}")
            continue
        columns.update(content)
        yield from _checked_row(number, content, errors)
    errors.raise_if_any()
    _check_columns(sorted(columns), errors.path)


def _check_columns(header: Sequence[str], path: Path) -> None:
    for name in (PATH, SPLIT, FOLD):
        if header.count(name) > 1:
            raise DataError(f"{path}: more than one column is named {name!r}")
    if PATH not in header or not {SPLIT, FOLD} & set(header):
        columns = ", ".join(shown(name) for name in header[:20]) or "none"
        raise DataError(f"{path}: expected a column path, and split or fold or both; its columns are: {columns}")


def _checked_row(line: int, cells: dict[str, Any], errors: _Errors) -> Iterator[_Row]:
    """Yield what a row says, or note why it can't be used."""
    name, split, fold = cells.get(PATH), cells.get(SPLIT), _fold_number(cells.get(FOLD))
    if not isinstance(name, str) or not name.strip():
        errors.add(line, "no path")
    elif not (split is None or isinstance(split, str)):
        errors.add(line, f"split must be text, found {json_type(split)}")
    elif split and split.strip() and not (is_label(split.strip()) and len(split) <= LONGEST_NAME):
        errors.add(line, f"split {shown(split)}: too long, or holds control characters")
    elif fold is None:
        errors.add(line, f"fold {shown(cells[FOLD])}: expected a whole number from 1, or nothing")
    else:
        yield _Row(line, name, None if split is None else split.strip(), fold)


def _fold_number(value: object) -> int | None:
    """Return the number of a fold, 0 for none; None when it is no number of a fold."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return 0
    # Programs that keep empty cells as "not a number" write the others as 1.0 and 2.0.
    text = "" if isinstance(value, bool) else str(value).strip().removesuffix(".0")
    usable = text.isascii() and text.isdecimal() and len(text) <= _FOLD_DIGITS and int(text) > 0
    return int(text) if usable else None


def _place(name: str, row_of: dict[str, int]) -> int | None:
    """Return the row of a picture, whose name may be spelled as in label files (backslashes, a leading ``./``)."""
    if name in row_of:
        return row_of[name]
    with suppress(ValueError):
        return row_of.get(picture_location(name))
    return None


def _check_complete(annotations: AnnotationSet, found: dict[int, _Row], homes: np.ndarray, path: Path) -> None:
    missing = [row for row, home in enumerate(homes.tolist()) if home == row and row not in found]
    if missing:
        names = ", ".join(shown(annotations.pictures[row].name) for row in missing[:_SHOWN])
        more = ", …" if len(missing) > _SHOWN else ""
        raise DataError(
            f"{path} does not say where {len(missing)} of {len(annotations)} pictures belong: {names}{more}; add them, "
            "or divide the data set anew (corelate data split)"
        )
