"""What every head is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary


@dataclass(frozen=True)
class HeadInputs:
    """What a head is built for.

    Attributes:
        num_features: Channels of the feature map.
        vocabulary: The labels, in the order of the logits.
        label_frequencies: Share of the training pictures that have each label, float64 of length L, or None when a
            finished head is rebuilt and will be filled from a file.
    """

    num_features: int
    vocabulary: Vocabulary
    label_frequencies: Any = None


class Head(nn.Module):
    """A head: ``forward(feature_map B×D×h×w) -> logits B×L``.

    Attributes:
        Options: Dataclass of the head's own options.
        pools: True when the head looks at nothing but `pool` of the map; frozen runs then keep only that.
    """

    Options: ClassVar[type]
    pools: ClassVar[bool] = False

    def __init__(self, inputs: HeadInputs, options: Any) -> None:
        super().__init__()
        self.options = options

    def pool(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return the part of a map that a frozen run keeps, B×D×h'×w'; the head gives the same logits for it."""
        return feature_map
