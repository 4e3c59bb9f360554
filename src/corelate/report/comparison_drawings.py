"""Drawings of a comparison: differences as dots with intervals, and the training of all runs in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from corelate.explain.drawing import LINE, SERIES, SOFT, drawing_style, new_figure
from corelate.explain.lettering.text_fitting import one_line, shortened

if TYPE_CHECKING:
    from corelate.report.validation_curves import Curve

WIDTH = 6.0
MARKERS = "osD^vPX*"
STYLES = ("-", "--", ":", "-.")
LONGEST = 30
# Above and below the rows, for the axis with its title and the legend.
FRAME = 1.0


@dataclass(frozen=True)
class Dot:
    """A difference.

    Attributes:
        row: Which thing it is about; no two things have the same.
        text: What stands beside its row.
        series: Which run, counted from 0 among all runs of the comparison.
        value: The difference.
        low: Lower end of its interval.
        high: Upper end.
    """

    row: str
    text: str
    series: int
    value: float
    low: float
    high: float


def draw_differences(dots: Sequence[Dot], names: Mapping[int, str], title: str) -> Figure:
    """Return dots with intervals beside a line at no difference, one row a thing, the first above.

    Args:
        dots: What is drawn; rows come in the order in which they first appear.
        names: The name of each series that is drawn, for the legend.
        title: Of the horizontal axis.
    """
    texts = {dot.row: dot.text for dot in dots}
    rows = list(texts)
    places = {series: number for number, series in enumerate(names)}
    step = 1 / (len(names) + 1)
    # Each row is as high as its dots need, and a label at least.
    height = FRAME + len(rows) * max(0.26, 0.13 * (len(names) + 1)) + 0.2 * ((len(names) + 1) // 2)
    with drawing_style():
        figure = new_figure(WIDTH, height)
        axes = figure.subplots()
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.grid(visible=False, axis="y")
        for row in range(0, len(rows), 2):
            axes.axhspan(row - 0.5, row + 0.5, color=LINE, alpha=0.35, linewidth=0, zorder=0)
        for series, name in names.items():
            own = [dot for dot in dots if dot.series == series]
            heights = [rows.index(dot.row) + (places[series] + 1) * step - 0.5 for dot in own]
            ends = [[dot.value - dot.low for dot in own], [dot.high - dot.value for dot in own]]
            axes.errorbar(
                [dot.value for dot in own],
                heights,
                xerr=ends,
                fmt=MARKERS[series % len(MARKERS)],
                color=colour(series),
                markersize=4.5,
                elinewidth=1.2,
                label=drawn(name),
            )
        axes.set_yticks(range(len(rows)), [drawn(text) for text in texts.values()])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(title)
        _legend(figure)
    return figure


def draw_curves(curves: Sequence[Curve]) -> Figure:
    """Return the mAP of several runs by epoch; a dot marks the epoch that was kept."""
    with drawing_style():
        figure = new_figure(WIDTH, 3.2 + 0.2 * ((len(curves) + 1) // 2))
        axes = figure.subplots()
        for curve in curves:
            number = curve.run.number
            line = STYLES[number // len(SERIES) % len(STYLES)]
            # A single epoch is no line.
            marker = "." if len(curve.values) == 1 else None
            epochs, values = zip(*curve.values, strict=True)
            name = drawn(curve.run.title)
            axes.plot(epochs, values, marker=marker, color=colour(number), linestyle=line, label=name)
            if curve.kept is not None and curve.kept_value is not None:
                axes.plot(curve.kept, curve.kept_value, marker="o", markersize=6, color=colour(number))
        axes.set_xlabel("epoch")
        axes.set_ylabel("mAP on the pictures that choose")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _legend(figure)
    return figure


def colour(series: int) -> str:
    """Return the colour of a run in every drawing of the page."""
    return SERIES[series % len(SERIES)]


def drawn(text: str) -> str:
    """Return a name as it stands in a drawing: one line that is not too long."""
    return shortened(one_line(text), LONGEST, len)


def _legend(figure: Figure) -> None:
    handles, names = figure.axes[0].get_legend_handles_labels()
    if handles:
        # A name that begins with a low line would be left out if matplotlib collected the names itself.
        figure.legend(handles, names, loc="outside upper left", ncols=2)
