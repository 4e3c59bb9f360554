"""The sheet of gradients: a panel for each kind of label, in it a curve for each loss."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.explain.drawing import INK, SERIES, SOFT, SURFACE, new_figure
from corelate.explain.gradients.curve import ABSENT, LATER, OUTERMOST, PRESENT, UNKNOWN, GradientCurve, Place, logit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from corelate.explain.gradients.loss_gradients import LossCurves, LossGradients

_TITLES = {
    False: {ABSENT: "An absent label", PRESENT: "A present label", UNKNOWN: "An unknown label"},
    True: {
        ABSENT: "A token that is not due",
        PRESENT: "The label that is due",
        LATER: "A label given for a later step",
    },
}
_ALONG = {
    False: "p = sigmoid of the label's logit",
    True: "p = softmax, the other tokens alike",
}
# From the ninth curve on colours come again, with other lines.
_LINES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
_DASH = 7.0
_WIDTH, _ROW_HEIGHT, _LEGEND_LINE = 9.6, 3.6, 0.2
_LETTERS_PER_LINE, _LETTERS_PER_HANDLE = 128, 9
_MOST_NAMED_PEAKS = 3
# How much of a panel the name of a peak takes.
_PEAK_NAME_WIDTH, _PEAK_NAME_HEIGHT = 0.15, 0.13
_LOGIT_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


def draw(gradients: LossGradients) -> Figure:
    """Return the sheet; losses over labels and losses over sequences have a row and a legend each."""
    rows = [
        [group for group in gradients.distinct if group[0].of_sequences == of_sequences]
        for of_sequences in (False, True)
    ]
    rows = [groups for groups in rows if groups]
    heights = [_ROW_HEIGHT + _LEGEND_LINE * _legend_shape(_names(groups))[0] for groups in rows]
    figure = new_figure(_WIDTH, sum(heights))
    parts = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
    # No colour twice, if there are enough of them.
    enough = sum(map(len, rows)) <= len(SERIES)
    for number, (part, groups) in enumerate(zip(parts, rows, strict=True)):
        used = sum(map(len, rows[:number])) if enough else 0
        _draw_row(part, groups, _styles(used, len(groups)), gradients.axis)
    return figure


def _draw_row(
    figure: SubFigure, groups: Sequence[Sequence[LossCurves]], styles: Sequence[dict[str, Any]], axis: str
) -> None:
    from matplotlib.lines import Line2D

    losses = [group[0] for group in groups]
    of_sequences = losses[0].of_sequences
    titles = _TITLES[of_sequences]
    targets = [target for target in titles if any(target in loss.curves for loss in losses)]
    panels = figure.subplots(1, len(targets), squeeze=False)[0]
    for panel, target in zip(panels, targets, strict=True):
        shown = [
            (loss.curves[target], style) for loss, style in zip(losses, styles, strict=True) if target in loss.curves
        ]
        panel.set_title(titles[target])
        panel.set_xlabel(_ALONG[of_sequences])
        _draw_curves(panel, shown, axis)
        if target == ABSENT and not of_sequences:
            _mark_peaks(panel, losses, styles, axis)
        _mark_axis(panel, axis, steps=10 if len(targets) < 3 else 5)
    _equalise(panels, losses, targets, together=of_sequences)
    panels[0].set_ylabel("gradient dL / dlogit")
    names = _names(groups)
    handles = [Line2D([], [], linewidth=2, **style) for style in styles]
    figure.legend(handles, names, loc="outside lower center", ncols=_legend_shape(names)[1], fontsize=8.5)


def _draw_curves(panel: Axes, shown: Sequence[tuple[GradientCurve, dict[str, Any]]], axis: str) -> None:
    panel.axhline(0, color=SOFT, linewidth=0.8, zorder=1)
    for number, (curve, style) in enumerate(shown):
        alike = [other for other, (each, _) in enumerate(shown) if each.same_as(curve)]
        line = style
        if len(alike) > 1 and style["linestyle"] == "solid":
            # Curves that cover each other take turns, so that each is seen.
            turn = (len(alike) - alike.index(number)) * _DASH
            line = {**style, "linestyle": (turn, (_DASH, _DASH * (len(alike) - 1)))}
        places = _places(curve, axis)
        cuts = curve.jump_starts + 1
        panel.plot(np.insert(places, cuts, np.nan), np.insert(curve.gradients, cuts, np.nan), **line)
        for start in curve.jump_starts:
            panel.plot(
                places[start : start + 2],
                curve.gradients[start : start + 2],
                color=style["color"],
                linestyle=(0, (1, 1.5)),
                linewidth=0.9,
            )


def _mark_peaks(panel: Axes, losses: Sequence[LossCurves], styles: Sequence[dict[str, Any]], axis: str) -> None:
    """Mark where gradients of absent labels are largest, and write it beside those of which that is news."""
    peaked = [
        (loss, peak, style["color"])
        for loss, style in zip(losses, styles, strict=True)
        if (peak := loss.curves[ABSENT].peak) is not None and peak.inside
    ]
    highest = max(float(loss.curves[ABSENT].gradients.max()) for loss in losses)
    wanted = [pair for pair in peaked if pair[0].name == "asymmetric"] or peaked
    named = _apart([(loss, peak) for loss, peak, _ in wanted], highest) if len(wanted) <= _MOST_NAMED_PEAKS else []
    for loss, peak, colour in peaked:
        place = float(logit(np.array(peak.probability))) if axis == "logit" else peak.probability
        panel.plot([place], [peak.gradient], marker="o", markersize=5, color=colour, markeredgecolor=SURFACE)
        if loss in named:
            tall = peak.gradient > 0.25 * highest and not loss.curves[ABSENT].jumps
            panel.annotate(
                f"{peak.gradient:.2f} at\np = {peak.probability:.2f}",
                (place, peak.gradient),
                textcoords="offset points",
                fontsize=8,
                color=INK,
                zorder=1,
                **_beside_peak(tall, axis),
            )


def _apart(peaks: Sequence[tuple[LossCurves, Place]], highest: float) -> list[LossCurves]:
    """Return the losses whose peaks can be named without covering the name of one before."""
    kept: list[tuple[LossCurves, Place]] = []
    for loss, peak in peaks:
        covers = (
            abs(peak.probability - other.probability) < _PEAK_NAME_WIDTH
            and abs(peak.gradient - other.gradient) < _PEAK_NAME_HEIGHT * highest
            for _, other in kept
        )
        if not any(covers):
            kept.append((loss, peak))
    return [loss for loss, _ in kept]


def _beside_peak(tall: bool, axis: str) -> dict[str, Any]:
    """Return where the name of a peak stands: where the fewest curves pass."""
    if axis == "logit":
        return {"xytext": (7, 2), "horizontalalignment": "left", "verticalalignment": "center"}
    if tall:  # there is room below the top, and other curves pass above it
        return {"xytext": (-7, -20), "horizontalalignment": "center", "verticalalignment": "top"}
    return {"xytext": (0, 6), "horizontalalignment": "center", "verticalalignment": "bottom"}


def _mark_axis(panel: Axes, axis: str, steps: int) -> None:
    if axis == "logit":
        ticks = _LOGIT_TICKS if steps > 5 else _LOGIT_TICKS[1:-1]
        panel.set_xticks(logit(np.array(ticks)), [f"{tick:g}" for tick in ticks])
        end = float(logit(np.array(OUTERMOST)))
        panel.set_xlim(-end, end)
    else:
        panel.set_xticks(np.linspace(0, 1, steps + 1), [f"{tick / steps:g}" for tick in range(steps + 1)])
        panel.set_xlim(-0.005, 1.005)


def _equalise(panels: Sequence[Axes], losses: Sequence[LossCurves], targets: Sequence[str], together: bool) -> None:
    """Give all panels of a row one scale, each with 0 and the part that its curves need, or `together` one range."""
    ranges = []
    for target in targets:
        values = np.concatenate([loss.curves[target].gradients for loss in losses if target in loss.curves])
        ranges.append((min(float(values.min()), 0.0), max(float(values.max()), 0.0)))
    if together:
        lows, highs = zip(*ranges, strict=True)
        ranges = [(min(lows), max(highs))] * len(ranges)
    span = max(high - low for low, high in ranges) or 1.0
    for panel, (low, high) in zip(panels, ranges, strict=True):
        spare = span - (high - low)
        below, above = (0.0, spare) if high >= -low else (spare, 0.0)
        panel.set_ylim(low - below - 0.04 * span, high + above + 0.06 * span)


def _styles(used: int, count: int) -> list[dict[str, Any]]:
    colours = len(SERIES)
    return [
        {"color": SERIES[number % colours], "linestyle": _LINES[number // colours % len(_LINES)]}
        for number in range(used, used + count)
    ]


def _places(curve: GradientCurve, axis: str) -> np.ndarray:
    return curve.logits if axis == "logit" else curve.probabilities


def _names(groups: Sequence[Sequence[LossCurves]]) -> list[str]:
    """Return what the legend says of each group, in lines that the sheet has room for."""
    texts = (", ".join(loss.title for loss in group) for group in groups)
    return [textwrap.fill(text, _LETTERS_PER_LINE - _LETTERS_PER_HANDLE) for text in texts]


def _legend_shape(names: Sequence[str]) -> tuple[int, int]:
    """Return how many lines and columns the legend has: as many columns as there is room for."""
    for columns in range(len(names), 1, -1):
        # As the legend is filled: column by column, each as wide as its longest name.
        parts = [names[part[0] : part[-1] + 1] for part in np.array_split(np.arange(len(names)), columns)]
        if sum(max(map(len, part)) + _LETTERS_PER_HANDLE for part in parts) <= _LETTERS_PER_LINE:
            return max(map(len, parts)), columns
    return sum(name.count("\n") + 1 for name in names), 1
