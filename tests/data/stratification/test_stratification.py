"""Stratified divisions: what holds for all sets, and how even they are."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.division_quality import measure_division
from corelate.data.splits import folds
from corelate.data.stratification import stratified_folds, stratified_holdout, stratified_parts
from corelate.errors import OptionError

label_lists = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=2, max_size=40)


def sizes_of(divisions):
    return [len(division.held_out) for division in divisions]


@given(label_lists, st.data())
@settings(deadline=None)
def test_folds_hold_every_picture_out_once_and_differ_by_one_at_most(pictures, labels, data):
    k = data.draw(st.integers(2, min(len(labels), 6)))
    divisions = stratified_folds(pictures(labels), k, data.draw(st.integers(0, 3)))
    assert sorted(np.concatenate([division.held_out for division in divisions])) == list(range(len(labels)))
    for division in divisions:
        assert sorted([*division.training, *division.held_out]) == list(range(len(labels)))
        assert (np.diff(division.training) > 0).all()
        assert (np.diff(division.held_out) > 0).all()
    assert max(sizes_of(divisions)) - min(sizes_of(divisions)) <= 1


@given(label_lists, st.data())
@settings(deadline=None)
def test_groups_stay_whole_and_no_part_is_empty(pictures, labels, data):
    names = st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=len(labels), max_size=len(labels))
    groups = data.draw(names.filter(lambda groups: len(set(groups)) > 1))
    units = len({*groups} - {""}) + groups.count("")
    k = data.draw(st.integers(2, min(units, 5)))
    divisions = stratified_folds(pictures(labels, groups=groups), k, 1)
    held_out = [{groups[row] for row in division.held_out} - {""} for division in divisions]
    assert not any(one & other for number, one in enumerate(held_out) for other in held_out[:number])
    assert all(sizes_of(divisions))
    assert sum(sizes_of(divisions)) == len(labels)
    largest = max([groups.count(name) for name in set(groups) - {""}], default=1)
    assert max(sizes_of(divisions)) - min(sizes_of(divisions)) <= largest


@given(label_lists, st.floats(0.001, 0.999), st.integers(0, 5))
@settings(deadline=None)
def test_holdout_takes_the_nearest_number(pictures, labels, fraction, seed):
    division = stratified_holdout(pictures(labels), fraction, seed)
    count = len(labels)
    assert sorted([*division.training, *division.held_out]) == list(range(count))
    assert abs(len(division.held_out) - min(max(fraction * count, 1), count - 1)) <= 0.5 + 1e-9


def test_parts_have_their_shares_of_pictures_and_labels(archive):
    parts = stratified_parts(archive, (0.1, 0.2, 0.7), 1)
    assert [len(part) for part in parts] == [100, 200, 700]
    assert sorted(np.concatenate(parts)) == list(range(1000))
    quality = measure_division(archive.targets, parts, (0.1, 0.2, 0.7))
    assert quality.label_error < 1.2 * quality.least_label_error


def test_rare_labels_are_as_even_as_they_can_be(archive):
    divisions = stratified_folds(archive, 5, 1)
    quality = measure_division(archive.targets, [division.held_out for division in divisions], [0.2] * 5)
    by_chance = measure_division(archive.targets, [fold.held_out for fold in folds(archive, 5, 1)], [0.2] * 5)
    assert by_chance.label_error > 5 * quality.label_error
    assert by_chance.pairs_without > quality.pairs_without == quality.least_pairs_without


def test_the_seed_decides_and_nothing_else(archive):
    chosen = [fold.held_out.tolist() for fold in stratified_folds(archive, 5, 1)]
    assert chosen == [fold.held_out.tolist() for fold in stratified_folds(archive, 5, 1)]
    assert chosen != [fold.held_out.tolist() for fold in stratified_folds(archive, 5, 2)]


def test_known_division(pictures):
    # Written down so that a change of the algorithm, or of NumPy, does not go unnoticed.
    labels = [[0], [0, 1], [1], [], [2, 0], [1], [0], [2], [1, 2], []]
    assert [fold.held_out.tolist() for fold in stratified_folds(pictures(labels), 3, 0)] == [
        [1, 3, 8],
        [2, 6, 7, 9],
        [0, 4, 5],
    ]
    assert stratified_holdout(pictures(labels), 0.3, 0).held_out.tolist() == [2, 4, 9]


def test_same_in_another_process(archive):
    code = (
        "from corelate.data.spec import load_annotations as load;"
        "from corelate.data.stratification import stratified_holdout as hold;"
        "print(hold(load('scenes:60?size=16'), 0.3, seed=9).held_out.tolist())"
    )
    from corelate.data.spec import load_annotations

    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = stratified_holdout(load_annotations("scenes:60?size=16"), 0.3, seed=9).held_out.tolist()
    assert output.strip() == str(here)


def test_a_set_without_labels_is_divided_by_size(pictures):
    assert sorted(sizes_of(stratified_folds(pictures([[]] * 10), 3))) == [3, 3, 4]


def test_unknown_labels_do_not_count(pictures):
    labels = [[0], [1], [0], [1], [0, 1], [], []]
    unknown = [[1], [0], [], [2], [], [3], [4, 5]]
    with_unknown = stratified_folds(pictures(labels, unknown=unknown), 2, 4)
    assert str(with_unknown) == str(stratified_folds(pictures(labels), 2, 4))


def test_one_picture_a_fold(pictures):
    assert sizes_of(stratified_folds(pictures([[0], [0, 1], [], [1]]), 4)) == [1, 1, 1, 1]


def test_a_hundred_thousand_pictures_take_seconds(pictures):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 80, (100_000, 3)).tolist()
    large = pictures(labels, 80)
    started = time.perf_counter()
    divisions = stratified_folds(large, 5)
    assert time.perf_counter() - started < 10
    assert sizes_of(divisions) == [20_000] * 5


@pytest.mark.parametrize("k", [4, 1, 0, -1])
def test_k_out_of_range(pictures, k):
    with pytest.raises(OptionError, match=f"{k} folds of 3 pictures"):
        stratified_folds(pictures([[0], [1], []]), k)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), float("inf")])
def test_fraction_out_of_range(pictures, fraction):
    with pytest.raises(OptionError, match="between 0 and 1"):
        stratified_holdout(pictures([[0], [1]]), fraction)


@pytest.mark.parametrize("shares", [(), (1.0,), (0.5, 0.4), (0.0, 1.0), (-0.5, 1.5), (float("nan"), 0.5)])
def test_shares_that_are_none(pictures, shares):
    with pytest.raises(OptionError, match="together"):
        stratified_parts(pictures([[0], [1], [2]]), shares)


def test_too_few_groups(pictures):
    with pytest.raises(OptionError, match="3 pictures in 1 groups"):
        stratified_holdout(pictures([[0], [1], []], groups=["a"] * 3), 0.5)
    with pytest.raises(OptionError, match="3 folds of 3 pictures in 2 groups"):
        stratified_folds(pictures([[0], [1], []], groups=["a", "a", "b"]), 3)


def test_negative_seed(pictures):
    with pytest.raises(OptionError, match="seed -1"):
        stratified_folds(pictures([[0], [1]]), 2, seed=-1)
