"""What explanations need of a finished run."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from corelate.decisions.base import Decision
from corelate.errors import OptionError, RunError
from corelate.explain.judged import Judged
from corelate.explain.run_pictures import RunPictures
from corelate.models.annotator import Annotator
from corelate.training.finished import FinishedRun
from corelate.training.recipe import Recipe


@dataclass(frozen=True)
class RunMaterial:
    """A finished run, each part read once and when it is needed.

    Attributes:
        finished: The run.
    """

    finished: FinishedRun

    @classmethod
    def open(cls, path: Path) -> RunMaterial:
        """Return the run in a folder.

        Raises:
            RunError: The folder is no run, or the run is not finished.
        """
        return cls(FinishedRun.open(path))

    @property
    def name(self) -> str:
        """What the run is called: its folder's name."""
        return self.finished.folder.path.resolve().name

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe."""
        return self.finished.recipe

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The content of ``metrics.json``.

        Raises:
            RunError: It is damaged.
        """
        content = self.finished.metrics
        training, measured = content.get("training") or {}, content["measured_on"]
        kinds: list[tuple[str, Any, type | tuple[type, ...]]] = [
            ("default_rule", content["default_rule"], str),
            ("measured_on", measured, dict),
            ("measured_on.split", measured.get("split") if isinstance(measured, dict) else None, str),
            ("training", training, dict),
            ("training.best_epoch", training.get("best_epoch") if isinstance(training, dict) else 0, (int, NoneType)),
        ]
        for name, value, kind in kinds:
            if not isinstance(value, kind):
                file = self.finished.folder.metrics
                raise RunError(f"{file} is damaged: {name} is {value!r}; restore it or train again")
        return content

    @cached_property
    def pictures(self) -> RunPictures:
        """The pictures of the run's data set."""
        return RunPictures(self.recipe.data.spec, self.recipe.data.any_suffix)

    @cached_property
    def annotator(self) -> Annotator:
        """The trained annotator; building a large network takes seconds, so that all explanations share one."""
        return self.finished.annotator()

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """The fitted decision rules by name."""
        return self.finished.decisions(self._scores.scores.shape[1])

    def judged(self, rule: str | None = None) -> Judged:
        """Return the pictures that the run was measured on, under one of its rules; by default its own.

        Raises:
            OptionError: The run has no such rule.
        """
        rule = self.metrics["default_rule"] if rule is None else rule
        if rule not in self.decisions:
            raise OptionError(f"{self.name} has no rule {rule!r}: choose one of {', '.join(self.decisions)}")
        measured = self.metrics["measured_on"]
        source = f"{self.name}, {measured['split']} split"
        return Judged.of(self._scores, self.decisions[rule], source)

    @cached_property
    def training_counts(self) -> np.ndarray | None:
        """How many training pictures have each label, int64[L]; None for runs that did not note it."""
        file = self.finished.folder.label_counts
        if not file.exists():
            return None
        content = self.finished.folder.read_json(file)
        try:
            counts = np.array(content["present"], dtype=np.int64)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise RunError(f"{file} is damaged ({error}); remove it to go without the labels' counts") from error
        if counts.shape != (self._scores.scores.shape[1],):
            raise RunError(f"{file} holds {counts.size} counts for {self._scores.scores.shape[1]} labels; remove it")
        if counts.min() < 0:
            raise RunError(f"{file} is damaged ({counts.min()} pictures); remove it to go without the labels' counts")
        return counts

    def history(self) -> dict[str, list[dict[str, float]]]:
        """Return the figures of each epoch: of the kept training as ``"training"``, and of each fold."""
        folder = self.finished.folder.path
        logs = {"training": folder / "training" / "log.csv"}
        folds = (folder / "folds").glob("*/log.csv")
        logs |= {f"fold {log.parent.name}": log for log in sorted(folds, key=lambda log: (len(log.parent.name), log))}
        return {name: _read_log(log) for name, log in logs.items() if log.exists()}

    @cached_property
    def _scores(self) -> Any:
        return self.finished.scores()


def _read_log(path: Path) -> list[dict[str, float]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise RunError(f"{path} can't be read ({error}); remove it to go without it") from error
