"""The drawing of precision-recall curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from corelate.explain.drawing import INK, LINE, SERIES, SOFT, new_figure
from corelate.explain.lettering.short_names import short_name
from corelate.explain.measures.precision_recall import LABEL, MEAN, Curve, PrecisionRecall

EQUAL_F1 = (0.2, 0.4, 0.6, 0.8)
LABEL_COLOURS = SERIES[2:8]
LABEL_LINES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)))


def draw_curves(curves: PrecisionRecall) -> Figure:
    """Draw curves with their working points; the legend stands beside them."""
    figure = new_figure(7.8, 4.9)
    axes = figure.subplots()
    _draw_equal_f1(axes)
    number = 0
    for curve in curves.curves:
        style: dict[str, Any] = {"color": SERIES[0], "linewidth": 2.2}
        if curve.kind == MEAN:
            style = {"color": SERIES[1], "linewidth": 2.2}
        elif curve.kind == LABEL:
            lines = LABEL_LINES[number // len(LABEL_COLOURS)]
            style = {"color": LABEL_COLOURS[number % len(LABEL_COLOURS)], "linewidth": 1.3, "linestyle": lines}
            number += 1
        _draw_curve(axes, curve, curves, style)
    axes.plot([], [], "o", markersize=7, color=SOFT, markeredgecolor=INK, label=f"rule {curves.rule}")
    axes.set(
        xlim=(0, 1.005),
        ylim=(0, 1.03),
        xlabel="recall: found of what is there",
        ylabel="precision: right of what is found",
    )
    axes.set_title("What every threshold would find", pad=17)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), fontsize=8, borderaxespad=0, labelspacing=0.8)
    return figure


def _draw_curve(axes: Axes, curve: Curve, curves: PrecisionRecall, style: dict[str, Any]) -> None:
    # From no recall on: the first precision holds up to the first recall, and the area is average precision.
    recall = np.concatenate([[0.0], curve.recall])
    precision = np.concatenate([curve.precision[:1], curve.precision])
    axes.plot(recall, precision, drawstyle="steps-pre", label=_title(curve, curves), **style)
    if curve.working_point is not None:
        big = curve.kind != LABEL
        axes.plot(
            *curve.working_point,
            "o",
            markersize=8 if big else 5.5,
            color=style["color"],
            markeredgecolor=INK,
            markeredgewidth=0.9,
            clip_on=False,
            zorder=5,
        )


def _title(curve: Curve, curves: PrecisionRecall) -> str:
    average = f"{curve.average_precision:.3f}"
    if curve.kind == LABEL:
        pictures = "picture" if curve.positives == 1 else "pictures"
        return f"{short_name(curve.name)}: {average}, {curve.positives:,} {pictures}"
    if curve.kind == MEAN:
        return f"mean over {curves.averaged:,} labels:\naverage precision {average} (map)"
    return f"all cells together:\naverage precision {average}"


def _draw_equal_f1(axes: Axes) -> None:
    """Draw where precision and recall give the same F1."""
    for f1 in EQUAL_F1:
        # Evenly along both axes, since the line is steep on the left and flat on the right.
        evenly = np.linspace(f1 / (2 - f1), 1, 50)
        recall = np.union1d(evenly, f1 * evenly / (2 * evenly - f1))
        axes.plot(recall, f1 * recall / (2 * recall - f1), color=LINE, linewidth=0.9, zorder=0.5)
        axes.text(f1 / (2 - f1), 1.035, f"F1 {f1:g}", fontsize=7, color=SOFT, ha="center", va="bottom")
    axes.grid(visible=False)
