"""Small data sets with planted faults."""

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import MissingReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary


@pytest.fixture
def make_set():
    """Make a set of labels alone: one text of labels for each picture, ``?label`` for an unknown one."""

    def make(rows, *, splits=None, folds=None, vocabulary=None, pictures=None):
        listed = [row.split() for row in rows]
        names = vocabulary or sorted({label.lstrip("?") for row in listed for label in row})
        labels = Vocabulary(names)
        present = [[labels.index(label) for label in row if label[0] != "?"] for row in listed]
        unknown = [[labels.index(label[1:]) for label in row if label[0] == "?"] for row in listed]
        return AnnotationSet(
            pictures=pictures or [MissingReference("gone", f"{number}.jpg") for number in range(len(rows))],
            vocabulary=labels,
            targets=TargetMatrix.from_rows(present, len(labels), unknown),
            splits=None if splits is None else np.array(splits),
            folds=None if folds is None else np.array(folds),
            source="planted",
        )

    return make
