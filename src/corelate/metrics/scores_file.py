"""Files of scores: an .npz with ``scores`` and ``targets``, and if known the names of labels and images.

Such a file may come from any program, or from a stranger. Nothing in it is unpickled, and an array is only read after
its header has been compared with what the file really holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corelate.errors import ScoresError
from corelate.files import write_atomically
from corelate.npz_arrays import NUMBERS, TEXT, ArrayError, NotAnArchiveError, NpzArrays, UnreadableFileError, open_npz
from corelate.scores import check_pair

ADVICE = "write one with numpy.savez(file, scores=..., targets=...)"


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
        with open_npz(path) as arrays:
            scores, targets = arrays.read("scores", NUMBERS), arrays.read("targets", NUMBERS)
            return ScoresFile(scores, targets, _texts(arrays, "labels"), _texts(arrays, "names"))
    except UnreadableFileError as error:
        raise ScoresError(f"{path} {error}") from None
    except NotAnArchiveError as error:
        raise ScoresError(f"{path} {error}; {ADVICE}") from None
    except (ArrayError, ScoresError) as error:
        raise ScoresError(f"{path}: {error}") from None


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


def _texts(arrays: NpzArrays, name: str) -> tuple[str, ...] | None:
    if name not in arrays:
        return None
    values = arrays.read(name, TEXT)
    if values.ndim != 1:
        raise ScoresError(f"the array {name!r} has shape {values.shape}; expected one dimension")
    return tuple(values.tolist())
