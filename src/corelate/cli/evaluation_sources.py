"""Scores of a run or a bundle, on its own test pictures or on another data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.cli.console import error_console
from corelate.data.annotation_set import AnnotationSet
from corelate.data.spec import DataSpec, load_annotations
from corelate.data.targets import ABSENT
from corelate.errors import DataError, OptionError
from corelate.tagging.scoring import score_readable

if TYPE_CHECKING:
    from corelate.data.vocabulary import Vocabulary
    from corelate.decisions.base import Decision

Source = tuple[np.ndarray, np.ndarray, tuple[str, ...], "dict[str, Decision]", str, int]


def scores_of(path: Path, data: str | None, search: Mapping[str, Any]) -> Source:
    """Return what `corelate evaluate` measures.

    Args:
        path: A run folder or a bundle.
        data: Spec of the data set to score; None takes the scores that the run kept of its own test pictures.
        search: Options of the head's search in place of the run's own; needs `data`.

    Returns:
        Scores N×L, targets N×L, the labels, the decision rules by name, the name of the default rule, and how many
        pictures were skipped because they can't be read.

    Raises:
        OptionError: A bundle without `data`, or options of a search where there is none to change.
        CorelateError: Path or data can't be used.
    """
    if search and data is None:
        raise OptionError("--head-option changes how pictures are scored: say which with --data SPEC")
    if (path / "recipe.toml").exists():
        return _run_scores(path, data, search)
    if search:
        raise OptionError("--head-option belongs to a run: the network of a bundle holds its search as it is")
    return _bundle_scores(path, data)


def _run_scores(path: Path, data: str | None, search: Mapping[str, Any]) -> Source:
    import torch

    from corelate.training.finished import FinishedRun

    run = FinishedRun.open(path)
    if data is None:
        kept = run.scores()
        labels = tuple(run.architecture.vocabulary)
        note = run.metrics["note"]
        if note:
            error_console.print(note, markup=False)
        return kept.scores, kept.targets, labels, run.decisions(len(labels)), run.metrics["default_rule"], 0
    architecture = run.architecture
    annotator = run.annotator(search)
    annotations = _annotations(data)

    def score(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return torch.sigmoid(annotator(torch.from_numpy(pixels))).numpy()

    rows, scores = score_readable(
        annotations.pictures, architecture.preprocessing, score, _skipped, any_suffix=run.recipe.data.any_suffix
    )
    targets = targets_for(annotations.select(rows), architecture.vocabulary)
    labels = tuple(architecture.vocabulary)
    skipped = len(annotations) - len(rows)
    return scores, targets, labels, run.decisions(len(labels)), run.metrics["default_rule"], skipped


def _bundle_scores(path: Path, data: str | None) -> Source:
    from corelate.tagging.tagger import Tagger

    tagger = Tagger.open(path)
    if data is None:
        raise OptionError("a bundle holds no pictures: say what to measure it on with --data SPEC")
    annotations = _annotations(data)
    rows, scores = score_readable(annotations.pictures, tagger.prepare, tagger.score_prepared, _skipped)
    targets = targets_for(annotations.select(rows), tagger.description.vocabulary)
    decisions: dict[str, Any] = dict(tagger.description.decisions)
    skipped = len(annotations) - len(rows)
    return scores, targets, tagger.labels, decisions, tagger.description.decision, skipped


def _annotations(data: str) -> AnnotationSet:
    """Read a data set; where it has a test split and none was asked for, that split."""
    annotations = load_annotations(data)
    if len(annotations.problems):
        error_console.print(annotations.problems.report(), markup=False)
    if DataSpec.parse(data).split is None and "test" in annotations.split_names():
        annotations = annotations.split("test")
        error_console.print(f"measured on the test split, {len(annotations)} images", markup=False)
    return annotations


def targets_for(annotations: AnnotationSet, vocabulary: Vocabulary) -> np.ndarray:
    """Return the targets in the order of an annotator's labels, int8 N×L; labels the data does not name are absent.

    Raises:
        DataError: Data and annotator have no label in common.
    """
    own = annotations.vocabulary
    if own == vocabulary:
        return annotations.targets.dense()
    shared = [label for label in vocabulary if label in own]
    if not shared:
        raise DataError(f"{annotations.source} and the annotator have no label in common")
    foreign = [label for label in own if label not in vocabulary]
    if foreign:
        shown = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        error_console.print(f"{len(foreign)} labels of the data are unknown to the annotator: {shown}", markup=False)
    if len(shared) < len(vocabulary):
        count = len(vocabulary) - len(shared)
        error_console.print(f"{count} labels of the annotator are not in the data: counted as absent", markup=False)
    dense = annotations.targets.dense()
    targets = np.full((len(annotations), len(vocabulary)), ABSENT, np.int8)
    for label in shared:
        targets[:, vocabulary.index(label)] = dense[:, own.index(label)]
    return targets


def _skipped(name: str, reason: str) -> None:
    error_console.print(f"skipped {reason if name in reason else f'{name}: {reason}'}", markup=False)
