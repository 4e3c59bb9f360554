import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from corelate.decisions.fixed import Fixed
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import OptionError, ScoresError
from corelate.metrics.bootstrap import IntervalOptions, PairedFigures, centred_interval, paired_difference
from corelate.metrics.figures import to_json
from corelate.metrics.report import evaluate_scores
from corelate.metrics.resampling import ResampledImages, draw_weights

INFORMATION = ("images", "labels", "labels_with_positives", "unknown_targets", "rule")


def leaves(nested, path=()):
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def figures_of(scores, targets, decision, top_k=()):
    report = evaluate_scores(scores, targets, decision, top_k)
    return {name: value for name, value in report.items() if name not in INFORMATION}


@st.composite
def weighted_images(draw):
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=2, max_side=8))
    elements = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    scores = draw(arrays.arrays(np.float32, shape, elements=elements))
    targets = draw(arrays.arrays(np.int8, shape, elements=st.sampled_from([0, 1, -1])))
    weights = draw(arrays.arrays(np.int8, shape[0], elements=st.integers(0, 3)))
    return scores, targets, weights if weights.any() else np.ones_like(weights)


@settings(max_examples=60, deadline=None)
@given(weighted_images())
def test_weights_are_repetitions(case):
    """A figure under weights is the figure of images that stand there so many times."""
    scores, targets, weights = case
    decision, k = Fixed().for_labels(scores.shape[1]), 1
    images = ResampledImages(scores, targets, decision, {"1": TopKDecision(k=k)})
    # The mean over images divides by their number, which a resample keeps and arbitrary weights do not.
    share = len(weights) / weights.sum()
    weighted = images.figures(np.column_stack([weights, weights]).astype(np.float32))
    repeated = figures_of(np.repeat(scores, weights, axis=0), np.repeat(targets, weights, axis=0), decision, (k,))
    for path, expected in leaves(repeated):
        value = weighted
        for name in path:
            value = value[name]
        if path == ("samples_f1",):
            value = value * share
        assert len(value) == 2
        assert to_json(value[1]) == (None if expected is None else pytest.approx(expected, abs=1e-6)), path


def test_weights_hold_as_many_images_as_there_are_and_do_not_depend_on_the_grouping(monkeypatch):
    (whole,) = draw_weights(40, 25, seed=1)
    assert whole.shape == (40, 25)
    np.testing.assert_array_equal(whole.sum(axis=0), 40)
    monkeypatch.setattr("corelate.metrics.resampling.CELLS_PER_GROUP", 100)
    groups = list(draw_weights(40, 25, seed=1))
    assert len(groups) > 1
    np.testing.assert_array_equal(np.hstack(groups), whole)
    assert not np.array_equal(np.hstack(list(draw_weights(40, 25, seed=2))), whole)


def example(images=200, labels=12, seed=0, rate=0.15):
    rng = np.random.default_rng(seed)
    targets = (rng.random((images, labels)) < rate).astype(np.int8)
    scores = 1 / (1 + np.exp(-(rng.normal(-1.5, 1, targets.shape) + 2 * targets)))
    return scores.astype(np.float32), targets


def test_intervals_have_the_shape_of_the_figures_and_hold_them():
    scores, targets = example()
    report = evaluate_scores(scores, targets, Fixed().for_labels(12), (2, 3), IntervalOptions(resamples=200))
    intervals = report["intervals"]
    assert (intervals["resamples"], intervals["level"], intervals["seed"]) == (200, 0.95, 0)
    for path, figure in leaves({key: value for key, value in report.items() if key not in (*INFORMATION, "intervals")}):
        ends = intervals
        for name in path:
            ends = ends[name]
        assert 0 <= ends[0] <= figure <= ends[1] <= (12 if path[-1] == "n_plus" else 1), path


def test_the_overall_precision_interval_is_that_of_the_percentile_bootstrap():
    scores, targets = example(images=400)
    report = evaluate_scores(scores, targets, Fixed().for_labels(12), (), IntervalOptions(resamples=2000))
    rng = np.random.default_rng(99)
    hits, predicted = ((scores >= 0.5) & (targets == 1)).sum(axis=1), (scores >= 0.5).sum(axis=1)
    draws = [rng.integers(400, size=400) for _ in range(2000)]
    expected = np.quantile([hits[rows].sum() / predicted[rows].sum() for rows in draws], [0.025, 0.975])
    np.testing.assert_allclose(report["intervals"]["overall"]["precision"], expected, atol=0.006)


def test_labels_with_one_image_do_not_push_the_interval_below_the_figure():
    # Plain percentiles would: on a resample, more than a third of these labels have no image and count as 0.
    targets = np.eye(60, dtype=np.int8)
    scores = targets * np.float32(0.9)
    report = evaluate_scores(scores, targets, Fixed().for_labels(60), (), IntervalOptions(resamples=200))
    assert report["n_plus"] == 60
    for low, high in (report["intervals"]["n_plus"], report["intervals"]["per_class"]["recall"]):
        figure = report["n_plus" if high > 1 else "macro_f1"]
        assert 0.85 * figure < low < high == figure


def test_intervals_narrow_with_more_images_and_widen_with_the_level():
    def width(images, level):
        scores, targets = example(images)
        options = IntervalOptions(resamples=300, level=level)
        low, high = evaluate_scores(scores, targets, Fixed().for_labels(12), (), options)["intervals"]["micro_f1"]
        return high - low

    assert width(2000, 0.95) < 0.6 * width(200, 0.95)
    assert width(200, 0.5) < 0.6 * width(200, 0.95)


