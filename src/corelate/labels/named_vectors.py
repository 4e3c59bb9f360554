"""Files of label vectors: an .npz or safetensors file with ``vectors`` and the ``labels`` that its rows belong to.

They may come from a stranger: nothing is unpickled, and sizes are checked before memory is set aside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corelate.errors import EmbeddingError, MissingExtraError
from corelate.files import write_atomically, write_bytes
from corelate.npz_arrays import TEXT, ArrayError, NotAnArchiveError, one_line, open_npz

SAVING_ADVICE = (
    "write it with corelate.labels.embedding_files.save_embeddings or numpy.savez(file, vectors=…, labels=…)"
)
UNPACKING_ADVICE = "it is an archive of other files; unpack it and give the text file of one width"
PICKLE_ADVICE = (
    "it is a pickle, which can run code and is not read; load it with the program that wrote it, and "
    "save the vectors with the names of their labels: numpy.savez('labels.npz', vectors=…, labels=…)"
)


@dataclass(frozen=True, eq=False)
class NamedVectors:
    """Rows of numbers, each with a name.

    Attributes:
        vectors: R×E numbers of any real type.
        labels: The R names.
        about: What the writer says about them, as JSON values.

    Raises:
        EmbeddingError: They don't fit each other, or a name is given twice.
    """

    vectors: np.ndarray
    labels: tuple[str, ...]
    about: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.vectors.shape
        if len(shape) != 2 or not shape[1]:
            raise EmbeddingError(f"'vectors' has shape {shape}; expected labels × width")
        if len(self.labels) != shape[0]:
            raise EmbeddingError(f"there are {len(self.labels)} labels for {shape[0]} rows of vectors")
        if len(set(self.labels)) < len(self.labels):
            repeated = next(label for label in self.labels if self.labels.count(label) > 1)
            raise EmbeddingError(f"the label {repeated!r} is given twice; give each label one row")


def read_npz(path: Path) -> NamedVectors:
    """Read an .npz file with the arrays ``vectors`` and ``labels`` (text).

    Raises:
        EmbeddingError: The file can't be read, or does not hold what it should.
    """
    try:
        with open_npz(path) as arrays:
            _check_members(arrays.archive.namelist())
            vectors, labels = arrays.read("vectors", "fiu"), arrays.read("labels", TEXT)
            about = arrays.text("about", "{}")
        if labels.ndim != 1:
            raise EmbeddingError(f"'labels' has shape {labels.shape}; expected one dimension")
        return NamedVectors(vectors, tuple(labels.tolist()), _json(about, dict, "about"))
    except NotAnArchiveError as error:
        raise EmbeddingError(f"{path} {error}; {SAVING_ADVICE}") from None
    except (ArrayError, EmbeddingError) as error:
        raise EmbeddingError(f"{path}: {error}") from None


def read_safetensors(path: Path) -> NamedVectors:
    """Read a safetensors file with a tensor ``vectors`` and a JSON list under ``labels`` in its metadata.

    Raises:
        EmbeddingError: The file can't be read, or does not hold what it should.
        MissingExtraError: The package safetensors is not installed.
    """
    safetensors = _safetensors()
    try:
        with safetensors.safe_open(path, framework="np") as file:
            metadata, names = file.metadata() or {}, list(file.keys())
            for name, held in (("vectors", names), ("labels", list(metadata))):
                _check_held(name, held)
            content = file.get_slice("vectors")
            if content.get_dtype() not in ("F16", "F32", "F64"):
                raise EmbeddingError(f"'vectors' is of type {content.get_dtype()}; save it as float32")
            labels = _json(metadata["labels"], list, "labels")
            if not all(isinstance(label, str) for label in labels):
                raise EmbeddingError("'labels' in the metadata is not a JSON list of texts")
            about = _json(metadata.get("about", "{}"), dict, "about")
            return NamedVectors(file.get_tensor("vectors"), tuple(labels), about)
    except EmbeddingError as error:
        raise EmbeddingError(f"{path}: {error}") from None
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise EmbeddingError(f"{path} is damaged or not a safetensors file ({one_line(error)})") from None


def write_npz(path: Path, content: NamedVectors) -> None:
    """Write an .npz file that `read_npz` reads."""
    arrays = {
        "vectors": content.vectors,
        "labels": np.array(content.labels, dtype=np.str_),
        "about": np.array(json.dumps(content.about, ensure_ascii=False)),
    }
    write_atomically(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def write_safetensors(path: Path, content: NamedVectors) -> None:
    """Write a safetensors file that `read_safetensors` reads.

    Raises:
        MissingExtraError: The package safetensors is not installed.
    """
    _safetensors()
    from safetensors.numpy import save

    metadata = {"labels": list(content.labels), "about": content.about}
    texts = {key: json.dumps(value, ensure_ascii=False) for key, value in metadata.items()}
    write_bytes(path, save({"vectors": np.ascontiguousarray(content.vectors)}, texts))


def _safetensors() -> Any:
    try:
        import safetensors
    except ImportError:
        raise MissingExtraError(
            "safetensors files need the package safetensors (pip install corelate[train]); .npz files need nothing"
        ) from None
    return safetensors


def _check_members(names: list[str]) -> None:
    if any(name.endswith("data.pkl") for name in names):
        raise EmbeddingError(PICKLE_ADVICE)
    if not any(name.endswith(".npy") for name in names):
        raise EmbeddingError(UNPACKING_ADVICE)
    arrays = [name.removesuffix(".npy") for name in names]
    for name in ("vectors", "labels"):
        _check_held(name, arrays)


def _check_held(name: str, held: list[str]) -> None:
    if name not in held:
        shown = ", ".join(ascii(other)[:60] for other in held[:8]) or "nothing"
        # Rows without names are never taken in the vocabulary's order: a reordered vocabulary would go unnoticed.
        raise EmbeddingError(f"{name!r} is missing, there is {shown}; {SAVING_ADVICE}")


def _json(text: str, kind: type, name: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise EmbeddingError(f"{name!r} is not a JSON {'list' if kind is list else 'object'}")
    return value
