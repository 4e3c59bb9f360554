"""Fitting what is known about labels to a vocabulary: the same labels in any order, and never others."""

from __future__ import annotations

import numpy as np

from corelate.data.formats.collecting import shown
from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError, VocabularyError

SHOWN_LABELS = 3
LONGEST_SOURCE = 1000


def columns_of(wanted: Vocabulary, own: Vocabulary, what: str) -> np.ndarray:
    """Return for each wanted label its column among a thing's own labels.

    Args:
        wanted: The labels in the order that is needed.
        own: The labels in the order that the thing has.
        what: The thing, for the message, e.g. the name of its file.

    Raises:
        GraphError: The two are not the same labels; the message names both sides.
    """
    missing, foreign = [label for label in wanted if label not in own], [label for label in own if label not in wanted]
    if missing or foreign:
        sides = [_side("only there", foreign), _side("only in the vocabulary", missing)]
        raise GraphError(
            f"{what} holds {len(own)} labels, the vocabulary has {len(wanted)}; {'; '.join(filter(None, sides))}"
        )
    return np.array([own.index(label) for label in wanted], dtype=np.int64)


def check_length(labels: int, wanted: Vocabulary, what: str) -> None:
    """Make sure that a thing without label names has as many labels as the vocabulary.

    Raises:
        GraphError: It has more, or fewer.
    """
    if labels != len(wanted):
        raise GraphError(f"{what} holds {labels} labels, the vocabulary has {len(wanted)}")


def read_vocabulary(labels: object, what: str) -> Vocabulary:
    """Return the vocabulary of a list of labels from a file.

    Raises:
        GraphError: It is not a list of labels.
    """
    if not isinstance(labels, list):
        raise GraphError(f"{what}: 'labels' must be a list of label names")
    try:
        return Vocabulary(labels)
    except VocabularyError as error:
        raise GraphError(f"{what}: {error}") from None


def printable(text: str) -> str:
    """Return a text from a stranger's file in a form that any terminal and any file takes."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:LONGEST_SOURCE])


def _side(where: str, labels: list[str]) -> str:
    if not labels:
        return ""
    more = f" and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else ""
    return f"{where}: {', '.join(shown(label) for label in labels[:SHOWN_LABELS])}{more}"
