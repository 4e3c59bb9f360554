"""The rules that give thresholds, one by one."""

import numpy as np
import pytest

from corelate.decisions.f_measure import best_f_per_label, best_global_f
from corelate.decisions.fixed import Fixed
from corelate.decisions.global_f import GlobalF
from corelate.decisions.mcc import mcc_exact, mcc_grid
from corelate.decisions.per_label_f import PerLabelF
from corelate.decisions.per_label_mcc import PerLabelMCC
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.errors import OptionError, ScoresError


@pytest.fixture
def fitting():
    rng = np.random.default_rng(2)
    targets = (rng.random((120, 5)) < 0.25).astype(np.int8)
    targets[:, 3], targets[:, 4] = 0, 1
    targets[:, 2] = 0
    targets[:4, 2] = 1
    scores = np.clip(rng.random((120, 5)) * 0.7 + 0.25 * targets, 0, 1).astype(np.float32)
    return scores, targets


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.3, 0.5, 0.7, 1.0, 0.0, 1 / 3])
def test_a_score_equal_to_the_threshold_is_a_tag_in_every_precision(dtype, threshold):
    if dtype == np.float16:
        threshold = float(np.float16(threshold))
    at = np.full((1, 1), threshold, dtype=dtype)
    decision = Fixed(threshold).for_labels(1)
    assert decision.decide(at).all()
    if threshold > 0:
        assert not decision.decide(np.nextafter(at, dtype(0))).any()


def test_each_label_has_its_own_threshold():
    decision = ThresholdDecision(thresholds=np.array([0.2, 0.8]), rule="global_f")
    np.testing.assert_array_equal(decision.decide([[0.5, 0.5], [0.2, 0.8]]), [[True, False], [True, True]])


def test_thresholds_can_not_be_changed_afterwards():
    given = np.array([0.2, 0.8])
    decision = ThresholdDecision(thresholds=given, rule="global_f")
    given[0] = 0
    assert decision.thresholds[0] == 0.2
    with pytest.raises(ValueError, match="read-only"):
        decision.thresholds[0] = 0


@pytest.mark.parametrize("wrong", [[np.nan], [-0.1], [1.1], [np.inf], [], [[0.5]], 0.5])
def test_thresholds_are_a_list_of_shares(wrong):
    with pytest.raises(OptionError, match="threshold"):
        ThresholdDecision(thresholds=wrong, rule="fixed")


def test_scores_of_another_vocabulary():
    with pytest.raises(ScoresError, match=r"3 labels.*2"):
        Fixed().for_labels(2).decide(np.zeros((1, 3)))


def test_global_f_gives_every_label_the_same(fitting):
    decision = GlobalF(beta=2).fit(*fitting)
    np.testing.assert_array_equal(decision.thresholds, best_global_f(*fitting, beta=2))


def test_per_label_f_gives_rare_labels_the_global_threshold(fitting):
    decision = PerLabelF(minimum_positives=10).fit(*fitting)
    expected = best_f_per_label(*fitting)
    expected[[2, 3]] = best_global_f(*fitting)
    np.testing.assert_array_equal(decision.thresholds, expected)
    own = PerLabelF(minimum_positives=4).fit(*fitting)
    assert own.thresholds[2] == best_f_per_label(*fitting)[2]
    assert own.thresholds[3] == best_global_f(*fitting)


def test_per_label_mcc_gives_the_grid_search_but_where_truth_is_constant(fitting):
    decision = PerLabelMCC().fit(*fitting)
    expected = mcc_grid(*fitting)
    np.testing.assert_array_equal(expected[3:], 0.05)
    expected[3:] = best_global_f(*fitting)
    np.testing.assert_array_equal(decision.thresholds, expected)


def test_per_label_mcc_can_keep_the_bare_search(fitting):
    np.testing.assert_array_equal(PerLabelMCC(fallback="search").fit(*fitting).thresholds, mcc_grid(*fitting))
    exact = PerLabelMCC(search="exact", fallback="search").fit(*fitting).thresholds
    np.testing.assert_array_equal(exact, mcc_exact(*fitting)[0])


def test_the_bare_search_needs_no_positive_at_all():
    decision = PerLabelMCC(fallback="search").fit(np.full((3, 2), 0.5), np.zeros((3, 2)))
    np.testing.assert_array_equal(decision.thresholds, 0.05)


def test_per_label_mcc_takes_the_global_threshold_below_the_minimum(fitting):
    decision = PerLabelMCC(minimum_positives=5).fit(*fitting)
    assert decision.thresholds[2] == best_global_f(*fitting)
    assert decision.thresholds[0] == mcc_grid(*fitting)[0]


def test_exact_search_does_not_tag_every_image_with_a_label_it_can_not_tell(fitting):
    scores, targets = fitting
    scores = scores.copy()
    scores[:, 0] = 1 - scores[:, 0] * 0.9 * targets[:, 0]  # the lower the score, the more present
    assert mcc_exact(scores, targets)[0][0] == 0
    decision = PerLabelMCC(search="exact").fit(scores, targets)
    assert decision.thresholds[0] == best_global_f(scores, targets) > 0


def test_grid_thresholds_are_saved_as_they_are_written(fitting):
    saved = PerLabelMCC(fallback="search").fit(*fitting).to_json()["thresholds"]
    assert set(saved) <= {round(0.05 * step, 2) for step in range(1, 15)}
