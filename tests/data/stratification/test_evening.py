"""Evening out: sizes, and the labels by exchanges."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.stratification import evening
from corelate.data.stratification.evening import _pairings, even_out
from corelate.data.stratification.iterative import Ties, assign_iteratively
from corelate.data.stratification.state import DivisionState
from corelate.data.stratification.units import Units

label_lists = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=2, max_size=40)


def slow_error(units: Units, part_of: np.ndarray, weights: np.ndarray) -> float:
    """χ² by its definition."""
    error = 0.0
    for label, total in enumerate(units.label_totals().tolist()):
        for part, weight in enumerate(weights.tolist()):
            have = sum(units.label_counts_of(unit).get(label, 0) for unit in np.flatnonzero(part_of == part).tolist())
            expected = total * weight / weights.sum()
            error += (have - expected) ** 2 / expected if total else 0.0
    return error


@given(label_lists, st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
@settings(deadline=None)
def test_errors_and_gains_are_those_of_the_definition(pictures, labels, weights, data):
    groups = data.draw(st.lists(st.sampled_from(["", "a", "b"]), min_size=len(labels), max_size=len(labels)))
    units, shares = Units.from_pictures(pictures(labels, groups=groups)), np.array(weights)
    parts = st.integers(0, len(weights) - 1)
    part_of = np.array(data.draw(st.lists(parts, min_size=len(units), max_size=len(units))), dtype=np.int64)
    unit, taker = data.draw(st.integers(0, len(units) - 1)), data.draw(parts)
    giver = int(part_of[unit])
    if giver == taker:
        taker = (giver + 1) % len(weights)
    state = DivisionState(units, part_of, shares)
    before = slow_error(units, part_of, shares)
    assert state.error() == pytest.approx(before, abs=1e-9)
    gain = state.gain(units.label_counts_of(unit), giver, taker)
    assert state.move_gains([(giver, taker)])[unit] == pytest.approx(gain, abs=1e-9)
    state.move(unit, giver, taker)
    assert before - gain == pytest.approx(slow_error(units, state.part_of, shares), abs=1e-9)
    assert state.error() == pytest.approx(before - gain, abs=1e-9)


def test_exchanges_make_labels_more_even(archive):
    # Without the pictures that have no label, with which the published algorithm evens out sizes.
    labelled = archive.select(np.flatnonzero(archive.targets.labels_per_picture())[:800])
    units, weights = Units.from_pictures(labelled), np.ones(5, dtype=np.int64)
    ties = Ties.draw(len(units), units.label_count, 0)
    published = assign_iteratively(units, weights, ties)
    before = published.copy()
    evened = even_out(units, published, weights, ties.unit_rank)
    assert published.tolist() == before.tolist()
    assert np.bincount(published).tolist() != [160] * 5
    assert np.bincount(evened).tolist() == [160] * 5
    errors = [DivisionState(units, part_of, weights).error() for part_of in (published, evened)]
    assert errors[1] < 0.7 * errors[0]


def test_an_exchange_of_two_pictures_is_found(pictures):
    units = Units.from_pictures(pictures([[0]] * 4 + [[1]] * 4, 2))
    evened = even_out(units, np.repeat([0, 1], 4), np.ones(2, dtype=np.int64), np.arange(8))
    assert np.bincount(evened[:4]).tolist() == np.bincount(evened[4:]).tolist() == [2, 2]


def test_no_part_stays_empty(pictures):
    units = Units.from_pictures(pictures([[0]] * 9 + [[1], [2]], 3, groups=["a"] * 9 + ["b", "c"]))
    evened = even_out(units, np.zeros(3, dtype=np.int64), np.array([1, 1, 9]), np.arange(3))
    assert sorted(evened.tolist()) == [0, 1, 2]


def test_a_part_too_small_for_any_group_gets_one(pictures):
    units = Units.from_pictures(pictures([[0]] * 10, 1, groups=["a"] * 5 + ["b"] * 5))
    evened = even_out(units, np.array([1, 1]), np.array([1, 9]), np.arange(2))
    assert sorted(evened.tolist()) == [0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_exchanges_of_groups_leave_the_sizes_as_even_as_they_were(archive, monkeypatch, seed):
    numbers = np.repeat(np.arange(1000), np.random.default_rng(seed).integers(1, 12, 1000))[:1000]
    units = Units.from_pictures(replace(archive, groups=numbers.astype(np.str_)))
    weights = np.array([1, 2, 3])
    ties = Ties.draw(len(units), units.label_count, seed)
    published = assign_iteratively(units, weights, ties)
    evened = even_out(units, published, weights, ties.unit_rank)
    monkeypatch.setattr(evening, "MOST_ROUNDS", 0)
    before = even_out(units, published, weights, ties.unit_rank)
    assert before.tolist() != evened.tolist()
    rooms = [DivisionState(units, part_of, weights).room for part_of in (before, evened)]
    assert min(rooms[0]) <= min(rooms[1])
    assert max(rooms[1]) <= max(rooms[0])


def test_all_in_one_part_is_evened_out(pictures):
    units = Units.from_pictures(pictures([[0]] * 31, 1))
    evened = even_out(units, np.zeros(31, dtype=np.int64), np.array([3, 7, 21]), np.arange(31))
    assert np.bincount(evened).tolist() == [3, 7, 21]


@pytest.mark.parametrize("count", range(2, 9))
def test_every_part_meets_every_other_once(count):
    rounds = _pairings(count)
    met = [tuple(sorted(pair)) for pairs in rounds for pair in pairs]
    assert sorted(met) == list(combinations(range(count), 2))
    assert all(len({part for pair in pairs for part in pair}) == 2 * len(pairs) for pairs in rounds)
