"""Wilson's interval of a share."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from corelate.errors import OptionError


def wilson_interval(present: np.ndarray, count: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Return intervals for shares; unlike those from the normal distribution they are right at 0 and 1, too.

    Args:
        present: How many of `count` are present; need not be whole.
        count: How many there are; need not be whole.
        level: How often such intervals hold the true share.

    Returns:
        float64[..., 2], low before high; NaN where `count` is 0.

    Raises:
        OptionError: `level` is not between 0 and 1.

    Source:
        Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927.
    """
    if not 0 < level < 1:
        raise OptionError(f"level = {level}: the share of intervals that hold the truth lies between 0 and 1")
    present, count = np.asarray(present, np.float64), np.asarray(count, np.float64)
    squared = NormalDist().inv_cdf((1 + level) / 2) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = present / count
        middle = share + squared / (2 * count)
        reach = np.sqrt(squared * (share * (1 - share) + squared / (4 * count)) / count)
        ends = np.stack([middle - reach, middle + reach], axis=-1) / (1 + squared / count)[..., None]
    return np.clip(ends, 0.0, 1.0)
