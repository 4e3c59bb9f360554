"""The drawing of a reliability diagram: shares by score above, numbers of cells below."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from corelate.explain.drawing import SERIES, SOFT, new_figure
from corelate.explain.lettering.short_names import short_name
from corelate.explain.measures.reliability import LEVEL, Reliability


def draw_reliability(reliability: Reliability) -> Figure:
    """Draw the diagram of a reliability."""
    figure = new_figure(5.4, 6.4)
    shares, counts = figure.subplots(2, 1, height_ratios=(3.2, 1), sharex=True)
    _draw_shares(shares, reliability)
    _draw_counts(counts, reliability)
    return figure


def _draw_shares(axes: Axes, reliability: Reliability) -> None:
    bins = reliability.bins
    filled = bins.count > 0
    score, share = bins.mean_score[filled], bins.share[filled]
    low, high = bins.intervals(LEVEL)[filled].T
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (4, 2)), label="a score is a chance")
    axes.vlines(score, share, score, color=SERIES[1], linewidth=5, alpha=0.25, label="gap")
    reach = np.maximum([share - low, high - share], 0)
    axes.errorbar(
        score,
        share,
        yerr=reach,
        fmt="o-",
        markersize=4,
        linewidth=1.2,
        elinewidth=1,
        color=SERIES[0],
        label=f"share present, {100 * LEVEL:g} % interval",
        zorder=3,
    )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share of cells that are present")
    about = "scores" if reliability.label is None else f"scores of {short_name(reliability.label)}"
    axes.set_title(f"Are {about} chances?", pad=18)
    figures = (
        f"expected calibration error {bins.ece:.3f}, largest gap {bins.largest_gap:.3f}, Brier score {bins.brier:.3f}"
    )
    axes.text(0, 1.02, figures, transform=axes.transAxes, fontsize=8, color=SOFT)
    axes.legend(loc="best", fontsize=8)


def _draw_counts(axes: Axes, reliability: Reliability) -> None:
    bins = reliability.bins
    # Bars from one cell on; a bin of equal scores has no width of its own.
    width = np.maximum(np.diff(bins.edges), 0.004)
    place: dict[str, Any] = {"x": bins.edges[:-1], "width": width, "align": "edge", "linewidth": 0}
    axes.bar(height=bins.count, color=SERIES[7], alpha=0.35, label="known cells", **place)
    axes.bar(height=bins.present, color=SERIES[0], label="present", **place)
    axes.set_yscale("log")
    axes.set_ylim(0.7, bins.count.max() * 12)
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_major_formatter(lambda value, _: _short(value))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="score", ylabel="cells")
    axes.legend(loc="upper right", ncols=2, fontsize=8)


def _short(value: float) -> str:
    """Return a power of ten as it is said: 100, 10 k, 1 M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
