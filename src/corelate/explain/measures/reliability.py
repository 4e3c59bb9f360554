"""Whether scores are the chances they look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.errors import ScoresError
from corelate.explain.judged import Judged
from corelate.explain.lettering.short_names import short_name
from corelate.explain.table import Table
from corelate.metrics.calibration import CalibrationBins, calibration_bins

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from corelate.training.recipe import Recipe

LEVEL = 0.95
ASKS_FOR_CHANCES = "bce"
"""The loss that is least on average where each score is the chance of its label; the others move it on purpose."""
WRITTEN = {
    "chance": "how likely the head is to write each label, as far as its search looked",
    "beams": "which share of the sequences found has each label; these are no chances",
    "found": "by more than a half which labels it wrote, and by less which it did not; these are no chances",
}
"""What the scores of heads that write sequences are, by their option `scores`."""
HALVES = ("Up to .5", "Above .5")


@dataclass(frozen=True)
class Reliability:
    """Scores beside the share of cells that are present.

    Attributes:
        bins: The known cells by score.
        halves: The same cells in two bins: scores up to a half, and above it.
        equal_mass: Whether bins hold as many cells each, or are equally wide.
        label: The label it is about, or None for all.
        source: What was measured, in words.
    """

    bins: CalibrationBins
    halves: CalibrationBins
    equal_mass: bool
    label: str | None
    source: str

    def table(self) -> Table:
        """Return one row for each bin; what is undefined in an empty one is None."""
        bins, ends = self.bins, self.bins.intervals(LEVEL)
        columns: dict[str, Sequence[Any]] = {
            "above": bins.edges[:-1].tolist(),
            "up_to": bins.edges[1:].tolist(),
            "cells": bins.count.tolist(),
            "present": bins.present.tolist(),
            "mean_score": _defined(bins.mean_score),
            "share_present": _defined(bins.share),
            "share_low": _defined(ends[:, 0]),
            "share_high": _defined(ends[:, 1]),
        }
        about = {
            "source": self.source,
            "label": self.label,
            "bins": "equal mass" if self.equal_mass else "equal width",
            "level": LEVEL,
            "cells": int(bins.count.sum()),
            "present": int(bins.present.sum()),
            "mean_score": float(bins.score_sum.sum() / bins.count.sum()),
            "ece": bins.ece,
            "largest_gap": bins.largest_gap,
            "brier": bins.brier,
        }
        return Table(tuple(columns), list(zip(*columns.values(), strict=True)), about)

    def draw(self) -> Figure:
        """Draw the share of present cells by score, and how many cells each bin holds."""
        from corelate.explain.measures.reliability_drawing import draw_reliability

        return draw_reliability(self)

    def summary(self) -> list[str]:
        """Return what is to be seen, in sentences."""
        bins = self.bins
        about = f", label {short_name(self.label, 60)}" if self.label else ""
        cells, present = bins.count.sum(), bins.present.sum()
        lines = [
            f"{self.source}{about}: {cells:,} known cells, {present:,} of them present "
            f"({100 * present / cells:.2g} %); mean score {bins.score_sum.sum() / cells:.3f}",
            f"Expected calibration error {bins.ece:.4f}, largest gap of a bin {bins.largest_gap:.3f}, "
            f"Brier score {bins.brier:.4f}",
        ]
        return lines + [self._half(number) for number in np.flatnonzero(self.halves.count)[::-1]]

    def _half(self, number: int) -> str:
        """Say whether the scores of one half are too high, which they are not within the interval of the share."""
        halves = self.halves
        score, share = halves.mean_score[number], halves.share[number]
        low, high = halves.intervals(LEVEL)[number]
        verdict = "about right"
        if not low <= score <= high:
            # A network that is too sure says too much above a half and too little below it.
            sure = "over-confident" if (score > share) == bool(number) else "under-confident"
            verdict = f"too {'high' if score > share else 'low'} ({sure})"
        cells = f"{halves.count[number]:,} {'cell' if halves.count[number] == 1 else 'cells'}"
        present = f"{share:.3f} present [{low:.3f}, {high:.3f}]"
        return f"{HALVES[number]} ({cells}): mean score {score:.3f}, {present}: {verdict}"


def reliability(judged: Judged, bins: int = 15, *, equal_mass: bool = False, label: str | None = None) -> Reliability:
    """Compare scores with how often cells of that score are present.

    Args:
        judged: What was measured; unknown targets are left out.
        bins: How many bins of similar score.
        equal_mass: Bins with as many cells each in place of bins of equal width.
        label: Look at one label alone.

    Raises:
        ScoresError: No target is known.
        OptionError: `bins` is below 1 or above 1,000, or there is no such label.
    """
    scores, targets, what = judged.scores, judged.targets, judged.source
    if label is not None:
        columns = judged.columns_of([label])
        scores, targets, what = scores[:, columns], targets[:, columns], f"label {short_name(label, 60)} of {what}"
    try:
        sorted_cells = calibration_bins(scores, targets, bins, equal_mass=equal_mass)
    except ScoresError as error:
        raise ScoresError(f"{what}: {error}") from None
    return Reliability(sorted_cells, calibration_bins(scores, targets, 2), equal_mass, label, judged.source)


def about_scores(recipe: Recipe) -> list[str]:
    """Return what the recipe of a run means for its scores, in sentences; none where it asks for chances."""
    written = getattr(recipe.head.options, "scores", "")
    if written:
        return [f"The head writes sequences. Its scores ({written}) say {WRITTEN[written]}"]
    if recipe.loss.name == ASKS_FOR_CHANCES:
        return []
    return [
        f"Trained with {recipe.loss.name}, which does not ask for chances: scores rank pictures, and thresholds turn "
        "them into tags"
    ]


def _defined(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
