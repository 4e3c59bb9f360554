"""What holds for every registered decision rule."""

import dataclasses
import json

import numpy as np
import pytest

from corelate.decisions import DECISION_RULES, decision_from_json
from corelate.decisions.f_measure import best_global_f, usable_global_f
from corelate.errors import OptionError, ScoresError

NAMES = DECISION_RULES.names
SMALL = {"top_k": {"k": 3}}


def build(name):
    return DECISION_RULES.load(name)(**SMALL.get(name, {}))


def example(dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    targets = (rng.random((80, 6)) < 0.3).astype(np.int8)
    targets[:, 4], targets[:, 5] = 0, 1
    scores = np.clip(rng.random((80, 6)) * 0.7 + 0.25 * targets, 0, 1)
    return scores.astype(dtype), targets


@pytest.mark.parametrize("name", NAMES)
def test_the_class_agrees_with_the_registry(name):
    rule = build(name)
    assert rule.name == name
    assert isinstance(rule.needs_fitting, bool)
    assert all(field.metadata["help"] for field in dataclasses.fields(rule))
    assert DECISION_RULES.get(name).summary


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_a_fitted_decision_decides_and_survives_json_exactly(name, dtype):
    scores, targets = example(dtype)
    decision = build(name).fit(scores, targets, fitted_on="40 validation pictures")
    again = decision_from_json(json.loads(json.dumps(decision.to_json(), allow_nan=False)), 6)
    assert again.to_json() == decision.to_json()
    assert again.describe() == decision.describe()
    tags = decision.decide(scores)
    assert tags.dtype == bool
    assert tags.shape == scores.shape
    np.testing.assert_array_equal(again.decide(scores), tags)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_fitted_on_is_on_record(name):
    rule = build(name)
    decision = rule.fit(*example(), fitted_on="40 validation pictures")
    expected = "40 validation pictures" if rule.needs_fitting else ""
    assert decision.describe() == {"name": name, "options": rule.options(), "fitted_on": expected}


@pytest.mark.parametrize("name", NAMES)
def test_unknown_cells_take_no_part_in_fitting(name):
    scores, targets = example()
    targets = targets.copy()
    targets[::3] = -1
    changed = scores.copy()
    changed[::3] = 1 - changed[::3]
    rule = build(name)
    assert rule.fit(scores, targets).to_json() == rule.fit(changed, targets).to_json()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_images_does_not_matter(name):
    scores, targets = example()
    order = np.random.default_rng(1).permutation(len(scores))
    rule = build(name)
    assert rule.fit(scores, targets).to_json() == rule.fit(scores[order], targets[order]).to_json()


@pytest.mark.parametrize("name", NAMES)
def test_constant_scores_and_one_image(name):
    rule = build(name)
    rule.fit(np.full((4, 6), 0.3), np.eye(4, 6, dtype=np.int8)).decide(np.full((2, 6), 0.3))
    rule.fit(np.linspace(0, 1, 6)[None], np.eye(1, 6, dtype=np.int8)).decide(np.full((1, 6), 0.3))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1])
def test_wrong_scores_are_refused(name, wrong):
    scores, targets = example()
    decision = build(name).fit(scores, targets)
    broken = scores.copy()
    broken[5, 2] = wrong
    with pytest.raises(ScoresError, match="row 5, column 2"):
        build(name).fit(broken, targets)
    with pytest.raises(ScoresError, match="row 5, column 2"):
        decision.decide(broken)


@pytest.mark.parametrize("name", [name for name in NAMES if build(name).needs_fitting])
def test_without_any_positive_there_is_nothing_to_fit(name):
    with pytest.raises(ScoresError, match="no present label"):
        build(name).fit(np.full((3, 2), 0.5), np.zeros((3, 2)))


