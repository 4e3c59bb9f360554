"""Global pooling of feature maps."""

from __future__ import annotations

import torch
from torch.nn import functional

POOLINGS = ("avg", "max")


def global_pool(feature_map: torch.Tensor, pooling: str) -> torch.Tensor:
    """Return the mean (``avg``) or the largest value (``max``) of each channel, B×D×1×1 of B×D×h×w."""
    if pooling == "max":
        return functional.adaptive_max_pool2d(feature_map, 1)
    return functional.adaptive_avg_pool2d(feature_map, 1)
