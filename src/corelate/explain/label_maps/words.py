"""What maps of labels show, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from corelate.explain.label_maps.maps import LabelMaps


def mean(shares: np.ndarray | None) -> float | None:
    """Return the mean over the labels that have a share, or None."""
    if shares is None or not np.isfinite(shares).any():
        return None
    return float(np.nanmean(shares))


def stage_line(maps: LabelMaps, number: int) -> str:
    """Return what is true of one map's vectors, and how well the map shows it."""
    this = maps.maps[number]
    made = f"{this.stage[0].upper()}{this.stage[1:]}, {counted(this.width, 'number')} a label; {this.how}."
    together, kept, shown = mean(this.co_occurring), mean(this.kept), mean(this.shown)
    facts = []
    if together is not None and maps.chance is not None:
        facts.append(f"{_percent(together)} stand with it in a picture (of all pairs: {_percent(maps.chance)})")
    if kept is not None:
        facts.append(f"{_percent(kept)} are among its nearest in {maps.maps[number - 1].stage} too")
    if shown is not None:
        facts.append(f"{_percent(shown)} are among its nearest on the map")
    if not facts:
        return made
    count = this.nearest.shape[1]
    nearest = f"{count} labels" if count > 1 else "label"
    return f"{made} Of the {nearest} nearest to a label, {_joined(facts)}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _joined(facts: list[str]) -> str:
    return facts[0] if len(facts) == 1 else f"{', '.join(facts[:-1])}, and {facts[-1]}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
