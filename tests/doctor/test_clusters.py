import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corelate.doctor.clusters import Clusters, members


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_clusters_are_the_connected_parts(pairs):
    clusters = Clusters(20)
    clusters.join(np.array(pairs, np.int64).reshape(-1, 2))
    reached = {row: {row} for row in range(20)}
    for first, second in pairs:
        both = reached[first] | reached[second]
        reached |= dict.fromkeys(both, both)
    assert clusters.roots().tolist() == [min(reached[row]) for row in range(20)]
    groups = {tuple(sorted(group)) for group in reached.values() if len(group) > 1}
    assert {tuple(part.tolist()) for part in members(clusters.roots())} == groups


def test_long_chains_are_followed():
    clusters = Clusters(50_000)
    chain = np.stack([np.arange(49_999), np.arange(1, 50_000)], axis=1)
    clusters.join(chain[::-1])
    assert not clusters.roots().any()
    assert not clusters.apart(chain).any()


def test_largest_cluster_first_and_none_without_pairs():
    assert members(np.array([0, 0, 2, 3, 2, 2, 6]))[0].tolist() == [2, 4, 5]
    assert members(np.arange(4)) == []
