"""Scores of a run or a bundle, on its own test pictures or on another data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from corelate.cli.console import error_console
from corelate.cli.generated_note import without_generated_noted
from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation.target_changes import relabelled
from corelate.data.spec import DataSpec, load_annotations
from corelate.data.targets import ABSENT, UNKNOWN
from corelate.errors import DataError, OptionError
from corelate.tagging.scoring import score_readable

if TYPE_CHECKING:
    from corelate.data.curation import Curation, LabelHierarchy
    from corelate.data.vocabulary import Vocabulary
    from corelate.decisions.base import Decision

MISSING = {"absent": ABSENT, "unknown": UNKNOWN}
"""What can be said of labels that a data set does not name."""


class Source(NamedTuple):
    """What is measured.

    Attributes:
        scores: N×L, raised by the hierarchy.
        targets: N×L of 1, 0 and -1.
        labels: The L labels.
        decisions: The decision rules by name; their tags bring the labels that they imply.
        default_rule: Name of the default rule.
        skipped: How many pictures were skipped because they can't be read.
        hierarchy: Which labels imply which, or None.
    """

    scores: np.ndarray
    targets: np.ndarray
    labels: tuple[str, ...]
    decisions: dict[str, Decision]
    default_rule: str
    skipped: int
    hierarchy: LabelHierarchy | None


def scores_of(path: Path, data: str | None, search: Mapping[str, Any], missing: str = "absent") -> Source:
    """Return what `corelate evaluate` measures.

    Args:
        path: A run folder or a bundle.
        data: Spec of the data set to score; None takes the scores that the run kept of its own test pictures.
        search: Options of the head's search in place of the run's own; needs `data`.
        missing: What the annotator's labels are that the data does not name: ``"absent"`` or ``"unknown"``.

    Raises:
        OptionError: A bundle without `data`, options of a search where there is none to change, or another `missing`.
        CorelateError: Path or data can't be used.
    """
    if missing not in MISSING:
        raise OptionError(f"--missing-labels {missing!r}: choose one of {', '.join(MISSING)}")
    if missing != "absent" and data is None:
        raise OptionError("--missing-labels is about the labels of other data: say which with --data SPEC")
    if search and data is None:
        raise OptionError("--head-option changes how pictures are scored: say which with --data SPEC")
    if (path / "recipe.toml").exists():
        return _run_scores(path, data, search, missing)
    if search:
        raise OptionError("--head-option belongs to a run: the network of a bundle holds its search as it is")
    return _bundle_scores(path, data, missing)


def _run_scores(path: Path, data: str | None, search: Mapping[str, Any], missing: str) -> Source:
    import torch

    from corelate.training.finished import FinishedRun

    run = FinishedRun.open(path)
    curation, default_rule = run.curation, run.metrics["default_rule"]
    hierarchy = curation.hierarchy if curation else None
    if data is None:
        kept = run.scores()
        labels = tuple(run.architecture.vocabulary)
        note = run.metrics["note"]
        if note:
            error_console.print(note, markup=False)
        return Source(kept.scores, kept.targets, labels, run.decisions(len(labels)), default_rule, 0, hierarchy)
    architecture = run.architecture
    annotator = run.annotator(search)
    annotations = _annotations(data)

    def score(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return torch.sigmoid(annotator(torch.from_numpy(pixels))).numpy()

    rows, scores = score_readable(
        annotations.pictures, architecture.preprocessing, score, _skipped, any_suffix=run.recipe.data.any_suffix
    )
    if hierarchy:
        scores = hierarchy.raise_scores(scores)
    targets = targets_for(annotations.select(rows), architecture.vocabulary, curation, missing)
    labels = tuple(architecture.vocabulary)
    skipped = len(annotations) - len(rows)
    return Source(scores, targets, labels, run.decisions(len(labels)), default_rule, skipped, hierarchy)


def _bundle_scores(path: Path, data: str | None, missing: str) -> Source:
    from corelate.tagging.tagger import Tagger

    tagger = Tagger.open(path)
    if data is None:
        raise OptionError("a bundle holds no pictures: say what to measure it on with --data SPEC")
    annotations = _annotations(data)
    rows, scores = score_readable(annotations.pictures, tagger.prepare, tagger.score_prepared, _skipped)
    about = tagger.description
    targets = targets_for(annotations.select(rows), about.vocabulary, about.curation, missing)
    decisions = {name: tagger.rule(name) for name in about.decisions}
    skipped = len(annotations) - len(rows)
    return Source(scores, targets, tagger.labels, decisions, about.decision, skipped, about.hierarchy)


def _annotations(data: str) -> AnnotationSet:
    """Read a data set; where it has a test split and none was asked for, that split."""
    annotations = load_annotations(data)
    if len(annotations.problems):
        error_console.print(annotations.problems.report(), markup=False)
    annotations = without_generated_noted(annotations, "measured on")
    splits = [] if annotations.splits is None else annotations.splits.tolist()
    test = np.flatnonzero([name.lower() == "test" for name in splits])
    if DataSpec.parse(data).split is None and len(test):
        annotations = annotations.select(test)
        error_console.print(f"measured on the test split, {len(annotations)} images", markup=False)
    return annotations


def targets_for(
    annotations: AnnotationSet, vocabulary: Vocabulary, curation: Curation | None = None, missing: str = "absent"
) -> np.ndarray:
    """Return the targets in the order of an annotator's labels, int8 N×L.

    Args:
        annotations: The data.
        vocabulary: The annotator's labels.
        curation: What was done to the labels of the annotator's own data; it is done to these, too.
        missing: What labels are that the data does not name: ``"absent"`` or ``"unknown"``.

    Raises:
        DataError: Data and annotator have no label in common.
    """
    from corelate.data.curation import apply_curation

    named = set(annotations.vocabulary)
    if curation is not None:
        named = {curation.merged.get(label, label) for label in named}
        annotations = apply_curation(annotations, curation)
    own = annotations.vocabulary
    if own == vocabulary:
        return annotations.targets.dense()
    _note_differences(annotations, vocabulary, curation, missing)
    columns = np.array([own.index(label) if label in own else -1 for label in vocabulary])
    column_of = np.full(len(own), -1, np.int64)
    column_of[columns[columns >= 0]] = np.flatnonzero(columns >= 0)
    targets = relabelled(annotations.targets, column_of, len(vocabulary)).dense()
    targets[:, columns < 0] = MISSING[missing]
    if curation is not None and missing == "unknown":
        # A parent that the data does not name may be there by a child that it does not name either.
        open_above = curation.hierarchy.with_parents(targets == UNKNOWN)
        unnamed = np.array([label not in named for label in vocabulary])
        targets[(targets == ABSENT) & open_above & unnamed] = UNKNOWN
    return targets


def _note_differences(
    annotations: AnnotationSet, vocabulary: Vocabulary, curation: Curation | None, missing: str
) -> None:
    """Say which labels only the data has, and how many only the annotator."""
    own = annotations.vocabulary
    lacking = sum(label not in own for label in vocabulary)
    if lacking == len(vocabulary):
        raise DataError(f"{annotations.source} and the annotator have no label in common")
    # What was dropped for being rare is known, and not to be wondered at.
    dropped = curation.dropped if curation else {}
    foreign = [label for label in own if label not in vocabulary and label not in dropped]
    if foreign:
        shown = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        error_console.print(f"{len(foreign)} labels of the data are unknown to the annotator: {shown}", markup=False)
    if lacking:
        error_console.print(
            f"{lacking} labels of the annotator are not in the data: counted as {missing}", markup=False
        )


def _skipped(name: str, reason: str) -> None:
    error_console.print(f"skipped {reason if name in reason else f'{name}: {reason}'}", markup=False)
