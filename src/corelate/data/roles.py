"""What the names of given splits mean: pictures to learn from, to choose on and to measure on."""

from __future__ import annotations

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.originals import real_rows
from corelate.errors import DataError

# "" is for pictures whose split is not given.
ROLES = {
    "train": "train",
    "training": "train",
    "": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}


def sides(splits: np.ndarray) -> np.ndarray:
    """Return the side of a division that each split stands for: a role, or its own name where that says none."""
    different, inverse = np.unique(splits, return_inverse=True)
    names = np.array([ROLES.get(name.lower(), name) for name in different.tolist()], dtype=np.str_)
    result: np.ndarray = names[inverse.reshape(-1)]
    return result


def rows_with_role(annotations: AnnotationSet, role: str) -> np.ndarray:
    """Return the rows of the real pictures with a role; a set without given splits is for training.

    Generated pictures have none: they are learned from where their originals are (`originals.learned_variants`).

    Args:
        annotations: The pictures.
        role: ``"train"``, ``"validation"`` or ``"test"``.

    Raises:
        DataError: A split has a name that says none of the three.
    """
    names = annotations.split_names()
    unknown = [name for name in names if name.lower() not in ROLES]
    if unknown:
        raise DataError(
            f"split {unknown[0]!r} is none of train, validation and test; rename it, or choose with ?split="
        )
    real = real_rows(annotations)
    if annotations.splits is None:
        return real if role == "train" else real[:0]
    return real[[ROLES[name.lower()] == role for name in annotations.splits[real]]]
