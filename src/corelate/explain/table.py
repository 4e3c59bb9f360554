"""The numbers behind a picture, as rows with named columns."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Table:
    """Rows of plain values.

    Attributes:
        columns: Names of the columns.
        rows: One value for each column: text, number, truth, None for what is undefined, or a list of those.
        about: What holds for all rows, as JSON values: what was measured, with which options.

    Raises:
        ValueError: A row has another length than the columns.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = [number for number, row in enumerate(self.rows) if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"row {wrong[0]} does not have {len(self.columns)} values")

    def to_csv(self) -> str:
        """Return the rows as CSV; undefined values are empty, lists are JSON, `about` is left out."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return text.getvalue()

    def to_json(self) -> str:
        """Return an object of ``about`` and ``rows``, each row an object by column."""
        rows = [dict(zip(self.columns, map(plain, row), strict=True)) for row in self.rows]
        content = {"about": plain(self.about), "rows": rows}
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    r"""Return a value as JSON knows it: arrays as lists, NumPy's numbers as Python's, what is not finite as None.

    Halves of surrogate pairs, as in names of files that are no UTF-8, become ``\udcNN``: no file holds them.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, (list, dict, bool)):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value
