from __future__ import annotations

import numpy as np
import pytest

from corelate.augment.quality.estimates import Estimate, digits


def test_intervals_are_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(5, 2, 400)
    estimate = Estimate.of(values)
    assert estimate.mean == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_what_is_undefined_is_passed_over():
    assert Estimate.of([1.0, np.nan, 3.0]).mean == 2
    assert Estimate.of([1.0, np.nan, 3.0]).count == 2


def test_one_value_has_no_interval_and_none_no_mean():
    assert Estimate.of([4.0]).to_json() == {"mean": 4.0, "low": None, "high": None, "originals": 1}
    assert Estimate.of([]).to_json() == {"mean": None, "low": None, "high": None, "originals": 0}


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.23456, "1.235"), (0.0123456, "0.012"), (0.00123456, "0.0012"), (3e-7, "0.000000"), (0, "0.000")],
)
def test_small_distances_have_more_digits(value: float, text: str):
    assert digits(value) == text
