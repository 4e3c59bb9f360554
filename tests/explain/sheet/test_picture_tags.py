from __future__ import annotations

from collections.abc import Callable

import pytest

from corelate.decisions.top_k_decision import TopKDecision
from corelate.explain.judged import Judged
from corelate.explain.sheet.picture_tags import tags_of

Judge = Callable[..., Judged]


def kinds(judged: Judged, row: int = 0) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in tags_of(judged, row):
        found.setdefault(tag.kind, []).append(tag.label)
    return found


def test_each_kind(judge: Judge):
    judged = judge([[0.9, 0.8, 0.1, 0.2, 0.7, 0.3]], [[1, 0, 1, 0, -1, -1]])
    assert kinds(judged) == {"right": ["a"], "wrong": ["b"], "missed": ["c"], "unknown": ["e"]}


def test_the_order_within_a_kind(judge: Judge):
    scores = [[0.6, 0.9, 0.6, 0.7, 0.4, 0.1, 0.8, 0.9]]
    judged = judge(scores, [[1, 1, 0, 0, 1, 1, -1, -1]])
    assert kinds(judged) == {"right": ["b", "a"], "wrong": ["d", "c"], "missed": ["f", "e"], "unknown": ["h", "g"]}
    assert list(kinds(judged)) == ["right", "wrong", "missed", "unknown"]


def test_equal_ones_keep_the_order_of_the_labels(judge: Judge):
    judged = judge([[0.75, 0.9] * 150], [[0] * 300], labels=[str(column) for column in range(300)])
    assert kinds(judged)["wrong"] == [str(column) for start in (1, 0) for column in range(start, 300, 2)]


def test_figures(judge: Judge):
    (tag,) = tags_of(judge([[0.75, 0.1]], [[0, 0]], 0.6), 0)
    assert (tag.score, tag.threshold) == (0.75, 0.6)
    assert tag.error == pytest.approx(1 - 0.25 / 0.8)


def test_a_threshold_of_the_picture(judge: Judge):
    judged = judge([[0.9, 0.1], [0.4, 0.8]], [[1, 0], [1, 0]], TopKDecision(k=1))
    assert [(tag.label, tag.kind, round(tag.threshold, 6)) for tag in tags_of(judged, 1)] == [
        ("b", "wrong", 0.6),
        ("a", "missed", 0.6),
    ]


def test_a_picture_without_tags(judge: Judge):
    assert tags_of(judge([[0.1, 0.2]], [[0, -1]]), 0) == []


def test_one_label(judge: Judge):
    assert kinds(judge([[0.9], [0.1]], [[1], [1]]), 1) == {"missed": ["a"]}
