import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.doctor import near_hashes
from corelate.doctor.near_hashes import near_pairs


def found(hashes, distance, others=None):
    return sorted(tuple(pair) for block in near_pairs(hashes, distance, others) for pair in block.tolist())


def expected(hashes, distance, others=None):
    compared = hashes if others is None else others
    return [
        (i, j)
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if (int(hashes[i]) ^ int(compared[j])).bit_count() <= distance
    ]


def planted(count=150, seed=0):
    """Hashes of which many are few bits from another."""
    generator = np.random.default_rng(seed)
    hashes = generator.integers(0, 2**63, count, dtype=np.uint64)
    for row in range(count // 2):
        bits = generator.integers(0, 64, row % 14)
        hashes[count - 1 - row] = hashes[row] ^ np.uint64(sum({1 << int(bit) for bit in bits}))
    return hashes


@pytest.mark.parametrize("distance", [0, 1, 4, 8, 13, 20])
def test_all_pairs_of_a_naive_loop_are_found_once(distance):
    hashes = planted()
    assert found(hashes, distance) == expected(hashes, distance)
    assert len(expected(hashes, distance)) > 3


@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), st.integers(0, 20), st.randoms())
def test_all_pairs_are_found_whatever_the_hashes(values, distance, random):
    values += [value ^ (1 << random.randrange(64)) for value in values]
    hashes = np.array(values, np.uint64)
    others = hashes[::-1].copy()
    assert found(hashes, distance) == expected(hashes, distance)
    assert found(hashes, distance, others) == expected(hashes, distance, others)


def test_small_steps_give_the_same(monkeypatch):
    hashes = np.concatenate([planted(), np.zeros(40, np.uint64)])
    monkeypatch.setattr(near_hashes, "_PAIRS_PER_STEP", 100)
    assert found(hashes, 8) == expected(hashes, 8)


def test_without_numpys_bit_count_the_result_is_the_same(monkeypatch):
    hashes = planted()
    monkeypatch.setattr(near_hashes, "_bit_counts", near_hashes._count_bits_by_table)
    assert found(hashes, 8) == expected(hashes, 8)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_have_no_pair(count):
    assert found(np.zeros(count, np.uint64), 8) == []


def test_a_great_many_are_searched_quickly():
    hashes = np.random.default_rng(0).integers(0, 2**63, 20_000, dtype=np.uint64)
    hashes[-1] = hashes[0] ^ np.uint64(0b1011)
    began = time.process_time()
    assert (0, 19_999) in found(hashes, 8)
    assert time.process_time() - began < 5
