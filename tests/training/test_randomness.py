from __future__ import annotations

import numpy as np

from corelate.training.randomness import derived_seed, permutation


def test_a_seed_belongs_to_its_place():
    seeds = {derived_seed(seed, purpose, place) for seed in (1, 2) for purpose in ("a", "b") for place in range(50)}
    assert len(seeds) == 200
    assert derived_seed(1, "a", 2, 3) == derived_seed(1, "a", 2, 3) != derived_seed(1, "a", 3, 2)


def test_a_seed_fits_torch():
    assert all(0 <= derived_seed(seed, "step") < 2**63 for seed in range(200))


def test_the_order_is_the_same_in_every_version():
    # Written down once: another order would make old runs impossible to repeat.
    assert permutation(8, 1, "order", 0).tolist() == EXPECTED
    assert sorted(permutation(100, 3, "order", 7).tolist()) == list(range(100))
    assert not np.array_equal(permutation(100, 3, "order", 7), permutation(100, 3, "order", 8))


EXPECTED = [6, 0, 7, 5, 2, 1, 3, 4]
