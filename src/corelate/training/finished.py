"""Reading what a finished run left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.decisions.base import Decision
from corelate.decisions.stored import decision_from_json
from corelate.errors import RunError
from corelate.metrics.scores_file import ScoresFile, read_scores
from corelate.models.annotator import Annotator, Architecture
from corelate.training.checkpoints import load_tensors
from corelate.training.recipe import Recipe
from corelate.training.run_folder import RunFolder


@dataclass(frozen=True)
class FinishedRun:
    """A run that came to its end.

    Raises:
        RunError: The folder is no run, the run is not finished, or its files do not fit each other.
    """

    folder: RunFolder

    @classmethod
    def open(cls, path: Path) -> FinishedRun:
        """Return the run in a folder."""
        folder = RunFolder(path)
        folder.read_recipe()
        if not folder.finished:
            raise RunError(f"{path} is not finished; go on with it by: corelate resume {path}")
        return cls(folder)

    @property
    def recipe(self) -> Recipe:
        """The recipe."""
        return self.folder.read_recipe()

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures."""
        content: dict[str, Any] = self.folder.read_json(self.folder.metrics)
        return content

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine and seed."""
        content: dict[str, Any] = self.folder.read_json(self.folder.environment)
        return content

    @property
    def architecture(self) -> Architecture:
        """What the annotator is made of."""
        return Architecture.from_json(self.folder.read_json(self.folder.architecture))

    def decisions(self, label_count: int) -> dict[str, Decision]:
        """Return the fitted decision rules by name."""
        stored = self.folder.read_json(self.folder.decisions)
        return {name: decision_from_json(rule, label_count) for name, rule in stored.items()}

    def scores(self) -> ScoresFile:
        """Return the scores of the pictures that the figures were measured on."""
        return read_scores(self.folder.scores)

    def annotator(self) -> Annotator:
        """Return the trained annotator, in evaluation mode."""
        tensors, _ = load_tensors(self.folder.weights)
        annotator = self.architecture.build()
        try:
            annotator.load_state_dict(tensors)
        except RuntimeError as error:
            raise RunError(f"{self.folder.weights} does not fit {self.folder.architecture}: {error}") from error
        return annotator
