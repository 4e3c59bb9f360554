"""The options of every head that is built from label vectors."""

from __future__ import annotations

from dataclasses import dataclass

from corelate.options import option

FALLBACKS = ("random", "mean", "zero", "error")


@dataclass(frozen=True, kw_only=True)
class EmbeddingOptions:
    """Where label vectors come from; for heads to inherit."""

    embeddings: str = option("", "FILE of word vectors or label vectors (default: made from the training labels)")
    embedding_width: int | None = option(
        None,
        "width that a file must have, or of vectors made from the training labels (default: 300, at most their number)",
        minimum=1,
    )
    missing_words: str = option("random", "vector of a label that the file lacks", choices=FALLBACKS)
