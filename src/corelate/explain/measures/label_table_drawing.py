"""The drawing of a table of labels: average precision by frequency, and the best and worst labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from corelate.explain.drawing import INK, LINE, SERIES, SOFT, new_figure
from corelate.explain.lettering.point_names import name_points
from corelate.explain.lettering.short_names import short_name
from corelate.explain.measures.label_table import LabelTable

MOST_ROWS = 32
"""As many labels are listed at once; of more, half as the best and half as the worst."""
MOST_DRAWN_ONE_BY_ONE = 2000
NAMED = 16
"""How many labels far from the mean of their like are named."""
FEWEST_LABELS_FOR_MEANS = 5


def draw_labels(labels: LabelTable) -> Figure:
    """Draw each label as a point, and those with the highest and lowest average precision as a list."""
    order, support = labels.ranked
    listed = order if len(order) <= MOST_ROWS else np.concatenate([order[: MOST_ROWS // 2], order[-MOST_ROWS // 2 :]])
    figure = new_figure(9.6, max(4.2, 1.1 + 0.17 * (len(listed) + 1)))
    if not len(order):
        figure.text(0.5, 0.5, "No measured picture has any label: there is no average precision.", ha="center")
        return figure
    points, ranking = figure.subplots(1, 2, width_ratios=(1.3, 1))
    _draw_list(ranking, labels, listed, support)
    _draw_points(points, labels)
    handles = [handle for axes in (points, ranking) for handle in axes.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower left", ncols=5, fontsize=8, handletextpad=0.3, columnspacing=1.2)
    _name_points(points, labels)
    return figure


def _draw_points(axes: Axes, labels: LabelTable) -> None:
    rows, points = _points(labels)
    positives = labels.figures["positives"]
    sizes = 6 + 5 * np.sqrt(np.minimum(positives[rows], 100))
    never, many = labels.never_predicted[rows], len(rows) > MOST_DRAWN_ONE_BY_ONE
    for chosen, colour, name in ((~never, SERIES[0], "given to some picture"), (never, SERIES[1], "given to none")):
        if chosen.any():
            x, y = points[chosen].T
            style: dict[str, Any] = {"color": colour, "alpha": 0.3 if many else 0.55, "linewidths": 0, "label": name}
            # As pixels where they are so many that an SVG would be large.
            axes.scatter(x, y, s=sizes[chosen] / (2 if many else 1), rasterized=many, **style)
    _draw_means(axes, points)
    axes.set_xscale("log")
    _count_ticks(axes, points[:, 0])
    axes.set_ylim(-0.05, 1.05)
    axes.set_ylabel("average precision")
    axes.set_xlabel("measured pictures with the label" if labels.training is None else "training pictures")
    axes.set_title("Each label: how often it was seen, how well it is ranked", fontsize=8.5)


def _name_points(axes: Axes, labels: LabelTable) -> None:
    """Name the labels farthest from the mean of their like, the surest first; all, if they are few."""
    rows, points = _points(labels)
    positives = labels.figures["positives"][rows]
    weights = np.abs(points[:, 1] - _band_means(points)[1]) * np.sqrt(positives)
    most = len(rows) if len(rows) <= MOST_ROWS else NAMED
    named = np.lexsort((-positives, -weights))[:most]
    name_points(axes, points, [(int(row), short_name(labels.labels[rows[row]], 18)) for row in named], size=7.5)


def _points(labels: LabelTable) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that have an average precision, and where they stand: frequency, average precision."""
    average = labels.figures["average_precision"]
    rows = np.flatnonzero(~np.isnan(average))
    # No logarithm of 0: labels that training never saw stand at a half, under a tick that says 0.
    return rows, np.column_stack([np.maximum(labels.frequency[rows], 0.5), average[rows]])


def _draw_means(axes: Axes, points: np.ndarray) -> None:
    (middles, counts), _ = _band_means(points)
    middles = middles[counts >= FEWEST_LABELS_FOR_MEANS]
    if len(middles) > 1:
        axes.plot(
            *middles.T, color=SOFT, linewidth=1.2, linestyle=(0, (4, 2)), label="mean of labels as frequent", zorder=3
        )


def _band_means(points: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the mean points of labels whose frequency is within a factor of 2, how many they are, and each's mean."""
    bands, band = np.unique(np.floor(np.log2(points[:, 0])), return_inverse=True)
    middles = np.array([points[band == number].mean(axis=0) for number in range(len(bands))])
    return (middles, np.bincount(band)), middles[band, 1]


def _count_ticks(axes: Axes, counts: np.ndarray) -> None:
    """Write whole numbers at round places, and 0 where labels without any picture stand."""
    low, high = counts.min() / 1.4, counts.max() * 1.4
    steps = (1, 10) if high / low > 100 else (1, 2, 5, 10)
    ticks = {float(step * 10**power) for power in range(12) for step in steps}
    places = [0.5] * int(low < 0.5) + sorted(tick for tick in ticks if low <= tick <= high)
    axes.set_xlim(low, high)
    axes.set_xticks(places, ["0" if place < 1 else f"{place:,.0f}" for place in places])
    axes.xaxis.set_minor_formatter(NullFormatter())


def _draw_list(axes: Axes, labels: LabelTable, rows: np.ndarray, support: int) -> None:
    ranked, heights = len(labels.ranked[0]), -np.arange(len(rows), dtype=float)
    if ranked > len(rows):
        heights[len(rows) // 2 :] -= 1
        axes.axhline(-len(rows) / 2, color=LINE, linewidth=1)
    _draw_figures(axes, labels, rows, heights)
    everything = ranked == np.count_nonzero(labels.figures["positives"])
    axes.set_title(_list_title(ranked, len(rows), 1 if everything else support), fontsize=8.5)
    axes.set_yticks(heights, [short_name(labels.labels[row]) for row in rows], fontsize=7.5, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_ylim(heights[-1] - 0.7, 0.7)
    axes.set_xlim(-0.03, 1.03)
    beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 7, "color": SOFT}
    for height, count in zip(heights, labels.figures["positives"][rows], strict=True):
        axes.text(1.02, height, f"{count:,.0f}", va="center", **beside)
    beside["transform"] = axes.transAxes
    axes.text(1.02, 1.005, "pictures", va="bottom", **beside)


def _draw_figures(axes: Axes, labels: LabelTable, rows: np.ndarray, heights: np.ndarray) -> None:
    average, reach, name = labels.figures["average_precision"][rows], None, "average precision"
    if labels.options is not None:
        low, high = labels.intervals["average_precision"][rows].T
        reach, name = (
            np.maximum([average - low, high - average], 0),
            f"{name}, {100 * labels.options.level:g} % interval",
        )
    axes.errorbar(average, heights, xerr=reach, fmt="o", markersize=3.5, elinewidth=1, color=SERIES[0], label=name)
    f1 = labels.figures["f1"][rows]
    axes.scatter(f1, heights, s=18, marker="|", color=INK, linewidths=1.4, zorder=4, label="F1 of the rule")


def _list_title(ranked: int, listed: int, support: int) -> str:
    if ranked <= listed:
        return "All labels that pictures have" if support == 1 else f"All labels with {support} or more pictures"
    return f"Best and worst of {ranked:,} labels with {support}+ pictures"
