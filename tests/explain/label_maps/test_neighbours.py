from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.explain.label_maps import neighbours as module
from corelate.explain.label_maps.neighbours import (
    chance_to_co_occur,
    co_occurring,
    nearest,
    shared,
    strongest_pairs,
)
from corelate.labels.cooccurrence import CooccurrenceCounts

RANDOM = np.random.default_rng(0)


def counts_of(targets: np.ndarray) -> CooccurrenceCounts:
    vocabulary = Vocabulary([f"label {number}" for number in range(targets.shape[1])])
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(targets.astype(np.int8)), vocabulary)


def test_nearest_as_scikit_learn_finds_them(monkeypatch: pytest.MonkeyPatch):
    points = RANDOM.standard_normal((50, 4))
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 16)
    _, expected = NearestNeighbors(n_neighbors=11).fit(points).kneighbors(points)
    assert np.array_equal(nearest(points), expected[:, 1:])


@pytest.mark.parametrize(("labels", "count"), [(1, 0), (2, 0), (3, 1), (12, 3), (41, 10), (60, 10)])
def test_no_label_is_its_own_neighbour_and_most_others_are_none(labels: int, count: int):
    found = nearest(RANDOM.standard_normal((labels, 3)))
    assert found.shape == (labels, count)
    assert not (found == np.arange(labels)[:, None]).any()


def test_where_all_are_the_same_none_is_nearest():
    found = nearest(np.ones((5, 3)))
    assert found.shape == (5, 0)
    assert np.isnan(shared(found, found)).all()
    assert np.isnan(shared(np.zeros((5, 2), int), found)).all()


def test_shared_neighbours():
    some, others = np.array([[1, 2], [0, 2], [0, 1]]), np.array([[2, 1], [2, 3], [3, 4]])
    assert shared(some, others).tolist() == [1.0, 0.5, 0.0]


def test_co_occurring_neighbours_by_a_loop():
    targets = RANDOM.random((30, 9)) < 0.15
    targets[:, 4] = False
    targets[0, [0, 1]] = True
    near = nearest(RANDOM.standard_normal((9, 3)), 4)
    expected = [
        np.mean([(targets[:, label] & targets[:, other]).any() for other in near[label]]) if label != 4 else np.nan
        for label in range(9)
    ]
    assert np.array_equal(co_occurring(near, counts_of(targets)), expected, equal_nan=True)


def test_chance_leaves_out_labels_that_no_picture_has():
    targets = np.array([[1, 1, 0, 0], [0, 0, 1, 0]])
    assert chance_to_co_occur(counts_of(targets)) == pytest.approx(1 / 3)
    assert np.isnan(chance_to_co_occur(counts_of(np.array([[1, 0], [1, 0]]))))


def test_strongest_pairs_by_a_loop():
    targets = RANDOM.random((60, 10)) < 0.3
    strength = {}
    for one in range(10):
        for other in range(10):
            either = (targets[:, one] | targets[:, other]).sum()
            if one != other and (both := (targets[:, one] & targets[:, other]).sum()):
                strength[one, other] = both / either
    kept = {
        tuple(sorted(pair))
        for one in range(10)
        for pair in sorted((pair for pair in strength if pair[0] == one), key=lambda pair: -strength[pair])[:2]
    }
    found = strongest_pairs(counts_of(targets), 2, 100)
    assert sorted(map(tuple, found.tolist())) == sorted(kept)
    values = [strength[tuple(pair)] for pair in found.tolist()]
    assert values == sorted(values, reverse=True)
    assert np.array_equal(strongest_pairs(counts_of(targets), 2, 3), found[:3])


@pytest.mark.parametrize("targets", [np.eye(3), np.zeros((2, 3)), np.ones((4, 1))])
def test_labels_that_never_meet_have_no_pairs(targets: np.ndarray):
    assert strongest_pairs(counts_of(targets), 2, 10).shape == (0, 2)
