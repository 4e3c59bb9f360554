"""How the loss and the figures went from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corelate.errors import RunError
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from corelate.explain.run_material import RunMaterial

KEPT = "training"
"""The name of the training whose weights a run keeps; others are folds."""
VALIDATION = "validation."
LOSSES = ("loss", "validation.loss")
FIGURE_NAMES = {"loss": "loss", "map": "mAP", "overall.f1": "overall F1", "per_class.f1": "per-class F1"}
"""What the figures that can choose an epoch are called in words."""
SHARES = ("map", "overall.f1", "per_class.f1")
"""Validation figures between 0 and 1, which share a panel."""
STALL = 0.01
"""A figure that got worse by a smaller share of its best value has not got worse."""

Rows = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class TrainingCurves:
    """The logs of one or more trainings.

    Attributes:
        history: For each training, by name, one mapping of figures for each epoch, in order of the epochs.
        best_epoch: The epoch, from 1, whose weights the run keeps, or None.
        monitor: The validation figure that chose it.
    """

    history: Mapping[str, Rows]
    best_epoch: int | None
    monitor: str

    @property
    def columns(self) -> list[str]:
        """The names of all figures, in the order of the logs."""
        names = dict.fromkeys(name for rows in self.history.values() for row in rows for name in row)
        return [name for name in names if name != "epoch"]

    def series(self, training: str, figure: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the epochs that have a figure, and its values there; both are empty where a training has it not."""
        rows = self.history.get(training, ())
        pairs = [(row["epoch"], row[figure]) for row in rows if math.isfinite(row.get(figure, math.nan))]
        epochs, values = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        return epochs, values

    def fold_mean(self, figure: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean of a figure over the folds, for the epochs that all folds reached."""
        folds = [dict(zip(*self.series(name, figure), strict=True)) for name in self.folds]
        common = sorted(set.intersection(*map(set, folds))) if folds else []
        return np.array(common), np.array([np.mean([fold[epoch] for fold in folds]) for epoch in common])

    @property
    def folds(self) -> list[str]:
        """The names of the trainings that are not kept."""
        return [name for name in self.history if name != KEPT]

    def table(self) -> Table:
        """Return one row for each epoch of each training; figures that it has not are None."""
        columns = self.columns
        rows = [
            (name, int(row["epoch"]), *(row.get(column) for column in columns))
            for name, epochs in self.history.items()
            for row in epochs
        ]
        return Table(("training", "epoch", *columns), rows, {"best_epoch": self.best_epoch, "monitor": self.monitor})

    def draw(self) -> Figure:
        """Draw losses in one panel and figures in another, with the kept epoch."""
        from corelate.explain.measures.training_curves_drawing import draw_training

        return draw_training(self)

    def summary(self) -> list[str]:
        """Return what is to be seen, in sentences."""
        lines = [self._loss_line(name) for name in (KEPT, *self.folds) if len(self.series(name, "loss")[0])]
        kept = "" if self.best_epoch is None else f"kept are the weights of epoch {self.best_epoch}"
        epochs, values = self.series(KEPT, VALIDATION + self.monitor)
        if not len(epochs):
            return [*lines, f"No validation figure chose the epoch of the kept training{'; ' + kept if kept else ''}"]
        best = int(np.argmin(values) if self.monitor == "loss" else np.argmax(values))
        lines.append(
            f"Validation {figure_name(self.monitor)}: best {values[best]:.4g} in epoch {epochs[best]:.0f}, "
            f"{values[-1]:.4g} in the last{'; ' + kept if kept else ''}"
        )
        return lines + self._advice(best, values)

    def _loss_line(self, name: str) -> str:
        epochs, values = self.series(name, "loss")
        word = "epoch" if len(epochs) == 1 else "epochs"
        text = f"{name[0].upper()}{name[1:]}: {len(epochs)} {word}, loss {values[0]:.4g}"
        text += f" to {values[-1]:.4g}" if len(epochs) > 1 else ""
        validation = self.series(name, "validation.loss")[1]
        if len(validation):
            text += f", on validation pictures {validation[0]:.4g}"
            text += f" to {validation[-1]:.4g}, lowest {validation.min():.4g}" if len(validation) > 1 else ""
        return text

    def _advice(self, best: int, values: np.ndarray) -> list[str]:
        if len(values) < 3:
            return []
        if best == len(values) - 1:
            return ["The best epoch is the last: more epochs may help"]
        lost = (values[-1] - values[best]) * (1 if self.monitor == "loss" else -1)
        if lost > STALL * abs(values[best]):
            name = figure_name(self.monitor)
            return [f"After its best epoch {name} got worse by {lost:.4g}: fewer epochs would have done"]
        return []


def training_curves(history: Mapping[str, Rows], best_epoch: int | None = None, monitor: str = "map") -> TrainingCurves:
    """Return the curves of trainings.

    Args:
        history: For each training, by name, its epochs: mappings with ``epoch``, from 1, and any figures, as
            `RunMaterial.history` gives them. ``"training"`` is the one whose weights are kept. Of an epoch that is
            there twice the later one counts.
        best_epoch: The epoch, from 1, whose weights are kept.
        monitor: The validation figure that chose it, as ``map`` or ``loss``.

    Raises:
        RunError: No epoch is there, or one has no number.
    """
    cleaned = {name: _in_order(name, rows) for name, rows in history.items() if rows}
    if not cleaned:
        raise RunError("no epoch is logged: training/log.csv of the run is missing or empty")
    return TrainingCurves(cleaned, best_epoch, monitor)


def curves_of_run(material: RunMaterial) -> TrainingCurves:
    """Return the curves of a finished run, with the epoch that it kept and the figure that chose it.

    Raises:
        RunError: The run has no log, or it can't be read.
    """
    training = material.metrics.get("training") or {}
    try:
        return training_curves(material.history(), training.get("best_epoch"), monitor_of(material))
    except RunError as error:
        raise RunError(f"{material.name}: {error}") from error


def monitor_of(material: RunMaterial) -> str:
    """Return the validation figure that chose a run's epoch."""
    # Under the protocol of the seed systems another figure chooses, whatever the recipe says.
    return "per_class.f1" if material.metrics["protocol"] == "seed" else material.recipe.run.monitor


def figure_name(monitor: str) -> str:
    """Return what a validation figure is called in words."""
    return FIGURE_NAMES.get(monitor, monitor)


def _in_order(name: str, rows: Rows) -> list[dict[str, float]]:
    by_epoch: dict[float, dict[str, float]] = {}
    for row in rows:
        number = row.get("epoch", math.nan)
        if not (math.isfinite(number) and number >= 1):
            raise RunError(f"the log of {name} has a row whose epoch is {row.get('epoch')}; expected 1, 2 …")
        by_epoch[number] = dict(row)
    return [by_epoch[number] for number in sorted(by_epoch)]
