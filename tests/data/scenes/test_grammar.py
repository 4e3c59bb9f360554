from collections import Counter

import pytest

from corelate.data.scenes.grammar import LABELS, RULES, compose

SCENES = [compose(1, index) for index in range(3000)]


def share(label, given=(), without=()):
    chosen = [
        scene
        for scene in SCENES
        if all(other in scene.labels for other in given) and not any(other in scene.labels for other in without)
    ]
    return sum(label in scene.labels for scene in chosen) / len(chosen)


def test_rules_look_back_only():
    for position, rule in enumerate(RULES):
        decided = {earlier.label for earlier in RULES[:position]} - {rule.label}
        assert set(rule.given) | set(rule.without) <= decided, rule
        assert 0 < rule.probability < 1
        assert 0 <= rule.hidden < 1


def test_rules_of_a_label_stand_together():
    order = [rule.label for rule in RULES]
    assert len(LABELS) == sum(label != previous for label, previous in zip(order, [None, *order], strict=False))


def test_hidden_labels_are_nearly_certain():
    hideable = [rule for rule in RULES if rule.hidden]
    assert len({rule.label for rule in hideable}) >= 4
    for rule in hideable:
        # Not seeing the label must leave it likelier than not.
        unseen = rule.probability * rule.hidden
        assert unseen / (unseen + 1 - rule.probability) > 0.75


def test_frequencies_are_long_tailed():
    frequencies = sorted((share(label) for label in LABELS), reverse=True)
    assert 0.65 < frequencies[0] < 0.8
    assert 0.01 < frequencies[-1] < 0.03
    assert frequencies[len(LABELS) // 2] < 0.25
    assert 3 < sum(frequencies) < 6


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("moon", "night"),
        ("stars", "night"),
        ("snow", "mountain"),
        ("night", "sky"),
        ("rainbow", "sun"),
        ("car", "road"),
    ],
)
def test_what_needs_something_else(label, given):
    assert share(label) > 0
    assert all(given in scene.labels for scene in SCENES if label in scene.labels)


@pytest.mark.parametrize("pair", [("sun", "night"), ("sea", "lake"), ("sea", "field"), ("road", "sea")])
def test_what_never_goes_together(pair):
    assert not any(set(pair) <= set(scene.labels) for scene in SCENES)


def test_boats_need_water():
    assert all({"sea", "lake"} & set(scene.labels) for scene in SCENES if "boat" in scene.labels)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.hidden], ids=lambda rule: rule.label)
def test_hidden_shares_follow_the_table(rule):
    chosen = [
        scene
        for scene in SCENES
        if {*rule.given, rule.label} <= set(scene.labels) and not set(rule.without) & set(scene.labels)
    ]
    hidden = sum(rule.label in scene.hidden for scene in chosen)
    assert abs(hidden / len(chosen) - rule.hidden) < 0.15


def test_scene_shows_what_it_does_not_hide():
    for scene in SCENES[:200]:
        assert scene.hidden <= set(scene.labels)
        shown = {label for label in LABELS if scene.shows(label)}
        assert shown == set(scene.labels) - scene.hidden
        assert scene.labels == tuple(label for label in LABELS if label in scene.labels)


def test_known_scenes():
    # Written down so that a change of the grammar, or of the random numbers, does not go unnoticed.
    assert compose(1, 7).labels == ("sky", "sea", "beach", "people", "cloud")
    assert compose(1, 12).labels == ("sky", "sea", "beach", "people", "boat", "bird", "lighthouse", "cloud")
    assert compose(1, 2000).labels == ("sea", "beach", "people", "boat", "bird")


def test_series_and_numbers_differ():
    assert compose(1, 5) == compose(1, 5)
    assert len(Counter(compose(seed, 5).labels for seed in range(30))) > 15
