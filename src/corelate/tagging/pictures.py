"""What becomes of a picture on its way: found, then tagged or skipped."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Tag(NamedTuple):
    """One label of one picture."""

    label: str
    score: float


@dataclass(frozen=True)
class FoundPicture:
    """A file that may be a picture.

    Attributes:
        path: Where the file is.
        name: What it is called in results: its path below the root of the run, with forward slashes.
    """

    path: Path
    name: str


@dataclass(frozen=True)
class SkippedPicture:
    """A file that could not be tagged, or a folder that could not be listed, and why."""

    path: Path
    name: str
    reason: str


@dataclass(frozen=True)
class TaggedPicture:
    """A picture with its tags.

    Attributes:
        path: Where the file is.
        name: What it is called in results.
        tags: Its tags, best first.
        scores: The scores of all L labels, float32, when they were asked for.
    """

    path: Path
    name: str
    tags: list[Tag]
    scores: np.ndarray | None = None


def encodable(text: str) -> str:
    r"""Return a path as text that every encoding of Unicode can hold.

    File names are bytes on most systems; Python turns those that are no UTF-8 into lone surrogates, which no file or
    terminal takes. They become ``\xNN``, the way shells show them.
    """
    return os.fsencode(text).decode("utf-8", "backslashreplace")
