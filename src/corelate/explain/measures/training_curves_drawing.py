"""The drawing of a training: losses on the left, validation figures on the right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from corelate.explain.drawing import INK, SERIES, SOFT, new_figure
from corelate.explain.measures.training_curves import KEPT, LOSSES, SHARES, VALIDATION, TrainingCurves, figure_name

LOSS_NAMES = {"loss": "training", "validation.loss": "validation"}
FIGURE_COLOURS = dict(zip(SHARES, (SERIES[2], SERIES[3], SERIES[6]), strict=True))
STEEP = 30
"""Losses that fall by more are drawn on a logarithmic axis."""


def draw_training(curves: TrainingCurves) -> Figure:
    """Draw the panels that there are figures for."""
    shares = [VALIDATION + name for name in SHARES if VALIDATION + name in curves.columns]
    figure = new_figure(8.6 if shares else 4.8, 4.1)
    panels: list[Axes] = list(figure.subplots(1, 2 if shares else 1, squeeze=False).flat)
    _draw_losses(panels[0], curves)
    if shares:
        _draw_shares(panels[1], curves, shares)
    for axes in panels:
        _draw_best_epoch(axes, curves)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.04)
        if axes.lines:
            # Below, where no curve can run through it.
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2 if curves.folds else 3, fontsize=8)
    return figure


def _draw_losses(axes: Axes, curves: TrainingCurves) -> None:
    for name, colour in zip(LOSSES, SERIES, strict=False):
        _draw_figure(axes, curves, name, LOSS_NAMES[name], colour)
    values = np.concatenate([line.get_ydata() for line in axes.lines] or [np.ones(1)]).astype(np.float64)
    positive = values[values > 0]
    if len(positive) == len(values) and positive.max() > STEEP * positive.min():
        axes.set_yscale("log")
    elif positive.size:
        axes.set_ylim(min(0.0, 1.08 * values.min()), 1.08 * values.max())
    axes.set_title("Loss")


def _draw_shares(axes: Axes, curves: TrainingCurves, names: Sequence[str]) -> None:
    for name in names:
        short = name.removeprefix(VALIDATION)
        chooses = " (chooses)" if short == curves.monitor and curves.best_epoch is not None else ""
        _draw_figure(axes, curves, name, figure_name(short) + chooses, FIGURE_COLOURS[short], strong=bool(chooses))
    axes.set_ylim(0, 1)
    axes.set_title("Figures on validation pictures")


def _draw_figure(
    axes: Axes, curves: TrainingCurves, name: str, title: str, colour: str, *, strong: bool = False
) -> None:
    """Draw a figure of the kept training, and faintly those of the folds with their mean."""
    for fold in curves.folds:
        axes.plot(*curves.series(fold, name), color=colour, linewidth=0.8, alpha=0.35)
    epochs, values = curves.fold_mean(name)
    own = curves.series(KEPT, name)
    if len(epochs):
        label = f"{title}, mean of {len(curves.folds)} folds"
        axes.plot(epochs, values, color=colour, linestyle=(0, (4, 1.5)), linewidth=1.4, label=label)
    if len(own[0]):
        axes.plot(*own, color=colour, linewidth=2.4 if strong else 1.5, marker=".", markersize=6, label=title)


def _draw_best_epoch(axes: Axes, curves: TrainingCurves) -> None:
    if curves.best_epoch is None or not axes.lines:
        return
    axes.axvline(curves.best_epoch, color=SOFT, linewidth=1, linestyle=(0, (2, 2)), zorder=0.8)
    last = max(float(np.max(line.get_xdata(), initial=1)) for line in axes.lines)
    right = curves.best_epoch > (1 + last) / 2
    axes.annotate(
        f"kept: epoch {curves.best_epoch}",
        (curves.best_epoch, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if right else 4, -3),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        fontsize=8,
        color=INK,
    )
