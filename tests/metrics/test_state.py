import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.decisions.fixed import Fixed
from corelate.errors import ScoresError
from corelate.metrics.report import evaluate_scores
from corelate.metrics.state import MetricState

RNG = np.random.default_rng(5)
SCORES = RNG.random((53, 6)).astype(np.float32).round(2)
TARGETS = RNG.choice([0, 0, 1, -1], size=(53, 6)).astype(np.int8)
DECISION = Fixed().for_labels(6)
WHOLE = evaluate_scores(SCORES, TARGETS, DECISION, (2,))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 52), unique=True, max_size=8), st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_division_into_batches_and_processes_gives_exactly_the_same(cuts, processes, random):
    order = random.sample(range(53), 53)
    states = [MetricState() for _ in range(processes)]
    for number, rows in enumerate(np.split(order, sorted(cuts))):
        states[number % processes].update(SCORES[rows], TARGETS[rows])
    assert sum(states, MetricState()).compute(DECISION, (2,)) == WHOLE


def test_what_processes_exchange_is_enough():
    ours, theirs = MetricState(), MetricState()
    ours.update(SCORES[:20], TARGETS[:20])
    theirs.update(SCORES[20:], TARGETS[20:])
    ours.update(*theirs.arrays())
    assert ours.compute(DECISION, (2,)) == WHOLE


def test_a_sum_leaves_its_parts_alone():
    first, second = MetricState(), MetricState()
    first.update(SCORES[:20], TARGETS[:20])
    second.update(SCORES[20:], TARGETS[20:])
    assert len(first + second) == 53
    assert (len(first), len(second)) == (20, 33)


def test_merging_with_itself_ends():
    state = MetricState()
    state.update(SCORES, TARGETS)
    state.merge(state)
    assert len(state) == 106


def test_a_buffer_can_be_used_again():
    state, buffer = MetricState(), SCORES[:10].copy()
    state.update(buffer, TARGETS[:10])
    buffer[:] = 0
    np.testing.assert_array_equal(state.arrays()[0], SCORES[:10])


def test_a_batch_of_one():
    state = MetricState()
    state.update([[0.7]], [[1]])
    assert state.compute(Fixed().for_labels(1))["n_plus"] == 1


def test_nothing_collected():
    with pytest.raises(ScoresError, match="no scores yet"):
        MetricState().compute(DECISION)


def test_batches_of_different_width():
    state = MetricState()
    state.update([[0.7]], [[1]])
    with pytest.raises(ScoresError, match=r"2 labels.*1"):
        state.update([[0.7, 0.1]], [[1, 0]])
