import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from corelate.decisions.top_k import TopK
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import OptionError


@st.composite
def scores_and_k(draw):
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=2, max_side=12))
    elements = draw(st.sampled_from([st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1, width=32)]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return draw(arrays.arrays(np.float64, shape, elements=elements)).astype(dtype), draw(st.integers(1, shape[1]))


@settings(deadline=None)
@given(scores_and_k())
def test_the_k_best_by_score_and_then_by_label_index(pair):
    scores, k = pair
    decided = TopKDecision(k=k).decide(scores)
    for row, values in enumerate(scores):
        best = sorted(range(len(values)), key=lambda label: (-values[label], label))[:k]
        np.testing.assert_array_equal(np.flatnonzero(decided[row]), sorted(best))


def test_all_scores_equal():
    decided = TopKDecision(k=2).decide(np.zeros((3, 5)))
    np.testing.assert_array_equal(decided, [[True, True, False, False, False]] * 3)


def test_as_many_as_there_are():
    assert TopKDecision(k=3).decide(np.zeros((2, 3))).all()


def test_no_image():
    assert TopKDecision(k=3).decide(np.zeros((0, 3))).shape == (0, 3)


def test_more_than_there_are():
    with pytest.raises(OptionError, match="k is 4, but there are only 3 labels"):
        TopKDecision(k=4).decide(np.zeros((2, 3)))
    with pytest.raises(OptionError, match="k is 4, but there are only 3 labels"):
        TopK(k=4).fit(np.zeros((2, 3)), np.zeros((2, 3)))


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "3", None])
def test_k_is_a_whole_number(wrong):
    with pytest.raises(OptionError, match="whole number"):
        TopKDecision(k=wrong)


def test_blocks_of_rows_are_decided_alike(monkeypatch):
    scores = np.random.default_rng(0).random((20, 6)).round(1)
    whole = TopKDecision(k=2).decide(scores)
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 10)
    np.testing.assert_array_equal(TopKDecision(k=2).decide(scores), whole)
