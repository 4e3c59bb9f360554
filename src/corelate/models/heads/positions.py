"""Where a place lies in a feature map, as a vector."""

from __future__ import annotations

import math

import torch

# The shortest wave spans a map; the longest is nearly this many times as long.
TEMPERATURE = 10000.0
# A place takes a sine and a cosine of its row and of its column at a time.
WIDTH_STEP = 4


def sine_positions(feature_map: torch.Tensor, width: int) -> torch.Tensor:
    """Return the sine embedding of each place of a map: the row in the first half, the column in the second.

    Rows and columns are scaled to (0, 2π] whatever the size of the map, so that any size can follow any other.

    Args:
        feature_map: B×D×h×w; only its size, type and device matter.
        width: Length of an embedding, a multiple of `WIDTH_STEP`.

    Returns:
        1×(h·w)×width, row after row, in the type of the map.

    Source: Carion et al., End-to-End Object Detection with Transformers, ECCV 2020, appendix; its published code
        scales the positions.
    """
    height, columns = feature_map.shape[-2:]
    by_row = _axis(height, width // 2, feature_map.device)
    by_column = _axis(columns, width // 2, feature_map.device)
    grid = torch.cat([by_row[:, None].expand(-1, columns, -1), by_column[None].expand(height, -1, -1)], dim=-1)
    return grid.flatten(0, 1)[None].to(feature_map.dtype)


def _axis(length: int, width: int, device: torch.device) -> torch.Tensor:
    """Return length×width: sines and cosines in turn, of falling frequency.

    In float32 whatever the map's type: half precision has too few digits for angles.
    """
    steps = torch.arange(1, length + 1, dtype=torch.float32, device=device)
    # The last step divides, since an exported network knows it only when it runs.
    angles = steps / (steps[-1:] + 1e-6) * (2 * math.pi)
    exponents = torch.arange(0, width, 2, dtype=torch.float32, device=device) / width
    waves = angles[:, None] / TEMPERATURE**exponents
    return torch.stack([waves.sin(), waves.cos()], dim=-1).flatten(1)
