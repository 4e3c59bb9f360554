from __future__ import annotations

import numpy as np
import pytest

from corelate.augment.quality import feature_distances
from corelate.augment.quality.feature_distances import cosine_distances, nearest_rows


def test_cosine_distances():
    first = np.array([[1.0, 0], [1, 0], [1, 0], [3, 4]])
    second = np.array([[5.0, 0], [0, 2], [-1, 0], [4, 3]])
    assert cosine_distances(first, second) == pytest.approx([0, 1, 2, 1 - 24 / 25], abs=1e-6)


def test_features_of_nothing_are_far_from_all():
    assert cosine_distances(np.zeros((1, 3)), np.ones((1, 3))) == pytest.approx([1])


def test_nearest_rows_in_blocks_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feature_distances, "_ROWS_PER_BLOCK", 7)
    generator = np.random.default_rng(0)
    candidates, features = generator.normal(size=(11, 5)), generator.normal(size=(30, 5))
    own = generator.integers(11, size=30)
    expected = [
        max(range(11), key=lambda row: feature @ candidates[row] / np.linalg.norm(candidates[row]))
        for feature in features
    ]
    assert nearest_rows(features, candidates, own).tolist() == expected
    assert len(set(expected)) > 3


def test_its_own_original_is_taken_before_a_twin():
    twins = np.array([[1.0, 2], [1, 2], [5, 0]])
    assert nearest_rows(np.array([[1.0, 2], [1, 2]]), twins, np.array([1, 0])).tolist() == [1, 0]
