"""Files of scores: an .npz with ``scores`` and ``targets``, and if known the names of labels and images.

Such a file may come from any program, or from a stranger. Nothing in it is unpickled, and an array is only read after
its header has been compared with what the file really holds.
"""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from corelate.errors import ScoresError
from corelate.files import write_atomically
from corelate.scores import check_pair

LARGEST_ARRAY = 2**32
"""Bytes of one array that are read at most: 4 GiB, over a billion scores in single precision."""

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What zipfile and NumPy raise for files that are damaged, encrypted or compressed in an unknown way."""


@dataclass(frozen=True)
class ScoresFile:
    """The content of a file of scores.

    Attributes:
        scores: N×L matrix in [0, 1], float32 or float64.
        targets: N×L matrix of 1, 0, and -1 for unknown, int8.
        labels: The L labels, or None if the file does not name them.
        names: The N images' names, or None if the file does not name them.

    Raises:
        ScoresError: Scores or targets are wrong, or the names don't fit them.
    """

    scores: np.ndarray
    targets: np.ndarray
    labels: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        scores, targets = check_pair(self.scores, self.targets)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "targets", targets)
        for axis, (field, things) in enumerate((("names", "images"), ("labels", "labels"))):
            values = getattr(self, field)
            if values is not None and len(values) != scores.shape[axis]:
                raise ScoresError(f"there are {len(values)} {field}, but the scores have {scores.shape[axis]} {things}")


def read_scores(path: Path) -> ScoresFile:
    """Read a file of scores.

    Args:
        path: An .npz file with the arrays ``scores`` (images × labels, in [0, 1]) and ``targets`` (the same shape; 1,
            0, or -1 for unknown, as booleans, integers or floats), and optionally ``labels`` and ``names`` (text).

    Raises:
        ScoresError: The file can't be read, an array is missing, or one does not hold what it should.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            matrices = [_read_array(archive, name, "fbiu") for name in ("scores", "targets")]
            texts = [_read_array(archive, name, "U", optional=True) for name in ("labels", "names")]
            return ScoresFile(*matrices, *map(_as_texts, ("labels", "names"), texts))
    except ScoresError as error:
        raise ScoresError(f"{path}: {error}") from None
    except OSError as error:
        raise ScoresError(f"{path} can't be read: {error.strerror or error}") from None
    except DAMAGE:
        advice = "write one with numpy.savez(file, scores=..., targets=...)"
        raise ScoresError(f"{path} is not an .npz file, or is damaged; {advice}") from None


def write_scores(
    path: Path,
    scores: Any,
    targets: Any,
    *,
    labels: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> None:
    """Write a file of scores; it appears whole or not at all.

    Args:
        path: Where to write; an existing file is replaced.
        scores: N×L matrix in [0, 1].
        targets: N×L matrix of 1, 0, and -1 for unknown.
        labels: The L labels.
        names: The N images' names.

    Raises:
        ScoresError: Scores or targets are wrong, or the names don't fit them.
    """
    content = ScoresFile(
        scores, targets, None if labels is None else tuple(labels), None if names is None else tuple(names)
    )
    arrays = {"scores": content.scores, "targets": content.targets}
    for field, values in (("labels", content.labels), ("names", content.names)):
        if values is not None:
            arrays[field] = np.array(values, dtype=np.str_)
    write_atomically(Path(path), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def _read_array(archive: zipfile.ZipFile, name: str, kinds: str, *, optional: bool = False) -> Any:
    """Return one array, or None if it is optional and not there."""
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        if optional:
            return None
        held = ", ".join(ascii(entry.removesuffix(".npy")) for entry in archive.namelist()[:10]) or "nothing"
        raise ScoresError(f"there is no array {name!r}; the file holds {held}") from None
    try:
        with archive.open(member) as file:
            _check_header(file, name, kinds, member.file_size)
        with archive.open(member) as file:
            return npy.read_array(file, allow_pickle=False)
    except ScoresError:
        raise
    except RuntimeError:
        raise ScoresError(f"the array {name!r} is encrypted; write the file without a password") from None
    except DAMAGE as error:
        raise ScoresError(f"the array {name!r} is damaged: {_one_line(error)}") from None


def _check_header(file: IO[bytes], name: str, kinds: str, size: int) -> None:
    """Make sure that an array is what it should be, and as large as it says, before memory is set aside for it."""
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    version = npy.read_magic(file)
    if version not in readers:
        raise ScoresError(f"the array {name!r} has the format version {version}; expected 1.0 or 2.0")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject or dtype.kind not in kinds:
        expected = "text" if kinds == "U" else "numbers"
        raise ScoresError(f"the array {name!r} is of type {_one_line(dtype)}; expected {expected}")
    needed = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or needed != size - file.tell():
        raise ScoresError(f"the array {name!r} is damaged: its header says {shape} but the data has another size")
    if needed > LARGEST_ARRAY:
        raise ScoresError(
            f"the array {name!r} takes {needed / 2**30:.1f} GiB; at most {LARGEST_ARRAY / 2**30:g} are read"
        )


def _as_texts(name: str, values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if values.ndim != 1:
        raise ScoresError(f"the array {name!r} has shape {values.shape}; expected one dimension")
    return tuple(values.tolist())


def _one_line(value: object) -> str:
    text = " ".join(str(value).split()) or type(value).__name__
    return text if len(text) <= 100 else f"{text[:97]}..."
