from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import OptionError
from corelate.explain.judged import Judged
from corelate.explain.sheet.choosing_pictures import choose_pictures

Judge = Callable[..., Judged]


def test_the_most_confident_errors_come_first(judge: Judge):
    # Errors: 0.6 (wrong), none, 0.9 (missed), 0.7 (wrong).
    judged = judge([[0.6, 0.4], [0.2, 0.9], [0.1, 0.9], [0.1, 0.7]], [[0, 0], [0, 1], [1, 1], [0, 0]])
    assert choose_pictures(judged).tolist() == [2, 3, 0, 1]
    assert choose_pictures(judged, count=2).tolist() == [2, 3]


def test_equal_errors_stay_in_order(judge: Judge):
    judged = judge(np.full((300, 1), 0.75), np.zeros((300, 1)))
    assert choose_pictures(judged, count=300).tolist() == list(range(300))


def test_an_error_on_the_threshold_comes_before_a_right_tag_on_it(judge: Judge):
    judged = judge([[0.5], [0.5]], [[1], [0]])
    assert choose_pictures(judged).tolist() == [1, 0]


def test_unknown_truth_is_never_first(judge: Judge):
    judged = judge([[0.99], [0.4]], [[-1], [0]])
    assert choose_pictures(judged).tolist() == [1, 0]


def test_in_the_order_of_the_data(judge: Judge):
    judged = judge([[0.1], [0.9], [0.5]], [[1], [0], [1]])
    assert choose_pictures(judged, "first", 2).tolist() == [0, 1]


def test_random_goes_by_the_seed(judge: Judge):
    judged = judge(np.full((50, 1), 0.5), np.ones((50, 1)))
    draws = [choose_pictures(judged, "random", 50, seed=seed).tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert sorted(draws[0]) == list(range(50)) != draws[0]
    assert choose_pictures(judged, "random", 7, seed=1).tolist() == draws[0][:7]


def test_more_than_there_are_gives_all(judge: Judge):
    assert len(choose_pictures(judge([[0.5]] * 3, [[1]] * 3), count=1000)) == 3


def test_by_label(judge: Judge):
    # The label b: wrong by 0.6, not concerned, missed by 0.9, right; other labels do not matter.
    judged = judge([[0.9, 0.6], [0.9, 0.2], [0.1, 0.1], [0.1, 0.8]], [[0, 0], [0, 0], [0, 1], [1, 1]])
    assert choose_pictures(judged, label="b").tolist() == [2, 0, 3]
    assert choose_pictures(judged, "first", label="b").tolist() == [0, 2, 3]
    assert sorted(choose_pictures(judged, "random", label="b").tolist()) == [0, 2, 3]


def test_by_a_label_whose_truth_is_unknown(judge: Judge):
    judged = judge([[0.9], [0.8], [0.1]], [[-1], [0], [-1]])
    assert choose_pictures(judged, label="a").tolist() == [1, 0]


def test_by_a_label_that_is_never_predicted(judge: Judge):
    judged = judge([[0.3], [0.1], [0.2]], [[1], [1], [0]])
    assert choose_pictures(judged, label="a").tolist() == [1, 0]


def test_by_a_label_that_no_picture_has(judge: Judge):
    assert choose_pictures(judge([[0.3]], [[0]]), label="a").tolist() == []


def test_a_rule_that_never_predicts(judge: Judge):
    judged = judge([[0.3, 0.2], [0.1, 0.1], [0.4, 0.0]], [[0, 0], [1, 0], [0, 1]], 1.0)
    assert not judged.predicted.any()
    assert choose_pictures(judged).tolist() == [2, 1, 0]


def test_a_rule_without_thresholds(judge: Judge):
    judged = judge([[0.9, 0.1], [0.6, 0.5]], [[1, 0], [0, 1]], TopKDecision(k=1))
    assert choose_pictures(judged).tolist() == [1, 0]


def test_many_labels():
    generator = np.random.default_rng(3)
    scores = generator.random((40, 5000), dtype=np.float32)
    targets = (generator.random((40, 5000)) < 0.01).astype(np.int8)
    decision = TopKDecision(k=5)
    labels = [f"label {column}" for column in range(5000)]
    judged = Judged(scores, targets, labels, [str(row) for row in range(40)], decision, "many")
    assert len(choose_pictures(judged, count=10)) == 10
    assert len(choose_pictures(judged, label="label 4999")) <= 40


def test_wrong_options(judge: Judge):
    judged = judge([[0.5, 0.5]], [[1, 0]], labels=["water", "sky"])
    with pytest.raises(OptionError, match="order 'worst': choose one of errors, random, first"):
        choose_pictures(judged, "worst")
    with pytest.raises(OptionError, match="count is 0"):
        choose_pictures(judged, count=0)
    with pytest.raises(OptionError, match="seed -1"):
        choose_pictures(judged, "random", seed=-1)
    with pytest.raises(OptionError, match="some pictures has no label 'watr'; did you mean 'water'"):
        choose_pictures(judged, label="watr")
