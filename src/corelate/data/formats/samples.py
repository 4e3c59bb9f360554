"""The samples of a JSON label file: objects with the name of a picture and the names of its labels."""

from __future__ import annotations

from typing import Any

from corelate.data.formats.collecting import shown
from corelate.data.formats.text import json_type
from corelate.data.problems import Problems
from corelate.errors import DataError

AUGMENTED_FILE = "train_aug.json"
"""The file that lists pictures which were generated from those of another."""

BAD_SAMPLE = "sample is not as expected: picture left out"


def list_of(content: dict[str, Any], key: str, where: str) -> list[Any]:
    """Return a list that a label file must have.

    Raises:
        DataError: There is none.
    """
    if key not in content:
        keys = ", ".join(shown(key) for key in list(content)[:10]) or "none"
        raise DataError(f"{where}: expected an object with a list {key!r}; its keys are: {keys}")
    if not isinstance(content[key], list):
        raise DataError(f"{where}: {key!r} must be a list, found {json_type(content[key])}")
    return list(content[key])


def is_sample(sample: object, where: str, problems: Problems) -> bool:
    """Tell whether a sample has its two fields, and note it when not."""
    if not isinstance(sample, dict):
        problems.add(BAD_SAMPLE, f"expected an object, found {json_type(sample)}", where)
        return False
    for key, expected in (("image_name", str), ("image_labels", list)):
        if not isinstance(sample.get(key), expected):
            found = json_type(sample[key]) if key in sample else "nothing"
            problems.add(BAD_SAMPLE, f"{key!r} must be {json_type(expected())}, found {found}", where)
            return False
    return True