@pytest.mark.parametrize("name", [name for name in NAMES if build(name).needs_fitting])
def test_shapes_must_agree(name):
    with pytest.raises(ScoresError, match="shape"):
        build(name).fit(np.full((3, 2), 0.5), np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("fixed", {"threshold": 1.5}),
        ("fixed", {"threshold": -0.1}),
        ("fixed", {"threshold": float("nan")}),
        ("fixed", {"threshold": "0.5"}),
        ("top_k", {"k": 0}),
        ("top_k", {"k": 2.5}),
        ("top_k", {"k": True}),
        ("global_f", {"beta": 0}),
        ("global_f", {"beta": float("inf")}),
        ("per_label_f", {"beta": -1.0}),
        ("per_label_f", {"minimum_positives": 0}),
        ("per_label_mcc", {"search": "all"}),
        ("per_label_mcc", {"fallback": "none"}),
        ("per_label_mcc", {"minimum_positives": 0}),
    ],
)
def test_wrong_options(name, wrong):
    with pytest.raises(OptionError, match=rf"{name}: {next(iter(wrong))}"):
        DECISION_RULES.load(name)(**wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_hundred_thousand_images_stay_within_memory(name):
    import tracemalloc

    rng = np.random.default_rng(0)
    scores = rng.random((100_000, 100), dtype=np.float32)
    targets = (scores > 0.99).astype(np.int8)
    tracemalloc.start()
    build(name).fit(scores, targets)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * scores.nbytes


FITTED = [name for name in NAMES if build(name).needs_fitting]


@pytest.mark.parametrize("name", FITTED)
def test_the_truth_of_unknown_cells_changes_nothing(name):
    scores, truth = example()
    hidden = np.random.default_rng(3).random(truth.shape) < 0.4
    found = build(name).fit(scores, np.where(hidden, -1, truth))
    flipped = np.where(hidden, 1 - truth, truth)
    assert build(name).fit(scores, np.where(hidden, -1, flipped)).to_json() == found.to_json()
    assert build(name).fit(scores, flipped).to_json() != found.to_json()


@pytest.mark.parametrize("name", [name for name in FITTED if name.startswith("per_label")])
@pytest.mark.parametrize("known", ["nothing", "only where it is present"])
def test_a_label_of_which_too_little_is_known_takes_the_global_threshold(name, known):
    scores, targets = example()
    targets = targets.copy()
    targets[:, 2] = -1 if known == "nothing" else np.where(targets[:, 2] == 1, 1, -1)
    thresholds = dataclasses.replace(build(name), minimum_positives=1).fit(scores, targets).thresholds
    assert thresholds[2] == build("global_f").fit(scores, targets).thresholds[0]
    assert len(set(thresholds)) > 1


@pytest.mark.parametrize("name", FITTED)
def test_where_no_label_is_known_to_be_absent_no_threshold_can_be_fitted(name):
    scores, targets = example()
    with pytest.raises(ScoresError, match="0 times a label that is known to be absent"):
        build(name).fit(scores, np.where(targets == 1, 1, -1))
    with pytest.raises(ScoresError, match="no present label"):
        build(name).fit(scores, np.full_like(targets, -1))


@pytest.mark.parametrize("name", FITTED)
def test_an_image_of_which_nothing_is_known_might_as_well_not_be_there(name):
    scores, targets = example()
    targets = targets.copy()
    targets[3, 5] = 0  # a label that all images have is another matter where nothing is unknown
    targets[7] = -1
    rest = np.arange(len(targets)) != 7
    assert build(name).fit(scores, targets).to_json() == build(name).fit(scores[rest], targets[rest]).to_json()


def test_a_label_without_a_known_absence_has_no_say_in_the_threshold_of_all():
    generator = np.random.default_rng(3)
    truth = generator.random((200, 4)) < 0.3
    scores = np.clip(np.where(truth, 0.6, 0.2) + 0.1 * generator.standard_normal((200, 4)), 0, 1)
    targets = np.where(truth, 1, -1).astype(np.int8)
    targets[:, 0] = truth[:, 0]
    alone = best_global_f(scores[:, :1], targets[:, :1])
    assert usable_global_f(scores, targets) == alone > 0.3
    targets[:, 0] = np.where(truth[:, 0], 1, -1)
    targets[0, 0] = 0
    with pytest.raises(ScoresError, match="1 times a label that is known to be absent"):
        usable_global_f(scores, targets)
