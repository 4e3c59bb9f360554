import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.decisions.cuts import threshold_between


@settings(deadline=None)
@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32), st.sampled_from([np.float32, np.float64]))
def test_a_threshold_lies_above_the_lower_and_not_above_the_upper_score(first, second, dtype):
    lower, upper = sorted((dtype(first), dtype(second)))
    if lower < upper:
        threshold = dtype(threshold_between(lower, upper))
        assert lower < threshold <= upper


@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True, width=32), st.sampled_from([np.float32, np.float64]))
def test_neighbours_have_the_upper_one_between_them(number, dtype):
    lower = dtype(number)
    upper = np.nextafter(lower, dtype(1))
    assert dtype(threshold_between(lower, upper)) == upper


def test_without_a_lower_score_everything_passes():
    assert threshold_between(None, np.float32(0.4)) == 0
