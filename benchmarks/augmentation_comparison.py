"""What the arms of `augmentation.py` are compared by: figures on the test pictures, and their paired differences."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np

from corelate.metrics.bootstrap import IntervalOptions, PairedFigures, centred_interval
from corelate.metrics.resampling import ResampledImages
from corelate.training.finished import FinishedRun

BASES = ("none", "flips")
# Each figure with the rule that is meant for it, fitted on the validation pictures.
FIGURES = {
    "map": ("global_f", ("map",)),
    "overall_f1": ("global_f", ("overall", "f1")),
    "per_class_f1": ("per_label_mcc", ("per_class", "f1")),
    "n_plus": ("per_label_mcc", ("n_plus",)),
}
RULES = ("global_f", "per_label_mcc")


def at(figures: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        figures = figures[name]
    return figures


def images_of(path: Path, rule: str) -> ResampledImages:
    run = FinishedRun.open(path)
    kept = run.scores()
    return ResampledImages(kept.scores, kept.targets, run.decisions(kept.targets.shape[1])[rule], {})


def differences(runs: dict[str, list[Path]], resamples: int) -> list[dict[str, Any]]:
    """Compare every arm with each base: the mean over seeds, and its interval over the test pictures.

    The same pictures are drawn for all arms and seeds. What another draw of seeds would change is not in the interval;
    the difference of each seed is given beside it.

    Args:
        runs: Of each arm the folders of its finished runs, one for each seed.
        resamples: How often the test pictures are drawn.
    """
    options, rows = IntervalOptions(resamples=resamples), []
    for rule in RULES:
        images = [images_of(path, rule) for arm in runs for path in runs[arm]]
        paired = PairedFigures.of(images, options)
        seeds = len(images) // len(runs)
        places = {arm: range(number * seeds, (number + 1) * seeds) for number, arm in enumerate(runs)}
        for name, path in ((name, path) for name, (own, path) in FIGURES.items() if own == rule):
            for base in (base for base in BASES if base in runs):
                for arm in (arm for arm in runs if arm != base):
                    found = difference(paired, list(zip(places[arm], places[base], strict=True)), path)
                    rows.append({"arm": arm, "against": base, "figure": name, **found})
    return rows


def difference(paired: PairedFigures, places: list[tuple[int, int]], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the difference of a figure between pairs of sets, one for each seed."""
    each = [float((at(paired.figures[one], path) - at(paired.figures[other], path))[0]) for one, other in places]
    gaps = [at(paired.resampled[one], path) - at(paired.resampled[other], path) for one, other in places]
    mean = statistics.mean(each)
    interval = centred_interval(np.mean(gaps, axis=0), mean, paired.options.level)
    return {"difference": mean, "interval": interval, "of_each_seed": each}
