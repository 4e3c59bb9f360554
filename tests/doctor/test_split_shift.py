import dataclasses

import numpy as np
import pytest
from scipy.stats import hypergeom

from corelate.doctor.case import Case
from corelate.doctor.split_shift import SplitCount, find, log_probability

LOG_FACTORIALS = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, 5001)))])


@pytest.mark.parametrize(
    "count",
    [
        SplitCount(0, 50, 40, 400),
        SplitCount(13, 50, 40, 400),
        SplitCount(40, 50, 40, 400),
        SplitCount(5, 4000, 30, 5000),
    ],
)
def test_probability_is_the_doubled_tail_of_scipys_hypergeometric(count):
    distribution = hypergeom(count.of_total, count.total, count.of_here)
    tails = distribution.cdf(count.here), distribution.sf(count.here - 1)
    expected = min(1.0, 2 * min(tails))
    assert np.exp(log_probability(count, LOG_FACTORIALS)) == pytest.approx(expected, rel=1e-6)


def kinds(annotations):
    return [(finding.kind.name, *finding.labels, finding.numbers.get("split")) for finding in find(Case(annotations))]


def test_a_label_that_the_test_split_has_far_more_often(make_set):
    rows = ["a"] * 190 + ["a b"] * 10 + ["a b"] * 60
    assert kinds(make_set(rows, splits=["train"] * 200 + ["test"] * 60)) == [("label shift", "b", "test")]


def test_random_splits_shift_nothing(make_set):
    generator = np.random.default_rng(0)
    rows = [" ".join(f"l{n}" for n in range(30) if generator.random() < 0.02 * n) for _ in range(600)]
    splits = generator.choice(["train", "validation", "test"], 600)
    assert kinds(make_set(rows, splits=splits)) == []


def test_a_significant_but_small_difference_is_not_named(make_set):
    rows = ["a"] * 5000 + [""] * 5000 + ["a"] * 5700 + [""] * 4300
    assert kinds(make_set(rows, splits=["train"] * 10_000 + ["test"] * 10_000)) == []


def test_unknown_cells_count_on_neither_side(make_set):
    rows = ["a b"] * 50 + ["a"] * 150 + ["a ?b"] * 200
    assert kinds(make_set(rows, splits=["train"] * 200 + ["test"] * 200)) == []


def test_small_splits(make_set):
    found = list(find(Case(make_set(["a"] * 60, splits=["train"] * 31 + ["test"] * 29))))
    assert [finding.sentence for finding in found] == ["test: 29 pictures"]


@pytest.mark.parametrize("splits", [None, ["train"] * 40])
def test_one_side_alone_differs_from_nothing(make_set, splits):
    assert kinds(make_set(["a"] * 40, splits=splits)) == []


def test_a_group_in_two_splits(make_set):
    rows = ["a"] * 80
    annotations = make_set(rows, splits=["train"] * 40 + ["test"] * 40)
    groups = np.array(["x"] * 2 + [""] * 37 + ["y"] + ["y"] + [""] * 39)
    (finding,) = find(Case(dataclasses.replace(annotations, groups=groups)))
    assert (finding.kind.name, finding.sentence) == ("cut groups", "y: 2 pictures in test, train")
