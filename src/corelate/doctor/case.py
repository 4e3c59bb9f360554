"""What the checks look at: a data set, what its pictures look like, and scores of them if there are any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.roles import sides
from corelate.doctor.looked_at import LookedAt, look_at
from corelate.doctor.matched_scores import MatchedScores
from corelate.options import check_options, option


@dataclass(frozen=True)
class DoctorOptions:
    """What the checks take for a fault."""

    distance: int = option(
        8, "Bits of 64 in which the perceptual hashes of two copies differ at most.", minimum=0, maximum=20
    )
    minimum_pictures: int = option(5, "Labels of fewer training pictures are too rare to learn.", minimum=2)
    minimum_together: int = option(
        10, "Pictures that labels share at least, to say that they always come together.", minimum=2
    )
    smallest_side: int = option(32, "Pictures with a shorter side are too small, pixels.", minimum=1)
    widest_aspect: float = option(4.0, "Pictures longer than so many times their width are odd.", minimum=1.0)
    any_suffix: bool = option(False, "Read pictures of another format than their suffix says.")

    def __post_init__(self) -> None:
        check_options(self, "doctor")


@dataclass
class Case:
    """A data set under examination; nothing in it is changed.

    Attributes:
        annotations: The data set.
        scores: Scores of its pictures by a network that had not seen them, or None.
        options: What counts as a fault.
        progress: Called with the number of pictures there are to read whenever one was read.
    """

    annotations: AnnotationSet
    scores: MatchedScores | None = None
    options: DoctorOptions = field(default_factory=DoctorOptions)
    progress: Callable[[int], object] = lambda total: None

    @cached_property
    def looked_at(self) -> LookedAt:
        """What the pictures look like; read when this is first asked for."""
        total = len(self.annotations)
        return look_at(
            self.annotations.pictures,
            any_suffix=self.options.any_suffix,
            progress=lambda: self.progress(total),
        )

    @cached_property
    def names(self) -> list[str]:
        """The pictures' names."""
        return self.annotations.names

    @cached_property
    def sides(self) -> np.ndarray | None:
        """The side of the division each picture is on, train, validation, test or the split's own name; or None."""
        splits = self.annotations.splits
        return None if splits is None else sides(splits)

    @cached_property
    def training_rows(self) -> np.ndarray:
        """The rows of the pictures to learn from; all of them where no split is for training."""
        everything = np.arange(len(self.annotations))
        if self.sides is None:
            return everything
        rows = np.flatnonzero(self.sides == "train")
        return rows if len(rows) else everything
