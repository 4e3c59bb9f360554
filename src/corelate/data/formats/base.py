"""What a data format is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.data.annotation_set import AnnotationSet


@dataclass(frozen=True)
class DataFormat:
    """A way to read data sets.

    Attributes:
        Options: Dataclass of the options that a spec may give, each with a default and a doc line in its metadata.
        read: Reads the set at a path with such options; raises `DataError` when nothing can be read, and collects
            everything smaller in the set's `problems`.
    """

    Options: type
    read: Callable[[Path, Any], AnnotationSet]
