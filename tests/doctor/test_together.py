import time
from dataclasses import replace

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation.curation import Curation
from corelate.data.curation.label_changes import imply_labels
from corelate.data.references import MissingReference
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.doctor.case import Case, DoctorOptions
from corelate.doctor.together import find


def found(annotations, minimum=10):
    case = Case(annotations, options=DoctorOptions(minimum_together=minimum))
    return [(finding.kind.name, finding.labels, dict(finding.numbers)) for finding in find(case)]


def test_labels_with_the_same_pictures_and_labels_that_imply_others(make_set):
    rows = ["iguana marine sea"] * 10 + ["sea"] * 10 + ["tree"] * 180
    assert found(make_set(rows)) == [
        ("always together", ("iguana", "marine"), {"pictures": 10}),
        ("only with another", ("iguana", "sea"), {"pictures": 10, "pictures_of_other": 20}),
    ]


def test_too_few_pictures_say_nothing(make_set):
    rows = ["iguana marine sea"] * 9 + ["sea"] * 10 + ["tree"] * 180
    assert found(make_set(rows)) == []
    assert len(found(make_set(rows), minimum=9)) == 2


def test_one_picture_apart_is_not_together(make_set):
    rows = ["iguana marine"] * 20 + ["iguana", "marine"] + ["tree"] * 100
    assert found(make_set(rows)) == []


def test_a_label_of_nearly_all_pictures_is_no_news(make_set):
    rows = ["photo sky"] * 12 + ["photo"] * 80 + [""]
    assert found(make_set(rows)) == []


def test_unknown_is_not_together(make_set):
    rows = ["iguana ?marine"] * 10 + ["tree"] * 100
    assert found(make_set(rows)) == []


@pytest.fixture
def under(make_set):
    """Make a set whose labels imply others, by pairs of child and parent."""

    def make(rows, *pairs):
        annotations = make_set(rows)
        hierarchy, targets = imply_labels(annotations.vocabulary, annotations.targets, pairs)
        return replace(annotations, vocabulary=hierarchy.vocabulary, targets=targets, curation=Curation(hierarchy))

    return make


def test_what_the_hierarchy_brings_about_is_not_told(under):
    rows = ["car"] * 20 + ["cat"] * 20 + ["dog"] * 20 + ["tree"] * 140
    pairs = [("car", "vehicle"), ("vehicle", "thing"), ("cat", "animal"), ("dog", "animal"), ("animal", "being")]
    assert found(under(rows, *pairs)) == []
    # Without the hierarchy the same pictures tell all of it.
    assert len(found(replace(under(rows, *pairs), curation=None))) > 3


def test_what_is_beside_a_hierarchy_is_still_told(under):
    rows = ["car road garage"] * 20 + ["road"] * 10 + ["kitten cat"] * 10 + ["cat"] * 10 + ["dog"] * 10 + ["x"] * 190
    pairs = [("car", "vehicle"), ("cat", "animal"), ("dog", "animal")]
    assert [(kind, labels) for kind, labels, _ in found(under(rows, *pairs))] == [
        ("always together", ("car", "garage")),
        ("only with another", ("car", "road")),
        # That a kitten only comes with an animal follows.
        ("only with another", ("kitten", "cat")),
    ]


def test_siblings_with_the_same_pictures_are_told_without_their_parent(under):
    rows = ["cup saucer"] * 10 + ["x"] * 90
    assert [labels for _, labels, _ in found(under(rows, ("cup", "dish"), ("saucer", "dish")))] == [("cup", "saucer")]


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_those_of_a_loop(seed):
    generator = np.random.default_rng(seed)
    dense = (generator.random((60, 8)) < 0.2).astype(np.int8)
    dense[:, 1] |= dense[:, 0]
    dense[:, 3] = dense[:, 2]
    names = [f"l{column}" for column in range(8)]
    annotations = AnnotationSet(
        [MissingReference("", str(row)) for row in range(60)], Vocabulary(names), TargetMatrix.from_dense(dense)
    )
    same = [
        (a, b)
        for a in range(8)
        for b in range(a + 1, 8)
        if dense[:, a].sum() >= 5 and (dense[:, a] == dense[:, b]).all()
    ]
    kinds = found(annotations, minimum=5)
    assert [labels for kind, labels, _ in kinds if kind == "always together"] == [(names[a], names[b]) for a, b in same]
    implied = {labels for kind, labels, _ in kinds if kind == "only with another"}
    for first in range(8):
        for second in range(8):
            having = dense[:, first] == 1
            always = having.sum() >= 5 and dense[having, second].all() and dense[:, second].sum() > having.sum()
            rare = dense[:, second].mean() ** having.sum() <= 0.01 / 8
            # Of labels with the same pictures the first stands for all.
            stands = first not in [b for _, b in same]
            assert ((names[first], names[second]) in implied) == (always and rare and stands)


def test_ten_thousand_labels_take_a_moment():
    generator = np.random.default_rng(0)
    rows = [np.unique((10_000 * generator.random(6) ** 3).astype(int)).tolist() for _ in range(20_000)]
    annotations = AnnotationSet(
        [MissingReference("", str(row)) for row in range(20_000)],
        Vocabulary([f"l{column}" for column in range(10_000)]),
        TargetMatrix.from_rows(rows, 10_000),
    )
    began = time.process_time()
    found(annotations)
    assert time.process_time() - began < 5
