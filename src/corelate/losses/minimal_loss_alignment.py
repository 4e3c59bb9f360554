"""Minimal loss alignment (MLA): the order of the labels that costs least."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor

from corelate.losses.realignment import cheapest, realign
from corelate.losses.sequence_loss import SequenceLoss


class MinimalLossAlignment(SequenceLoss):
    """The smallest cross-entropy over all orders of a picture's n labels in its first n steps; step n asks for stop.

    The order is the assignment of labels to steps with the smallest sum of -log p_j(label); no gradient goes through
    the choice. Between orders that cost the same, SciPy's assignment decides.

    Source:
        Yazici, Gonzalez-Garcia, Ramisa, Twardowski and van de Weijer, Orderless Recurrent Models for Multi-label
        Classification, CVPR 2020, arXiv 1911.09996 (minimal loss alignment).
    """

    free_running: ClassVar[bool] = True

    def arrange(self, log_probabilities: Tensor, sequences: Tensor) -> Tensor:
        """Return each picture's labels in the order that costs least, then stop, B×T."""
        return realign(log_probabilities, sequences, _cheapest_order)


def _cheapest_order(costs: np.ndarray, hits: list[int]) -> np.ndarray:
    return cheapest(costs)
