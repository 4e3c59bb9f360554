"""The measures of a division, compared with loops over their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.division_quality import even_counts, label_errors, measure_division
from corelate.data.targets import TargetMatrix


def rows(*parts: list[int]) -> list[np.ndarray]:
    return [np.array(part, dtype=np.int64) for part in parts]


def test_by_hand():
    # Four pictures, two labels: the first has two pictures, both in the first part; the second has one in each.
    targets = TargetMatrix.from_rows([[0, 1], [0], [1], []], 2)
    quality = measure_division(targets, rows([0, 1], [2, 3]), [0.5, 0.5])
    assert quality.sizes == [2, 2]
    assert quality.examples_error == 0
    # Label 0: odds 2/1 (as if one had not) and 0/2, all 2/2; label 1: 1/1 and 1/1, all 2/2.
    assert quality.label_error == pytest.approx(((1 + 1) / 2 + 0) / 2)
    assert quality.least_label_error == 0
    assert (quality.parts_without, quality.pairs_without, quality.least_pairs_without) == (1, 1, 0)
    assert quality.rare_labels == 2
    assert quality.rare_label_error == quality.label_error


def test_sizes_that_are_not_their_shares():
    targets = TargetMatrix.from_rows([[]] * 10, 1)
    quality = measure_division(targets, rows([0, 1, 2], [3, 4, 5, 6, 7, 8, 9]), [0.1, 0.9])
    assert quality.examples_error == pytest.approx((2 + 2) / 2)


def test_a_label_with_fewer_pictures_than_parts_is_missing_somewhere():
    targets = TargetMatrix.from_rows([[0], [0], [], [], []], 1)
    quality = measure_division(targets, rows([0], [1], [2], [3], [4]), [0.2] * 5)
    assert (quality.parts_without, quality.pairs_without, quality.least_pairs_without) == (3, 3, 3)


def test_labels_of_no_picture_do_not_count():
    labels = [[0], [0], [], []]
    parts = rows([0, 1], [2, 3])
    few = measure_division(TargetMatrix.from_rows(labels, 1), parts, [0.5, 0.5])
    assert measure_division(TargetMatrix.from_rows(labels, 9), parts, [0.5, 0.5]) == few


def test_unknown_labels_do_not_count():
    targets = TargetMatrix.from_rows([[0], [], [0], []], 2, [[1], [0], [], []])
    quality = measure_division(targets, rows([0, 1], [2, 3]), [0.5, 0.5])
    assert quality.label_error == 0
    assert quality.pairs_without == 0


def test_a_label_that_all_pictures_have():
    quality = measure_division(TargetMatrix.from_rows([[0]] * 6, 1), rows([0], [1, 2, 3, 4, 5]), [0.5, 0.5])
    assert quality.label_error == 0


def test_no_labels_at_all():
    quality = measure_division(TargetMatrix.from_rows([[]] * 4, 2), rows([0, 1], [2, 3]), [0.5, 0.5])
    assert quality.label_error == quality.least_label_error == 0
    assert quality.rare_label_error is None
    assert quality.to_json()["least_rare_label_error"] is None


def test_twenty_pictures_are_rare_and_one_more_is_not():
    labels = [[0, 1]] * 20 + [[1]] + [[]] * 19
    quality = measure_division(TargetMatrix.from_rows(labels, 2), rows([*range(20)], [*range(20, 40)]), [0.5, 0.5])
    assert quality.rare_labels == 1


@given(st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=2, max_size=30), st.integers(2, 4), st.data())
@settings(deadline=None)
def test_label_errors_as_the_paper_defines_them(labels, k, data):
    part_of = data.draw(st.lists(st.integers(0, k - 1), min_size=len(labels), max_size=len(labels)))
    everything = set(range(len(labels)))
    parts = [{row for row in everything if part_of[row] == part} for part in range(k)]
    counts = np.array([[sum(label in labels[row] for row in part) for part in parts] for label in range(5)])
    errors = label_errors(counts, np.array([len(part) for part in parts]))
    for label in range(5):
        having = {row for row in everything if label in labels[row]}
        if having == everything or any(part <= having for part in parts):
            continue  # odds without end, of which the paper does not speak
        whole = len(having) / len(everything - having)
        odds = [len(part & having) / len(part - having) for part in parts]
        assert errors[label] == pytest.approx(sum(abs(one - whole) for one in odds) / k)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_even_counts_are_within_a_picture_and_complete(totals, weights):
    shares = np.array(weights) / sum(weights)
    counts = even_counts(np.array(totals), shares)
    assert counts.sum(axis=1).tolist() == totals
    assert (np.abs(counts - np.array(totals)[:, None] * shares) < 1).all()
