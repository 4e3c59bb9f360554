"""The named figures, derived from counts and from per-label average precision; docs/metrics.md defines each.

Every function takes arrays whose last axis is the labels. Axes before it are kept: the bootstrap passes a row of
counts for each resample and gets each figure for each resample, by the same code that gives the figure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from corelate.metrics.counts import LabelCounts, ratio

Figures = dict[str, Any]
"""Figures by name, nested as in the JSON report; the leaves are arrays, with one value for each set of counts."""


def overall(counts: LabelCounts) -> Figures:
    """Return precision, recall and F1 of all cells together (micro)."""
    hits = counts.true_positive.sum(axis=-1)
    predicted, actual = counts.predicted.sum(axis=-1), counts.actual.sum(axis=-1)
    return {
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, actual),
        "f1": ratio(2 * hits, predicted + actual),
    }


def per_class(counts: LabelCounts) -> Figures:
    """Return the means over all labels of precision and of recall, and the F1 of those two means."""
    precision = ratio(counts.true_positive, counts.predicted).mean(axis=-1)
    recall = ratio(counts.true_positive, counts.actual).mean(axis=-1)
    return {"precision": precision, "recall": recall, "f1": ratio(2 * precision * recall, precision + recall)}


def n_plus(counts: LabelCounts) -> np.ndarray:
    """Return the number of labels with at least one hit."""
    return np.asarray(np.count_nonzero(counts.true_positive, axis=-1))


def macro_f1(counts: LabelCounts) -> np.ndarray:
    """Return the mean over all labels of each label's F1."""
    return np.asarray(ratio(2 * counts.true_positive, counts.predicted + counts.actual).mean(axis=-1))


def samples_f1(counts: LabelCounts) -> np.ndarray:
    """Return the mean over all images of each image's F1."""
    return ratio(counts.sample_f1_sum, counts.images)


def tag_figures(counts: LabelCounts) -> Figures:
    """Return the figures that are also reported for a forced number of tags."""
    return {"overall": overall(counts), "per_class": per_class(counts), "n_plus": n_plus(counts)}


def count_figures(counts: LabelCounts) -> Figures:
    """Return all figures that follow from counts."""
    figures = tag_figures(counts)
    averages = {"macro_f1": macro_f1(counts), "micro_f1": figures["overall"]["f1"], "samples_f1": samples_f1(counts)}
    return figures | averages


def all_figures(
    counts: LabelCounts, average_precision: np.ndarray, voc11: np.ndarray, forced: Mapping[str, LabelCounts]
) -> Figures:
    """Return every figure.

    Args:
        counts: Counts under the decision.
        average_precision: Of each label, NaN for labels that no image has.
        voc11: 11-point average precision of each label, likewise.
        forced: Counts under a forced number of tags, by that number.
    """
    figures = count_figures(counts)
    figures["map"], figures["map_voc11"] = mean_over_labels(average_precision), mean_over_labels(voc11)
    if forced:
        figures["top_k"] = {k: tag_figures(forced_counts) for k, forced_counts in forced.items()}
    return figures


def mean_over_labels(average_precision: np.ndarray) -> np.ndarray:
    """Return the mean over the labels whose value is not NaN; NaN where all are."""
    known = ~np.isnan(average_precision)
    total = np.where(known, average_precision, 0.0).sum(axis=-1)
    labels = np.count_nonzero(known, axis=-1)
    return np.divide(total, labels, out=np.full(np.shape(total), np.nan), where=labels > 0)


def map_leaves(function: Callable[..., Any], *figures: Any) -> Any:
    """Return the nested dictionary of what `function` makes of the leaves at the same place in each of `figures`."""
    first = figures[0]
    if not isinstance(first, dict):
        return function(*figures)
    return {name: map_leaves(function, *(nested[name] for nested in figures)) for name in first}


def to_json(figures: Any) -> Any:
    """Return figures with plain numbers as leaves: whole ones for counts, None for NaN, lists for more than one."""
    if isinstance(figures, dict):
        return {name: to_json(value) for name, value in figures.items()}
    values = np.asarray(figures)
    if values.ndim:
        return [to_json(value) for value in values]
    if np.isnan(values):
        return None
    return int(values) if values.dtype.kind in "iu" else float(values)
