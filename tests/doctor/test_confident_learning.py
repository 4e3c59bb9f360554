import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.doctor.confident_learning import label_issues


def by_definition(scores, present):
    """The off-diagonal of the confident joint, picture by picture, of what is more likely than not."""
    probabilities = [(1 - score, score) for score in scores]
    thresholds = [
        np.mean([pair[label] for pair, given_label in zip(probabilities, present, strict=True) if given_label == label])
        for label in (False, True)
    ]
    missing, wrong = [], []
    for place, (pair, given_label) in enumerate(zip(probabilities, present, strict=True)):
        confident = [label for label in (0, 1) if pair[label] >= thresholds[label] - 1e-6]
        counted = max(confident, key=lambda label: pair[label]) if confident else int(given_label)
        if counted != given_label and pair[counted] > pair[int(given_label)] + 1e-6:
            (missing if counted else wrong).append(place)
    return missing, wrong


cells = st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=2, max_size=40).filter(
    lambda cells: len({given_label for _, given_label in cells}) == 2
)


@given(cells)
def test_issues_are_those_of_the_definition(cells):
    scores, present = np.array([score / 100 for score, _ in cells]), np.array([given_label for _, given_label in cells])
    found = label_issues(scores, present)
    missing, wrong = by_definition(scores, present)
    assert sorted(found.missing) == missing
    assert sorted(found.wrong) == wrong
    assert (np.diff(scores[found.missing]) <= 0).all(), "the surest first"
    assert (np.diff(scores[found.wrong]) >= 0).all()


def test_thresholds_are_mean_scores_of_the_given_answers():
    found = label_issues(np.array([0.9, 0.7, 0.2, 0.4], np.float32), np.array([True, True, False, False]))
    assert found.present_threshold == pytest.approx(0.8)
    assert found.absent_threshold == pytest.approx(0.7)


def test_a_planted_flip_each_way():
    scores = np.array([0.9, 0.8, 0.85, 0.1, 0.2, 0.05, 0.88, 0.12, 0.1])
    present = np.array([True, True, True, False, False, False, False, True, False])
    found = label_issues(scores, present)
    assert found.missing.tolist() == [6]
    assert found.wrong.tolist() == [7]


def test_equal_scores_contradict_nothing():
    found = label_issues(np.full(6, 0.5), np.array([True, False] * 3))
    assert len(found.missing) == len(found.wrong) == 0
