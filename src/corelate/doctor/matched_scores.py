"""Scores for the doctor: of pictures that the network had not seen, matched with the data set by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.errors import RunError, ScoresError
from corelate.metrics.scores_file import ScoresFile, read_scores

# Files of a finished run, as `corelate.training.run_folder` names them; that module needs torch.
RUN_RECIPE = "recipe.toml"
RUN_METRICS = "metrics.json"
RUN_VALIDATION_SCORES = "validation-scores.npz"
RUN_TEST_SCORES = "scores.npz"


@dataclass(frozen=True)
class MatchedScores:
    """Scores of some pictures of a data set.

    Attributes:
        rows: The R rows of the data set that are scored.
        scores: R×L, in the order of the set's vocabulary.
        source: What they are, in words.
    """

    rows: np.ndarray
    scores: np.ndarray
    source: str


def read_held_out_scores(path: Path, annotations: AnnotationSet) -> MatchedScores:
    """Read scores of pictures that the network was not trained on.

    Args:
        path: A file of scores, or the folder of a finished run, whose out-of-fold or validation scores are taken and
            those of its test pictures.
        annotations: The data set that was scored, or more than that.

    Raises:
        ScoresError: The file can't be read, or its pictures or labels are not those of the set.
        RunError: The folder holds no finished run.
    """
    if not path.is_dir():
        return match(read_scores(path), annotations, str(path))
    parts = [match(read_scores(file), annotations, str(file)) for file in _files_of_run(path, annotations)]
    # A run without test pictures measures on its validation pictures: the same rows in both files.
    rows, first = np.unique(np.concatenate([part.rows for part in parts]), return_index=True)
    return MatchedScores(rows, np.concatenate([part.scores for part in parts])[first], str(path))


def match(file: ScoresFile, annotations: AnnotationSet, source: str) -> MatchedScores:
    """Bring scores into the order of a data set.

    Raises:
        ScoresError: Pictures or labels are not those of the set.
    """
    if file.names is None:
        raise ScoresError(f"{source} does not name its pictures; write it with the array names as well")
    scores = file.scores[:, _columns(file, annotations, source)]
    return MatchedScores(_rows_by_name(file.names, annotations, source), scores, source)


def _columns(file: ScoresFile, annotations: AnnotationSet, source: str) -> np.ndarray:
    vocabulary = annotations.vocabulary
    if file.labels is None:
        raise ScoresError(f"{source} does not name its labels; write it with the array labels as well")
    places = {label: column for column, label in enumerate(file.labels)}
    if len(places) < len(file.labels):
        twice = [label for column, label in enumerate(file.labels) if places[label] != column]
        raise ScoresError(f"{source} has scores of one label twice: {_some(twice)}; give each label once")
    missing = [label for label in vocabulary if label not in places]
    foreign = [label for label in file.labels if label not in vocabulary]
    if missing or foreign:
        which = f"it lacks {_some(missing)}" if missing else f"it has {_some(foreign)}, which the set does not"
        raise ScoresError(
            f"{source} has other labels than {annotations.source}: {which}; "
            "give the data set with the options it was scored with"
        )
    return np.array([places[label] for label in vocabulary])


def _rows_by_name(names: tuple[str, ...], annotations: AnnotationSet, source: str) -> np.ndarray:
    places = {name: row for row, name in enumerate(annotations.names)}
    foreign = [name for name in names if name not in places]
    if foreign:
        raise ScoresError(
            f"{source} has {len(foreign):,} of {len(names):,} pictures that are not in {annotations.source}, "
            f"such as {_some(foreign)}; give the data set that was scored"
        )
    rows = np.array([places[name] for name in names], dtype=np.int64)
    if len(np.unique(rows)) < len(rows):
        raise ScoresError(f"{source} has scores of one picture twice; give each picture once")
    return rows


def _some(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:3]) + (" …" if len(names) > 3 else "")


def _files_of_run(folder: Path, annotations: AnnotationSet) -> list[Path]:
    """Return the files whose pictures the run's network had not learned from."""
    if not (folder / RUN_RECIPE).exists():
        raise RunError(f"{folder} is no run folder: it has no {RUN_RECIPE}; give a file of scores or a run folder")
    try:
        metrics = json.loads((folder / RUN_METRICS).read_text(encoding="utf-8"))
        learned = metrics["protocol"] == "seed"
    except FileNotFoundError:
        raise RunError(f"{folder} is not finished; go on with: corelate resume {folder}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / RUN_METRICS} can't be read: {error}") from None
    files = [folder / RUN_TEST_SCORES]
    # Under that protocol thresholds are chosen on training pictures.
    if not learned:
        files.insert(0, folder / RUN_VALIDATION_SCORES)
    held = set(annotations.names)
    used = [file for file in files if not held.isdisjoint(read_scores(file).names or ())]
    return used or files
