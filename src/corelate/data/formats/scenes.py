"""Pictures drawn from a seed; the path is how many, e.g. ``scenes:600?seed=2``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.problems import Problems
from corelate.data.scenes.grammar import LABELS
from corelate.data.scenes.writing import MOST_SCENES, scene_references, scene_splits
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.options import option


@dataclass(frozen=True)
class Options:
    """Options of the format."""

    seed: int = option(1, "Chooses the series of scenes.")
    size: int = option(96, "Side of the square pictures, pixels.")
    test: float = option(0.25, "Share of the pictures in the split test; the others are in train.")


def read(path: Path, options: Options) -> AnnotationSet:
    """Return the first scenes of a series; nothing is drawn before it is read.

    Raises:
        OptionError: The path is not a number, or a number is out of range.
    """
    count = str(path)
    if not count.isdecimal() or len(count) > len(str(MOST_SCENES)):
        raise OptionError(f"scenes:{count}: expected how many scenes, from 1 to {MOST_SCENES}, e.g. scenes:600")
    references = scene_references(int(count), options.seed, options.size)
    vocabulary = Vocabulary(LABELS)
    present = [[vocabulary.index(label) for label in reference.labels] for reference in references]
    source = f"scenes:{count}?seed={options.seed}"
    return AnnotationSet(
        pictures=references,
        vocabulary=vocabulary,
        targets=TargetMatrix.from_rows(present, len(vocabulary)),
        splits=np.array(scene_splits(len(references), options.test)),
        source=source,
        problems=Problems(source),
    )


FORMAT = DataFormat(Options, read)
