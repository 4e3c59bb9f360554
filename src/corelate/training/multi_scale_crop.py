"""Random crops of a few sizes at a few places, as ML-GCN's training uses them."""

from __future__ import annotations

from itertools import product

import torch
from PIL import Image

# Width and height may be scales that stand this far apart in the list; such crops are not square.
MAX_DISTORTION = 2
# Corners, middles of the sides, the centre, and the points half way between the centre and the corners, in fourths of
# the free space.
PLACES = ((0, 0), (4, 0), (0, 4), (4, 4), (2, 2), (0, 2), (4, 2), (2, 4), (2, 0), (1, 1), (3, 1), (1, 3), (3, 3))


class MultiScaleCrop:
    """Cuts out a part whose sides are scales of the picture's shorter side.

    Source: Wang et al., Temporal Segment Networks, ECCV 2016, section 3.1; used by ML-GCN.

    Args:
        scales: Shares of the shorter side, in descending order.
    """

    def __init__(self, scales: tuple[float, ...]) -> None:
        numbered = list(enumerate(scales))
        self._sizes = [(a, b) for (i, a), (j, b) in product(numbered, numbered) if abs(i - j) <= MAX_DISTORTION]

    def __call__(self, image: Image.Image) -> Image.Image:
        """Return a random part; draws from torch's default generator."""
        shorter = min(image.size)
        scales = self._sizes[int(torch.randint(len(self._sizes), ()))]
        across, down = PLACES[int(torch.randint(len(PLACES), ()))]
        width, height = (max(int(shorter * scale), 1) for scale in scales)
        left, top = (image.width - width) // 4 * across, (image.height - height) // 4 * down
        return image.crop((left, top, left + width, top + height))
