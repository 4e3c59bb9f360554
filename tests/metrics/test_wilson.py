import numpy as np
import pytest
from scipy.stats import binomtest

from corelate.errors import OptionError
from corelate.metrics.wilson import wilson_interval


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize(("present", "count"), [(0, 1), (1, 1), (3, 7), (0, 50), (50, 50), (413, 1000)])
def test_equals_scipy(present: int, count: int, level: float):
    expected = binomtest(present, count).proportion_ci(level, method="wilson")
    np.testing.assert_allclose(wilson_interval(present, count, level), expected, atol=1e-12)


def test_many_at_once_and_none_where_nothing_was_counted():
    ends = wilson_interval(np.array([2, 0, 5]), np.array([4, 0, 5]))
    assert ends.shape == (3, 2)
    assert np.isnan(ends[1]).all()
    np.testing.assert_array_equal(ends[0], wilson_interval(2, 4))
    assert ends[2, 1] == 1.0


@pytest.mark.parametrize("level", [0, 1, -0.2, float("nan")])
def test_levels_lie_between_0_and_1(level: float):
    with pytest.raises(OptionError, match="lies between 0 and 1"):
        wilson_interval(1, 2, level)
