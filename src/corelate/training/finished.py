"""Reading what a finished run left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from corelate.data.curation import Curation
from corelate.data.spec import DataSpec
from corelate.decisions.base import Decision
from corelate.decisions.stored import decision_from_json
from corelate.decisions.with_parents import with_parents
from corelate.errors import CorelateError, RunError
from corelate.metrics.scores_file import ScoresFile, read_scores
from corelate.models.annotator import Annotator, Architecture
from corelate.training.checkpoints import load_tensors
from corelate.training.recipe import Recipe
from corelate.training.run_folder import RunFolder

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
NEEDED_METRICS = {"protocol", "note", "measured_on", "chosen_on", "default_rule", "rules", "weights"}


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
        with _damage(self.folder.metrics):
            content: dict[str, Any] = self.folder.read_json(self.folder.metrics)
            missing = NEEDED_METRICS - set(content)
            if missing:
                raise KeyError(*sorted(missing))
            return content

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine and seed."""
        content: dict[str, Any] = self.folder.read_json(self.folder.environment)
        return content

    @property
    def architecture(self) -> Architecture:
        """What the annotator is made of."""
        with _damage(self.folder.architecture):
            architecture = Architecture.from_json(self.folder.read_json(self.folder.architecture))
            architecture.check()
            return architecture

    @property
    def curation(self) -> Curation | None:
        """What was done to the labels of the data set, or None."""
        file = self.folder.curation
        shared = DataSpec.parse(self.recipe.data.spec).shared_options()
        if not file.exists() and not (shared.merge or shared.hierarchy or shared.minimum_count):
            return None
        with _damage(file):
            return Curation.from_json(self.folder.read_json(file), self.architecture.vocabulary)

    def decisions(self, label_count: int) -> dict[str, Decision]:
        """Return the fitted decision rules by name; their tags bring the labels that they imply."""
        curation = self.curation
        hierarchy = None if curation is None else curation.hierarchy
        with _damage(self.folder.decisions):
            stored = self.folder.read_json(self.folder.decisions)
            return {
                name: with_parents(decision_from_json(rule, label_count), hierarchy) for name, rule in stored.items()
            }

    def scores(self) -> ScoresFile:
        """Return the scores of the pictures that the figures were measured on."""
        return read_scores(self.folder.scores)

    def annotator(self, search: Mapping[str, Any] = NO_OPTIONS) -> Annotator:
        """Return the trained annotator, in evaluation mode.

        Args:
            search: Options of the head's search in place of those it was trained with.

        Raises:
            OptionError: `search` holds anything else, or a value that is not allowed.
        """
        architecture = self.architecture
        if search:
            architecture = architecture.searching_by(search)
        with _damage(self.folder.weights):
            tensors, _ = load_tensors(self.folder.weights)
            annotator = architecture.build()
            annotator.load_state_dict(tensors)
            return annotator


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Report whatever a damaged file causes as one error that names the file."""
    try:
        yield
    except RunError:
        raise
    except (CorelateError, KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise RunError(
            f"{path} is damaged or of another version ({type(error).__name__}: {reason}); restore it or train again"
        ) from error
