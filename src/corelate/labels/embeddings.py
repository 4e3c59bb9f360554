"""Label embeddings: one vector for each label of a vocabulary, known before any picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np

from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError
from corelate.labels.word_splitting import visible_parts

NAMES_SHOWN = 20


@dataclass(frozen=True, eq=False)
class LabelEmbeddings:
    """One vector for each label.

    Attributes:
        vocabulary: The L labels, in the order of the rows.
        vectors: L×E, float32; finite.
        source: The file's name, or how the vectors were made.
        missing: Labels that the source has no vector for; theirs is the fallback.
        split: For labels that were put together, or stand in the source in another form: the words used.
        fallback: What the missing labels got: ``"random"``, ``"mean"`` or ``"zero"``.
        notes: What else a user should know about how the source was read.

    Raises:
        EmbeddingError: The vectors don't fit the vocabulary, or are not finite numbers.
    """

    vocabulary: Vocabulary
    vectors: np.ndarray
    source: str
    missing: tuple[str, ...] = ()
    split: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fallback: str = "random"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, labels = np.shape(self.vectors), len(self.vocabulary)
        if len(shape) != 2 or shape[0] != labels or not shape[1]:
            raise EmbeddingError(f"label vectors of shape {shape} do not fit {labels} labels: expected {labels} rows")
        with np.errstate(over="ignore"):
            vectors = np.asarray(self.vectors, dtype=np.float32)
        if not np.isfinite(vectors).all():
            row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise EmbeddingError(
                f"{self.source}: the vector of {self.vocabulary[row]!r} holds NaN, infinity or a number beyond "
                "float32; mend it or leave the label out"
            )
        object.__setattr__(self, "vectors", vectors)

    @property
    def width(self) -> int:
        """The length E of a vector."""
        return int(self.vectors.shape[1])

    def summary(self) -> str:
        """Say in a few lines where the vectors come from, and which labels did not find theirs under their own name."""
        lines = [f"{len(self.vocabulary)} label vectors of width {self.width}: {self.source}"]
        lines += self.notes
        # Which words a name holds can be seen when they stand apart; all others are guesses, so none is left out.
        guessed = {
            label: words
            for label, words in self.split.items()
            if visible_parts(label) != visible_parts(" ".join(words))
        }
        apart = {label: words for label, words in self.split.items() if label not in guessed}
        if guessed:
            lines.append(f"found under other words, please check: {', '.join(map(_equation, guessed.items()))}")
        if apart:
            lines.append(f"means of several words: {_some([_equation(item) for item in apart.items()])}")
        if self.missing:
            lines.append(f"{len(self.missing)} without a vector, {_GOT[self.fallback]}: {_some(list(self.missing))}")
        return "\n".join(lines)


_GOT = {
    "random": "given random ones spread like the others",
    "mean": "given the mean of the others",
    "zero": "given zeros",
}


def fill_missing(embeddings: LabelEmbeddings, seed: int = 0) -> LabelEmbeddings:
    """Give the missing labels their fallback.

    A random vector is drawn from a normal distribution with each dimension's mean and standard deviation over the
    labels that have a vector; standard normal if none has. The draw depends on the seed and the label's name alone.

    Args:
        embeddings: Rows of missing labels are not looked at.
        seed: Of the random vectors.

    Raises:
        EmbeddingError: The fallback is ``"error"`` and labels are missing.
    """
    if not embeddings.missing:
        return embeddings
    if embeddings.fallback == "error":
        raise EmbeddingError(
            f"{embeddings.source} has no vector for {len(embeddings.missing)} of {len(embeddings.vocabulary)} labels: "
            f"{_some(list(embeddings.missing))}; add them to the file, or set missing_words to random, mean or zero"
        )
    rows = [embeddings.vocabulary.index(label) for label in embeddings.missing]
    mean, deviation = _spread(np.delete(embeddings.vectors, rows, axis=0).astype(np.float64))
    vectors = embeddings.vectors.copy()
    for row, label in zip(rows, embeddings.missing, strict=True):
        if embeddings.fallback == "random":
            vectors[row] = mean + deviation * _draw(label, seed, embeddings.width)
        else:
            vectors[row] = mean if embeddings.fallback == "mean" else 0
    return replace(embeddings, vectors=vectors)


def _spread(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each dimension."""
    width = found.shape[1]
    if not len(found):
        return np.zeros(width), np.ones(width)
    mean = found.mean(axis=0)
    if len(found) == 1:  # One vector has no spread; without any, all missing labels would be the same.
        return mean, np.full(width, np.sqrt(np.square(found).mean()))
    return mean, found.std(axis=0)


def _draw(label: str, seed: int, width: int) -> np.ndarray:
    digest = hashlib.sha256(f"{seed} {label}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "little")).standard_normal(width)


def _equation(item: tuple[str, tuple[str, ...]]) -> str:
    return f"{item[0]} = {' + '.join(item[1])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
