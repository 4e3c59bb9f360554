"""The published algorithm, compared with loops over its text."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.stratification.iterative import Ties, assign_iteratively
from corelate.data.stratification.units import Units


def read_literally(units: Units, weights: list[int], ties: Ties) -> list[int]:
    """Do what the paper's algorithm 1 says, step by step in fractions; the same numbers decide ties."""
    parts, labels = range(len(weights)), range(units.label_count)
    holds = [units.label_counts_of(unit) for unit in range(len(units))]
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    desired = [share * units.picture_count for share in shares]
    desired_of = [[share * sum(unit.get(label, 0) for unit in holds) for label in labels] for share in shares]
    waiting, part_of = set(range(len(units))), [-1] * len(units)
    rank = ties.unit_rank.tolist()

    def give(unit: int, label: int | None) -> None:
        wish = {part: desired_of[part][label] if label is not None else 0 for part in parts}
        best = [part for part in parts if wish[part] == max(wish.values())]
        room = max(desired[part] for part in best)
        best = [part for part in best if desired[part] == room]
        part = best[int(ties.choices[unit]) % len(best)]
        part_of[unit] = part
        waiting.remove(unit)
        for held, count in holds[unit].items():
            desired_of[part][held] -= count
        desired[part] -= int(units.sizes[unit])

    while any(holds[unit] for unit in waiting):
        left = {label: sum(label in holds[unit] for unit in waiting) for label in labels}
        fewest = min(count for count in left.values() if count)
        rarest = next(label for label in ties.label_order.tolist() if left[label] == fewest)
        with_it = [unit for unit in waiting if rarest in holds[unit]]
        for unit in sorted(with_it, key=lambda unit: (-holds[unit][rarest], rank[unit])):
            give(unit, rarest)
    for unit in sorted(waiting, key=lambda unit: (-units.sizes[unit], rank[unit])):
        give(unit, None)
    return part_of


label_lists = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=40)


@given(label_lists, st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(0, 5))
@settings(deadline=None)
def test_as_the_paper_says(pictures, labels, weights, seed):
    units = Units.from_pictures(pictures(labels))
    ties = Ties.draw(len(units), units.label_count, seed)
    assert assign_iteratively(units, np.array(weights), ties).tolist() == read_literally(units, weights, ties)


@given(label_lists, st.integers(2, 5), st.integers(0, 5), st.data())
@settings(deadline=None)
def test_groups_are_examples_with_counts(pictures, labels, k, seed, data):
    names = st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=len(labels), max_size=len(labels))
    units = Units.from_pictures(pictures(labels, groups=data.draw(names)))
    ties = Ties.draw(len(units), units.label_count, seed)
    assert assign_iteratively(units, np.ones(k, dtype=np.int64), ties).tolist() == read_literally(units, [1] * k, ties)


def test_hundreds_of_pictures_as_the_paper_says(archive):
    units = Units.from_pictures(archive.select(range(300)))
    ties = Ties.draw(len(units), units.label_count, 3)
    assert assign_iteratively(units, np.ones(7, dtype=np.int64), ties).tolist() == read_literally(units, [1] * 7, ties)


def test_the_rarest_label_is_even_whatever_the_others_are(pictures):
    rare = [[0]] * 4
    common = [[1]] * 37 + [[1, 2]] * 20
    units = Units.from_pictures(pictures(rare + common, 3))
    parts = assign_iteratively(units, np.ones(4, dtype=np.int64), Ties.draw(len(units), 3, 0))
    assert sorted(parts[:4].tolist()) == [0, 1, 2, 3]


def test_pictures_without_labels_are_spread_by_size(pictures):
    units = Units.from_pictures(pictures([[0]] * 2 + [[]] * 10, 1))
    parts = assign_iteratively(units, np.ones(3, dtype=np.int64), Ties.draw(12, 1, 0))
    assert np.bincount(parts).tolist() == [4, 4, 4]


@pytest.mark.parametrize("labels", [[[]], [[0]]])
def test_one_picture(pictures, labels):
    units = Units.from_pictures(pictures(labels, 1))
    assert assign_iteratively(units, np.ones(2, dtype=np.int64), Ties.draw(1, 1, 0)).tolist() in ([0], [1])


def test_ties_are_known_numbers():
    # Written down so that a change of the numbers, or of NumPy, does not go unnoticed.
    ties = Ties.draw(5, 4, 7)
    assert (ties.unit_rank.tolist(), ties.label_order.tolist()) == ([2, 4, 3, 0, 1], [2, 1, 0, 3])
    assert (ties.choices % np.uint64(100)).tolist() == [72, 28, 5, 82, 93]
