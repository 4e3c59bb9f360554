"""Which pictures are divided, and what stays as it was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corelate.data import splits, stratification
from corelate.data.annotation_set import AnnotationSet
from corelate.data.dividing import (
    DivisionOptions,
    divide_by_shares,
    divide_into_folds,
    divide_set,
    hold_out,
    random_qualities,
)
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError


@pytest.fixture(scope="module")
def scenes() -> AnnotationSet:
    """Sixty scenes: 45 for training, 15 for test."""
    return load_annotations("scenes:60?size=16&test=0.25")


def with_splits(annotations: AnnotationSet, *names: str) -> AnnotationSet:
    return replace(annotations, splits=np.array([names[row % len(names)] for row in range(len(annotations))]))


def test_folds_divide_the_pictures_to_learn_from(scenes):
    divided = divide_set(scenes, DivisionOptions(folds=3))
    assert divided.splits.tolist() == scenes.splits.tolist()
    assert (divided.folds[scenes.splits == "test"] == 0).all()
    assert np.bincount(divided.folds).tolist() == [15, 15, 15, 15]
    assert list(divided.parts) == ["fold 1", "fold 2", "fold 3"]
    assert (divided.folds[divided.parts["fold 2"]] == 2).all()
    assert divided.rows.tolist() == np.flatnonzero(scenes.splits == "train").tolist()


def test_folds_divide_validation_pictures_too_and_keep_their_split(scenes):
    divided = divide_set(with_splits(scenes, "val", "train", "test"), DivisionOptions(folds=4))
    assert divided.splits.tolist()[:3] == ["val", "train", "test"]
    assert divided.folds[2::3].tolist() == [0] * 20
    assert (divided.folds[::3] > 0).all()
    assert (divided.folds[1::3] > 0).all()


def test_pictures_without_a_split_are_learned_from_and_the_file_says_so(scenes):
    divided = divide_set(with_splits(scenes, "", "test"), DivisionOptions(folds=2))
    assert divided.splits.tolist()[:2] == ["train", "test"]


def test_folds_of_a_set_without_splits(scenes):
    divided = divide_set(replace(scenes, splits=None), DivisionOptions(folds=2))
    assert divided.splits is None
    assert np.bincount(divided.folds).tolist() == [0, 30, 30]


def test_a_test_share_divides_all_pictures_anew(scenes):
    divided = divide_set(scenes, DivisionOptions(test=0.2, validation=0.1))
    assert divided.folds is None
    assert {name: len(rows) for name, rows in divided.parts.items()} == {"test": 12, "validation": 6, "train": 42}
    assert all((divided.splits[rows] == name).all() for name, rows in divided.parts.items())
    assert divided.shares == pytest.approx((0.2, 0.1, 0.7))


def test_a_validation_share_alone_keeps_the_test_pictures(scenes):
    divided = divide_set(with_splits(scenes, "val", "train", "test"), DivisionOptions(validation=0.25))
    assert (divided.splits[2::3] == "test").all()
    assert {name: len(rows) for name, rows in divided.parts.items()} == {"validation": 10, "train": 30}


@pytest.mark.parametrize("method", ["stratified", "random"])
def test_methods_are_those_of_their_modules(scenes, method):
    module = {"stratified": stratification, "random": splits}[method]
    named = {"stratified": "stratified_", "random": ""}[method]
    of = {name: getattr(module, named + name) for name in ("folds", "holdout", "parts")}
    assert str(divide_into_folds(scenes, 3, method, 5)) == str(of["folds"](scenes, 3, 5))
    assert str(hold_out(scenes, 0.2, method, 5)) == str(of["holdout"](scenes, 0.2, 5))
    assert str(divide_by_shares(scenes, (0.5, 0.5), method, 5)) == str(of["parts"](scenes, (0.5, 0.5), 5))


@pytest.mark.parametrize("options", [{"folds": 3}, {"test": 0.2, "validation": 0.2}, {"validation": 0.3}])
def test_stratified_is_more_even_than_random(scenes, options):
    divided = divide_set(scenes, DivisionOptions(**options))
    chance = random_qualities(divided, 1)
    assert len(chance) == 5
    assert all(quality.sizes == divided.quality.sizes for quality in chance)
    assert divided.quality.label_error < np.mean([quality.label_error for quality in chance]) / 2


def test_missing_labels_are_named(scenes):
    divided = divide_set(scenes, DivisionOptions(folds=15))
    missing = divided.missing_labels()
    assert sum(map(len, missing.values())) == divided.quality.pairs_without > 0
    for number, labels in enumerate(missing.values(), start=1):
        rows = np.flatnonzero(divided.folds == number)
        present = {label for row in rows for label in scenes.labels_of(row)}
        assert not present & set(labels)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the two"),
        ({"folds": 3, "test": 0.1}, "one of the two"),
        ({"folds": 3, "validation": 0.1}, "one of the two"),
        ({"folds": 1}, "1 folds"),
        ({"folds": -2}, "-2 folds"),
        ({"test": 1.0}, "share 1.0 of test"),
        ({"test": -0.1}, "share -0.1 of test"),
        ({"validation": float("nan")}, "share nan of validation"),
        ({"test": 0.5, "validation": 0.5}, "leave nothing"),
        ({"folds": 2, "method": "stratify"}, "choose one of stratified, random"),
    ],
)
def test_requests_that_make_no_sense(options, words):
    with pytest.raises(OptionError, match=words):
        DivisionOptions(**options)


def test_nothing_to_learn_from(scenes):
    with pytest.raises(DataError, match="no pictures to learn from; its splits are test"):
        divide_set(scenes.split("test"), DivisionOptions(folds=2))
    with pytest.raises(DataError, match="'holiday' is none of"):
        divide_set(with_splits(scenes, "holiday"), DivisionOptions(folds=2))
