"""The labels of a data set, in the order that defines the columns of every matrix."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Iterator

from corelate.errors import VocabularyError

# Control characters, line separators and halves of surrogate pairs: no file that tags are written to holds them.
_NOT_IN_LABELS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_label(text: object) -> bool:
    """Tell whether `text` can be a label: text that is not empty, on one line, without white space around it."""
    return isinstance(text, str) and bool(text) and text == text.strip() and not _NOT_IN_LABELS.search(text)


class Vocabulary:
    """An ordered set of labels; a label's position is its column everywhere.

    Args:
        labels: Label names, in column order; see `is_label` for what a name may be.

    Raises:
        VocabularyError: No label, an empty label, or a label given twice.

    Example:
        >>> vocabulary = Vocabulary(["sky", "sea", "boat"])
        >>> vocabulary.index("sea"), vocabulary[2], "cloud" in vocabulary
        (1, 'boat', False)
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels = tuple(labels)
        for position, label in enumerate(self.labels):
            if not is_label(label):
                raise VocabularyError(
                    f"label number {position + 1} of the vocabulary is {reprlib.repr(label)}; "
                    "a label is text that is not empty, on one line and without space around it"
                )
        if not self.labels:
            raise VocabularyError("the vocabulary is empty; at least one label is needed")
        self._index = {label: position for position, label in enumerate(self.labels)}
        if len(self._index) < len(self.labels):
            repeated = [label for position, label in enumerate(self.labels) if self._index[label] != position]
            raise VocabularyError(f"the vocabulary holds labels twice: {', '.join(repeated)}; give each label once")

    @classmethod
    def from_text(cls, text: str) -> Vocabulary:
        """Return the vocabulary of a text with one label a line; empty lines don't count."""
        lines = (line.strip() for line in text.split("\n"))
        return cls(line for line in lines if line)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __getitem__(self, position: int) -> str:
        return self.labels[position]

    def __contains__(self, label: object) -> bool:
        return label in self._index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.labels == other.labels

    def __hash__(self) -> int:
        return hash(self.labels)

    def __repr__(self) -> str:
        shown = ", ".join(self.labels[:3]) + (", …" if len(self) > 3 else "")
        return f"Vocabulary({len(self)} labels: {shown})"

    def index(self, label: str) -> int:
        """Return the column of `label`.

        Raises:
            VocabularyError: The label is not in the vocabulary.
        """
        try:
            return self._index[label]
        except KeyError:
            raise VocabularyError(f"label {label!r} is not in the vocabulary of {len(self)} labels") from None
