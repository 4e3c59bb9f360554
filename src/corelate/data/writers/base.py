"""What a data writer is made of, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from corelate.data.references import FolderReferences, ImageReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.output import Output

# The splits that forms with one file a split have files for.
FILE_SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Content:
    """A data set that is to be written; every name in it is one that readers accept.

    Attributes:
        names: The path of each picture below the folder of the pictures, with forward slashes; no name is there twice.
        vocabulary: The L labels.
        targets: N×L sparse matrix of present, absent and unknown labels.
        splits: The split of each picture, empty for none; or None.
        groups: The group of each picture, empty for none; or None.
        images: Folder or archive of the pictures: below the folder of the output (``"."`` is that itself), or absolute;
            None where no picture is there.
        references: The pictures in the source, for writers that look into them.
    """

    names: list[str]
    vocabulary: Vocabulary
    targets: TargetMatrix
    splits: np.ndarray | None
    groups: np.ndarray | None
    images: str | None
    references: Sequence[ImageReference]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def has_unknown(self) -> bool:
        """Whether there is any label of which it is not known whether a picture has it."""
        return bool((self.targets.values < 0).any())

    def select(self, rows: np.ndarray) -> Content:
        """Return the content with the chosen pictures only."""
        return Content(
            names=[self.names[row] for row in rows],
            vocabulary=self.vocabulary,
            targets=self.targets.select(rows),
            splits=None if self.splits is None else self.splits[rows],
            groups=None if self.groups is None else self.groups[rows],
            images=self.images,
            references=_chosen(self.references, rows),
        )


def _chosen(references: Sequence[ImageReference], rows: np.ndarray) -> Sequence[ImageReference]:
    if isinstance(references, FolderReferences):
        return references.select(rows)
    return [references[row] for row in rows]


@dataclass(frozen=True)
class DataWriter:
    """A way to write data sets.

    Attributes:
        Options: Dataclass of the options that a destination may give, as those of a data format.
        folder: Returns the folder that holds the output at a path: the one that `Content.images` is relative to.
        write: Writes the content at a path and returns the options with which the format of the same name reads it
            back. Files are written through the output alone. What can't be held is told with `Output.note`; what would
            change labels is refused with a `DataError`.
    """

    Options: type
    folder: Callable[[Path], Path]
    write: Callable[[Content, Path, Any, Output], dict[str, str]]