def test_the_same_seed_gives_the_same_intervals():
    scores, targets = example()
    first, second, other = (
        evaluate_scores(scores, targets, Fixed().for_labels(12), (), IntervalOptions(resamples=50, seed=seed))
        for seed in (0, 0, 1)
    )
    assert first["intervals"] == second["intervals"]
    assert first["intervals"]["map"] != other["intervals"]["map"]


def test_a_perfect_result_has_an_interval_without_width():
    targets = np.ones((30, 3), dtype=np.int8)
    report = evaluate_scores(targets * 0.9, targets, Fixed().for_labels(3), (), IntervalOptions(resamples=20))
    assert report["intervals"]["overall"]["f1"] == report["intervals"]["map"] == [1.0, 1.0]


def test_one_image():
    report = evaluate_scores([[0.9, 0.1]], [[1, 0]], Fixed().for_labels(2), (1,), IntervalOptions(resamples=3))
    assert report["intervals"]["map"] == [1.0, 1.0]


def test_a_figure_that_some_resamples_leave_undefined():
    # One image of four has a label: a third of the resamples don't hold it.
    scores, targets = np.array([[0.9], [0.1], [0.2], [0.95]]), [[1], [0], [0], [0]]
    report = evaluate_scores(scores, targets, Fixed().for_labels(1), (), IntervalOptions(resamples=100))
    low, high = report["intervals"]["map"]
    assert low <= report["map"] <= high
    assert not math.isnan(low + high)


def test_resamples_that_are_all_undefined_give_no_interval():
    assert centred_interval(np.array([np.nan, np.nan]), 0.5, 0.95) is None
    assert centred_interval(np.array([0.5]), np.nan, 0.95) is None


@pytest.mark.parametrize("wrong", [{"resamples": 0}, {"level": 1.0}, {"level": 0.0}, {"seed": -1}, {"resamples": 2.5}])
def test_wrong_options(wrong):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        IntervalOptions(**wrong)


def test_a_run_does_not_differ_from_itself():
    scores, targets = example()
    decision = Fixed().for_labels(12)
    result = paired_difference(scores, scores, targets, decision, decision, top_k=(2,), options=IntervalOptions(50))
    assert result["map"] == {"difference": 0.0, "interval": [0.0, 0.0], "share_a_greater": 0.0}
    assert result["top_k"]["2"]["n_plus"]["difference"] == 0


def test_a_clearly_better_run_is_better_on_every_resample():
    scores, targets = example()
    worse = np.random.default_rng(1).permutation(scores)
    decision = Fixed().for_labels(12)
    result = paired_difference(scores, worse, targets, decision, decision, options=IntervalOptions(100))
    assert result["map"]["share_a_greater"] == 1.0
    assert result["map"]["interval"][0] > 0
    reverse = paired_difference(worse, scores, targets, decision, decision, options=IntervalOptions(100))
    assert reverse["map"]["difference"] == -result["map"]["difference"]
    assert reverse["map"]["share_a_greater"] == 0.0


def test_pairing_makes_the_interval_narrower_than_that_of_either_run():
    scores, targets = example()
    nudged = np.clip(scores + np.random.default_rng(2).normal(0, 0.02, scores.shape), 0, 1).astype(np.float32)
    decision, options = Fixed().for_labels(12), IntervalOptions(300)
    low, high = paired_difference(nudged, scores, targets, decision, decision, options=options)["map"]["interval"]
    alone_low, alone_high = evaluate_scores(scores, targets, decision, (), options)["intervals"]["map"]
    assert high - low < 0.5 * (alone_high - alone_low)


def test_an_undefined_figure_has_no_difference():
    decision = Fixed().for_labels(1)
    result = paired_difference([[0.5]], [[0.2]], [[0]], decision, decision, options=IntervalOptions(3))
    assert result["map"] == {"difference": None, "interval": None, "share_a_greater": None}


def test_runs_must_measure_the_same():
    decision = Fixed().for_labels(2)
    with pytest.raises(ScoresError, match="shape"):
        paired_difference([[0.5, 0.5]], [[0.5]], [[1, 0]], decision, decision)


def test_differences_of_several_sets_are_those_of_each_pair():
    scores, targets = example()
    rng = np.random.default_rng(3)
    decision, options = Fixed().for_labels(12), IntervalOptions(60)
    several = [np.clip(scores + rng.normal(0, noise, scores.shape), 0, 1).astype(np.float32) for noise in (0, 0.1, 0.2)]
    together = PairedFigures.of([ResampledImages(each, targets, decision, {}) for each in several], options)
    for a, b in ((0, 1), (2, 1)):
        alone = paired_difference(several[a], several[b], targets, decision, decision, options=options)
        assert together.difference(a, b) == alone


def test_the_last_bits_of_sums_in_another_order_are_no_difference():
    scores, targets = example()
    decision, options = Fixed().for_labels(12), IntervalOptions(60)
    mixed = np.random.default_rng(4).permutation(12)
    sets = [ResampledImages(s, t, decision, {}) for s, t in ((scores, targets), (scores[:, mixed], targets[:, mixed]))]
    for path, value in leaves(PairedFigures.of(sets, options).difference(0, 1)):
        assert value in (0.0, [0.0, 0.0]), path


def test_sets_of_other_images_are_no_pairs():
    decision = Fixed().for_labels(1)
    sets = [ResampledImages(np.full((n, 1), 0.5), np.ones((n, 1), np.int8), decision, {}) for n in (2, 3)]
    with pytest.raises(ScoresError, match="2 and 3"):
        PairedFigures.of(sets, IntervalOptions(3))
