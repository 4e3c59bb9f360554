"""Label embeddings from files: word vectors as text, or label vectors as .npz or safetensors; and writing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corelate.data.formats.collecting import shown
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import EmbeddingError, OptionError
from corelate.labels.embedding_options import FALLBACKS
from corelate.labels.embeddings import LabelEmbeddings, fill_missing
from corelate.labels.named_vectors import (
    PICKLE_ADVICE,
    SAVING_ADVICE,
    NamedVectors,
    read_npz,
    read_safetensors,
    write_npz,
    write_safetensors,
)
from corelate.labels.word_splitting import candidates, find_words, spellings
from corelate.labels.word_vectors import BINARY_ADVICE, Place, WordVectorFile

WRITERS = {".npz": write_npz, ".safetensors": write_safetensors}
PICKLE_SUFFIXES = (".pkl", ".pickle", ".pt", ".pth")
# First bytes of what people have beside text, and what to do with it.
OTHER_FORMS = {
    b"\x93NUMPY": f"an .npy file does not say which label a row belongs to; {SAVING_ADVICE}",
    b"\x89HDF": f"HDF5 is not read; {SAVING_ADVICE}",
    b"BZh": "unpack it first; of packed files only .gz is read",
    b"\xfd7zXZ": "unpack it first; of packed files only .gz is read",
    b"\x28\xb5\x2f\xfd": "unpack it first; of packed files only .gz is read",
    b"\xff\xfe": "it is UTF-16; save it as UTF-8",
    b"\xfe\xff": "it is UTF-16; save it as UTF-8",
}


def load_embeddings(
    path: Path | str, vocabulary: Vocabulary, *, missing: str = "random", seed: int = 0
) -> LabelEmbeddings:
    """Read the vector of each label from a file, whose form is recognised by its content.

    Args:
        path: A text file of word vectors (GloVe, word2vec, fastText; gzip or not), or an .npz or safetensors file of
            label vectors with the labels' names. See docs/label-embeddings.md.
        vocabulary: The L labels.
        missing: The vector of a label that the file lacks: ``"random"`` (normal, with each dimension's mean and
            standard deviation over the labels found), ``"mean"``, ``"zero"``, or ``"error"`` to refuse.
        seed: Of the random vectors.

    Raises:
        EmbeddingError: The file can't be read, has none of the labels, or lacks one and `missing` is ``"error"``.
        OptionError: No such value of `missing`.
    """
    if missing not in FALLBACKS:
        raise OptionError(f"missing is {missing!r}: choose one of {', '.join(FALLBACKS)}")
    path = Path(path)
    start = _first_bytes(path)
    if start.startswith(b"PK\x03\x04") or path.suffix.lower() == ".npz":
        return _by_name(path, read_npz(path), vocabulary, missing, seed)
    if _is_safetensors(start) or path.suffix.lower() == ".safetensors":
        return _by_name(path, read_safetensors(path), vocabulary, missing, seed)
    _refuse_other_forms(path, start)
    return fill_missing(_by_words(path, WordVectorFile(path), vocabulary, missing), seed)


def save_embeddings(path: Path | str, embeddings: LabelEmbeddings) -> None:
    """Write label vectors with their labels; `load_embeddings` gives the same embeddings for the same vocabulary.

    Args:
        path: A name that ends with .npz or .safetensors; an existing file is replaced.
        embeddings: What to write.

    Raises:
        EmbeddingError: The name ends with something else.
        MissingExtraError: A .safetensors file without the package safetensors.
    """
    path = Path(path)
    if path.suffix not in WRITERS:
        raise EmbeddingError(f"{path}: label vectors are written to .npz or .safetensors; choose such a name")
    about = {
        "source": embeddings.source,
        "missing": embeddings.missing,
        "split": embeddings.split,
        "fallback": embeddings.fallback,
        "notes": embeddings.notes,
    }
    WRITERS[path.suffix](path, NamedVectors(embeddings.vectors, embeddings.vocabulary.labels, about))


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise EmbeddingError(f"{path}: {'expected a file' if path.exists() else 'there is no such file'}")
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise EmbeddingError(f"{path} can't be read: {error.strerror or error}") from None
    if not start:
        raise EmbeddingError(f"{path} is empty")
    return start


def _is_safetensors(start: bytes) -> bool:
    # The length of a JSON header in 8 bytes, and the header. As text, the 8 bytes would be a far larger number.
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 32


def _refuse_other_forms(path: Path, start: bytes) -> None:
    suffix = path.suffix.lower()
    if suffix in PICKLE_SUFFIXES or (start[0] == 0x80 and 2 <= start[1] <= 5):
        raise EmbeddingError(f"{path}: {PICKLE_ADVICE}")
    if suffix == ".bin":
        raise EmbeddingError(f"{path}: {BINARY_ADVICE}")
    for magic, advice in OTHER_FORMS.items():
        if start.startswith(magic):
            raise EmbeddingError(f"{path}: {advice}")


def _by_words(path: Path, file: WordVectorFile, vocabulary: Vocabulary, fallback: str) -> LabelEmbeddings:
    places, repeated = file.find(set().union(*map(candidates, vocabulary)))
    lines = {word: place.line for word, place in places.items()}
    words = {label: find_words(label, lines) for label in vocabulary}
    # Numbers can be words too, so rows of numbers only are rows without words unless every label is among them.
    if file.layout.all_numbers and not all(words.values()):
        rows = file.rows_without_words(len(vocabulary))
        if rows is not None:
            return _in_order(path, *rows, vocabulary, fallback)
    if not any(words.values()):
        raise EmbeddingError(
            f"{path} has no word for any of the {len(vocabulary)} labels ({', '.join(vocabulary.labels[:5])} …); "
            f"its first words are {' '.join(map(shown, file.layout.first_words))}"
        )
    used = {word for label_words in words.values() for word in label_words}
    twice = sorted(used & repeated)
    return LabelEmbeddings(
        vocabulary,
        _means(words, file, places),
        path.name,
        missing=tuple(label for label in vocabulary if not words[label]),
        split={label: found for label, found in words.items() if found and found[0] not in spellings(label)},
        fallback=fallback,
        notes=(f"in the file more than once, the first counts: {', '.join(twice)}",) if twice else (),
    )


def _means(words: Mapping[str, tuple[str, ...]], file: WordVectorFile, places: Mapping[str, Place]) -> np.ndarray:
    """Return the mean of each label's words, L×E; zeros where there is none."""
    used = {word: places[word] for label_words in words.values() for word in label_words}
    vectors = file.vectors(used)
    means = np.zeros((len(words), file.layout.width), dtype=np.float32)
    for row, label_words in enumerate(words.values()):
        if label_words:
            means[row] = np.mean([vectors[word] for word in label_words], axis=0, dtype=np.float64)
    return means


