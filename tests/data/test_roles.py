from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from corelate.data.roles import ROLES, rows_with_role
from corelate.data.spec import load_annotations
from corelate.errors import DataError


def test_names_of_splits_in_any_case_and_none_at_all():
    names = ["train", "Training", "", "VAL", "valid", "dev", "validation", "test", "train"]
    annotations = dataclasses.replace(load_annotations("scenes:9"), splits=np.array(names))
    assert rows_with_role(annotations, "train").tolist() == [0, 1, 2, 8]
    assert rows_with_role(annotations, "validation").tolist() == [3, 4, 5, 6]
    assert rows_with_role(annotations, "test").tolist() == [7]
    assert set(ROLES.values()) == {"train", "validation", "test"}


def test_without_splits_all_pictures_are_for_training():
    annotations = dataclasses.replace(load_annotations("scenes:4"), splits=None)
    assert rows_with_role(annotations, "train").tolist() == [0, 1, 2, 3]
    assert not len(rows_with_role(annotations, "test"))


def test_another_name_is_refused():
    annotations = dataclasses.replace(load_annotations("scenes:2"), splits=np.array(["train", "holiday"]))
    with pytest.raises(DataError, match="split 'holiday' is none of train, validation and test"):
        rows_with_role(annotations, "train")
