"""What a page is about: a run under one of its decision rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from corelate.explain.judged import Judged
from corelate.explain.run_material import RunMaterial
from corelate.explain.sheet.choosing_pictures import choose_pictures

MOST_PICTURES = 600
"""Runs that were measured on more pictures show some of them."""
# Of a sample, errors are what one looks for; but only pictures drawn at random show how good the tags usually are.
ERRORS_SHARE = 0.75


@dataclass(frozen=True)
class Subject:
    """A finished run, looked at under one rule.

    Attributes:
        material: The run.
        judged: Its scores and tags.
        most_pictures: How many pictures the page may show, at least 0.
        strict: Raise what no part expects, in place of a sentence on the page.
    """

    material: RunMaterial
    judged: Judged
    most_pictures: int = MOST_PICTURES
    strict: bool = False

    @property
    def rule(self) -> str:
        """The name of the decision rule."""
        return self.judged.decision.rule

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of the run's ``metrics.json``."""
        return self.material.metrics

    @cached_property
    def shown(self) -> np.ndarray:
        """The rows of the pictures that the page shows, most confident errors first, then those drawn at random."""
        count = min(self.most_pictures, len(self.judged.names))
        if not count:
            return np.empty(0, dtype=np.int64)
        errors = choose_pictures(self.judged, "errors", self.errors_shown)
        if len(errors) == count:
            return errors
        drawn = choose_pictures(self.judged, "random", count)
        others = drawn[~np.isin(drawn, errors)][: count - len(errors)]
        return np.concatenate([errors, others])

    @cached_property
    def errors_shown(self) -> int:
        """How many of the shown pictures were chosen for their errors; all where all pictures are shown."""
        pictures = len(self.judged.names)
        return pictures if self.most_pictures >= pictures else max(1, round(ERRORS_SHARE * self.most_pictures))
