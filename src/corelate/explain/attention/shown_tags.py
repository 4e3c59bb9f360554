"""Which labels of one picture maps are made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corelate.data.targets import ABSENT, PRESENT

# Shown of a picture without any tag: so many of the labels with the best scores.
BEST = 2


@dataclass(frozen=True)
class KnownLabels:
    """What is known of the labels of one picture.

    Attributes:
        scores: L, in [0, 1].
        given: L, whether the picture was given the label.
        targets: L of 1, 0 and -1 for unknown; None where nothing is known.
    """

    scores: np.ndarray
    given: np.ndarray
    targets: np.ndarray | None

    def kind(self, column: int) -> str:
        """Return the kind of a label, one of `corelate.explain.attention.picture_maps.KINDS`."""
        target = None if self.targets is None else self.targets[column]
        if not self.given[column]:
            return "missed" if target == PRESENT else "not given"
        if target is None or target not in (PRESENT, ABSENT):
            return "unknown"
        return "right" if target == PRESENT else "wrong"

    def chosen(self, written: Sequence[int], most: int) -> list[int]:
        """Return the labels that are shown, at most so many.

        First what a sequence wrote, in its order; then what the picture was given, the best score first, and if there
        is neither, the labels with the best scores; last what is true and was not given.

        Args:
            written: Labels of the best sequence; empty for heads that write none.
            most: At least 1.
        """
        by_score = np.argsort(-self.scores, kind="stable").tolist()
        first = [*written, *(column for column in by_score if self.given[column])] or by_score[:BEST]
        missed = [column for column in by_score if self.kind(column) == "missed"]
        return list(dict.fromkeys([*first, *missed]))[:most]
