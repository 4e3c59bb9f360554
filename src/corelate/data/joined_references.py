"""Pictures of several places as one sequence, each part as small as it is by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import overload

import numpy as np

from corelate.data.references import FolderReferences, ImageReference


@dataclass(frozen=True, eq=False)
class JoinedReferences(Sequence[ImageReference]):
    """The pictures of some parts, one part after another, or a choice of them.

    Attributes:
        parts: The pictures of each place.
        prefixes: For each part what stands before the names of its pictures, or nothing.
        rows: The pictures that are here, as numbers into all parts one after another, int64.
    """

    parts: tuple[Sequence[ImageReference], ...]
    prefixes: tuple[str, ...]
    rows: np.ndarray

    @classmethod
    def of(cls, *parts: Sequence[ImageReference], prefixes: Sequence[str] = ()) -> JoinedReferences:
        """Return all pictures of some parts; without prefixes they keep their names."""
        return cls(parts, tuple(prefixes) or ("",) * len(parts), np.arange(sum(map(len, parts))))

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.cumsum([0, *map(len, self.parts)])

    @property
    def names(self) -> list[str]:
        """The pictures' names, in order."""
        pairs = zip(self.parts, self.prefixes, strict=True)
        names = list(chain.from_iterable((prefix + name for name in _names(part)) for part, prefix in pairs))
        return [names[row] for row in self.rows.tolist()]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, position: int) -> ImageReference: ...

    @overload
    def __getitem__(self, position: slice) -> Sequence[ImageReference]: ...

    def __getitem__(self, position: int | slice) -> ImageReference | Sequence[ImageReference]:
        if isinstance(position, slice):
            return self.select(np.arange(len(self))[position])
        row = int(self.rows[position])
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        reference = self.parts[part][row - int(self._starts[part])]
        if not self.prefixes[part]:
            return reference
        # References are dataclasses of different kinds, each with a name.
        renamed: ImageReference = replace(reference, name=self.prefixes[part] + reference.name)  # type: ignore[type-var]
        return renamed

    def select(self, rows: np.ndarray | Sequence[int]) -> Sequence[ImageReference]:
        """Return the chosen pictures, in the order given; those of one part as that part keeps them."""
        chosen = self.rows[np.asarray(rows, dtype=np.int64)]
        for number, (start, part) in enumerate(zip(self._starts.tolist(), self.parts, strict=False)):
            inside = (chosen >= start) & (chosen < start + len(part))
            if len(chosen) and inside.all() and not self.prefixes[number]:
                return chosen_pictures(part, chosen - start)
        return replace(self, rows=chosen)


def chosen_pictures(pictures: Sequence[ImageReference], rows: np.ndarray) -> Sequence[ImageReference]:
    """Return the chosen pictures, as small as they were."""
    if isinstance(pictures, (FolderReferences, JoinedReferences)):
        return pictures.select(rows)
    return [pictures[row] for row in rows]


def picture_names(pictures: Sequence[ImageReference]) -> list[str]:
    """Return the names of pictures, in order."""
    return list(_names(pictures))


def _names(pictures: Sequence[ImageReference]) -> Iterator[str]:
    if isinstance(pictures, (FolderReferences, JoinedReferences)):
        yield from pictures.names
    else:
        yield from (picture.name for picture in pictures)
