"""Check `label_errors`: labels that are probably missing or wrong, by scores of a network that had not seen them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.targets import UNKNOWN
from corelate.doctor.case import Case
from corelate.doctor.confident_learning import label_issues
from corelate.doctor.findings import KEPT_PER_KIND, Finding, Kind, Severity, counted, listed
from corelate.doctor.matched_scores import MatchedScores
from corelate.scores import known_columns

MISSING = Kind(
    "label_errors",
    "missing label",
    Severity.WARNING,
    "labels that are probably missing, the surest first",
    "Look at these pictures, and add what they show. Right only if the scores are out-of-fold.",
)
WRONG = Kind(
    "label_errors",
    "wrong label",
    Severity.WARNING,
    "labels that are probably wrong, the surest first",
    "Look at these pictures, and take the label away where it is wrong. Right only if the scores are out-of-fold.",
)
TOO_GOOD = Kind(
    "label_errors",
    "scores too good",
    Severity.WARNING,
    "scores that look like those of pictures the network learned from",
    "Give out-of-fold scores (corelate train --folds 5): a network repeats the errors that it was taught.",
)
NOT_JUDGED = Kind(
    "label_errors",
    "label not judged",
    Severity.HINT,
    "labels that the scores can't judge",
    "Nothing to do: these labels need more pictures, or a better network.",
)
NOT_SCORED = Kind(
    "label_errors",
    "picture not scored",
    Severity.HINT,
    "pictures without scores",
    "Give scores of all pictures to have all judged.",
)

# Pictures with a label, and pictures without, whose mean score is a threshold.
LEAST_EXAMPLES = 5
# Of as many best pictures as have a label, the share that have it, averaged over labels.
TOO_GOOD_PRECISION = 0.995


class _Issues:
    """Cells that were found: picture, label, score, and margin, how far the given answer lies below what is usual."""

    def __init__(self) -> None:
        self._parts: list[tuple[np.ndarray, ...]] = [(np.zeros(0, np.int64),) * 2 + (np.zeros(0),) * 2]

    def add(self, rows: np.ndarray, column: int, places: np.ndarray, scores: np.ndarray, margins: np.ndarray) -> None:
        """Add the cells at some places of a label's column."""
        self._parts.append((rows[places], np.full(len(places), column), scores[places], margins[places]))

    def __len__(self) -> int:
        return sum(len(rows) for rows, *_ in self._parts)

    def surest(self, count: int) -> Iterator[tuple[int, int, float, float]]:
        """Yield the cells of greatest margin, among all labels."""
        rows, columns, scores, margins = (np.concatenate(values) for values in zip(*self._parts, strict=True))
        for place in np.argsort(-margins, kind="stable")[:count].tolist():
            yield int(rows[place]), int(columns[place]), float(scores[place]), float(margins[place])


def find(case: Case) -> Iterator[Finding]:
    """Yield probable errors, those of all labels together in the order of their margin."""
    matched, annotations = case.scores, case.annotations
    if matched is None:
        return
    missing, wrong, not_judged = _Issues(), _Issues(), []
    precisions = []
    targets = annotations.targets.select(matched.rows).dense()
    for column, (scores, present) in enumerate(known_columns(matched.scores, targets)):
        if reason := _no_judgement(scores, present):
            label = annotations.vocabulary[column]
            not_judged.append(Finding(NOT_JUDGED, f"{label}: {reason}", labels=[label]))
            continue
        precisions.append(_break_even_precision(scores, present))
        known = matched.rows if len(scores) == len(targets) else matched.rows[targets[:, column] != UNKNOWN]
        found = label_issues(scores, present)
        missing.add(known, column, found.missing, scores, found.absent_threshold - (1 - scores))
        wrong.add(known, column, found.wrong, scores, found.present_threshold - scores)
    if precisions and (mean := float(np.mean(precisions))) >= TOO_GOOD_PRECISION:
        text = f"{matched.source}: the pictures with a label have the highest scores of it, for nearly every label"
        yield Finding(TOO_GOOD, text, numbers={"precision": round(mean, 4), "labels": len(precisions)})
    yield from _described(annotations, missing, MISSING, "probably has")
    yield from _described(annotations, wrong, WRONG, "probably has no")
    yield from not_judged
    yield from _not_scored(case, matched)


def _no_judgement(scores: np.ndarray, present: np.ndarray) -> str:
    """Return why a label can't be judged, or nothing."""
    having, lacking = int(present.sum()), int((~present).sum())
    if min(having, lacking) < LEAST_EXAMPLES:
        return (
            f"{counted(having, 'scored picture')} with it and {lacking:,} without; {LEAST_EXAMPLES} of each are needed"
        )
    if scores[present].mean() <= scores[~present].mean():
        return "its pictures have no higher scores than the others"
    return ""


def _break_even_precision(scores: np.ndarray, present: np.ndarray) -> float:
    """Return the share of pictures that have the label among as many of the highest scores as there are such."""
    having = int(present.sum())
    best = np.argpartition(-scores, having - 1)[:having]
    return float(present[best].mean())


def _described(annotations: AnnotationSet, issues: _Issues, kind: Kind, words: str) -> Iterator[Finding]:
    for row, column, score, margin in issues.surest(KEPT_PER_KIND):
        name, label = annotations.pictures[row].name, annotations.vocabulary[column]
        numbers = {"score": round(score, 6), "margin": round(margin, 6)}
        yield Finding(kind, f"{name} {words} {label} (score {score:.3f})", [name], [label], numbers)
    if (more := len(issues) - KEPT_PER_KIND) > 0:
        # There may be millions.
        yield Finding(kind, f"{more:,} more", cases=more)


def _not_scored(case: Case, matched: MatchedScores) -> Iterator[Finding]:
    unscored = np.ones(len(case.names), np.bool_)
    unscored[matched.rows] = False
    names = [case.names[row] for row in np.flatnonzero(unscored).tolist()]
    if names:
        text = f"{counted(len(names), 'picture')}: {listed(names, shown=3)}"
        yield Finding(NOT_SCORED, text, names, numbers={"pictures": len(names)})
