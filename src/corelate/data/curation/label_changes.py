"""The three steps on a vocabulary and its targets: merge, imply, keep."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import numpy as np

from corelate.data.curation.hierarchy import MAX_EDGES, LabelHierarchy
from corelate.data.curation.orders import bottom_up
from corelate.data.curation.target_changes import implied, relabelled
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError

Labels = tuple[Vocabulary, TargetMatrix]
Pairs = list[tuple[str, str]]


def merge_labels(vocabulary: Vocabulary, targets: TargetMatrix, becomes: Mapping[str, str]) -> Labels:
    """Return the labels after merging.

    Args:
        vocabulary: The L labels.
        targets: N×L.
        becomes: What names become in the end, the empty text for nothing. A name that the vocabulary lacks stands
            where the first label stood that became it.

    Raises:
        VocabularyError: No label is left.
    """
    ends = [becomes.get(label, label) for label in vocabulary]
    # Who stays keeps its place; it is not moved to that of a label that joins it.
    kept = [end for label, end in zip(vocabulary, ends, strict=True) if end and (end == label or end not in vocabulary)]
    merged = Vocabulary(dict.fromkeys(kept))
    columns = np.array([merged.index(end) if end else -1 for end in ends], dtype=np.int64)
    if merged == vocabulary and np.array_equal(columns, np.arange(len(vocabulary))):
        return vocabulary, targets
    return merged, relabelled(targets, columns, len(merged))


def imply_labels(vocabulary: Vocabulary, targets: TargetMatrix, pairs: Pairs) -> tuple[LabelHierarchy, TargetMatrix]:
    """Return the hierarchy over the labels and all that they imply, and targets in which it holds.

    Args:
        vocabulary: The L labels.
        targets: N×L.
        pairs: Child and parent by name. Parents that the vocabulary lacks are added behind it in the order of the
            pairs, as far as one of its labels implies them; pairs of other children are passed over.

    Raises:
        VocabularyError: Labels imply each other in a circle, or too many others.
    """
    reached = reached_labels(vocabulary, pairs)
    pairs = [pair for pair in pairs if pair[0] in reached]
    if not pairs:
        return LabelHierarchy(vocabulary), targets
    added = dict.fromkeys(parent for _, parent in pairs if parent not in vocabulary)
    wider = Vocabulary([*vocabulary, *added])
    hierarchy = LabelHierarchy.from_names(wider, dict.fromkeys(pairs))
    widened = TargetMatrix(targets.row_starts, targets.columns, targets.values, len(wider), targets.places)
    return hierarchy, implied(widened, hierarchy.closure(), len(vocabulary))


def keep_labels(vocabulary: Vocabulary, targets: TargetMatrix, kept: np.ndarray) -> Labels:
    """Return the labels of the columns that `kept`, bool[L], marks, in their order."""
    if kept.all():
        return vocabulary, targets
    columns = np.where(kept, np.cumsum(kept) - 1, -1)
    fewer = Vocabulary(label for label, stays in zip(vocabulary, kept, strict=True) if stays)
    return fewer, relabelled(targets, columns, len(fewer))


def reached_labels(labels: Iterable[str], pairs: Pairs) -> set[str]:
    """Return the labels and all that they imply, near or far."""
    parents: dict[str, list[str]] = {}
    for child, parent in pairs:
        parents.setdefault(child, []).append(parent)
    reached = set(labels)
    waiting = [label for label in parents if label in reached]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return reached


def nearest_kept(pairs: Pairs, kept: Container[str]) -> Pairs:
    """Return pairs in which every parent is kept: over one that goes, its child implies what it implied.

    Raises:
        VocabularyError: There are more of them than a hierarchy may have.
    """
    parents: dict[str, list[str]] = {}
    for child, parent in pairs:
        parents.setdefault(child, []).append(parent)
    nearest: dict[str, dict[str, None]] = {}
    total = 0
    # From the top, so that what goes knows already what it implied.
    for label in reversed(bottom_up(pairs)):
        found: dict[str, None] = {}
        for parent in parents.get(label, ()):
            found.update({parent: None} if parent in kept else nearest[parent])
        nearest[label] = found
        total += len(found)
        if total > 2 * MAX_EDGES:
            raise VocabularyError(f"without the labels that go the hierarchy has more than {2 * MAX_EDGES} pairs")
    return [(label, parent) for label in parents for parent in nearest[label]]