def _in_order(path: Path, rows: np.ndarray, count: int, vocabulary: Vocabulary, fallback: str) -> LabelEmbeddings:
    if count != len(vocabulary):
        raise EmbeddingError(
            f"{path} holds {count} rows of numbers without words, and the vocabulary has {len(vocabulary)} labels; "
            "rows without words are only taken when there is exactly one for each label"
        )
    first, last = vocabulary[0], vocabulary[len(vocabulary) - 1]
    note = f"the file has no words: its {count} rows were taken in the order of the labels, {first} to {last}"
    return LabelEmbeddings(vocabulary, rows, path.name, fallback=fallback, notes=(note,))


def _by_name(path: Path, content: NamedVectors, vocabulary: Vocabulary, fallback: str, seed: int) -> LabelEmbeddings:
    rows = {label: row for row, label in enumerate(content.labels)}
    held = [label for label in vocabulary if label in rows]
    if not held:
        raise EmbeddingError(
            f"{path} has none of the {len(vocabulary)} labels ({', '.join(vocabulary.labels[:5])} …); "
            f"its labels begin with {', '.join(map(shown, content.labels[:5]))}"
        )
    vectors = np.zeros((len(vocabulary), content.vectors.shape[1]), dtype=content.vectors.dtype)
    vectors[[vocabulary.index(label) for label in held]] = content.vectors[[rows[label] for label in held]]
    lacking = tuple(label for label in vocabulary if label not in rows)
    found = fill_missing(LabelEmbeddings(vocabulary, vectors, path.name, lacking, fallback=fallback), seed)
    return _as_saved(found, content.about, path) if content.about else found


def _as_saved(found: LabelEmbeddings, about: Mapping[str, Any], path: Path) -> LabelEmbeddings:
    """Add what `save_embeddings` wrote about labels that are still in the vocabulary."""
    source, fallback = about.get("source", found.source), about.get("fallback", found.fallback)
    missing, notes, split = about.get("missing", []), about.get("notes", []), about.get("split", {})
    well_formed = fallback in FALLBACKS and (fallback != "error" or not missing) and isinstance(split, dict)
    if not well_formed or not all(map(_are_texts, ([source], missing, notes, *split.values()))):
        raise EmbeddingError(f"{path}: what it says about its vectors has another form than corelate writes")
    return replace(
        found,
        # Anybody may have written these texts, and they will be shown: control characters are not for a terminal.
        source=source if is_label(source) else found.source,
        missing=tuple(label for label in found.vocabulary if label in missing or label in found.missing),
        split={label: tuple(map(shown, words)) for label, words in split.items() if label in found.vocabulary},
        fallback=found.fallback if found.missing else fallback,
        notes=tuple(note for note in notes if is_label(note)),
    )


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
