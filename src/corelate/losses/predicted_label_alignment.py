"""Predicted label alignment (PLA): labels that the decoder guessed are asked for where it guessed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from corelate.losses.base import LossOptions
from corelate.losses.realignment import cheapest, realign
from corelate.losses.sequence_loss import SequenceLoss
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class PredictedLabelAlignmentOptions(LossOptions):
    """Options of predicted label alignment."""

    late_hits: str = option(
        "reassign",
        "what happens to a label that is guessed only after the picture's last label is due: assigned like one that "
        "is never guessed (reassign), or neither placed nor assigned (keep), as in the published code",
        choices=("reassign", "keep"),
    )


class PredictedLabelAlignment(SequenceLoss):
    """Cross-entropy with each right guess as its own target, and the other labels where they cost least.

    A picture has n labels. Step by step for j < n: if the most probable token of step j is one of the labels and was
    not placed before, it changes places with the label that stands at j. The labels that no step guesses are then
    assigned to the places that they hold by now with the smallest sum of -log p_j(label). Step n asks for stop.

    With ``late_hits="keep"`` guesses of all T steps count, though only the first n place a label: one that is guessed
    only later stays wherever the exchanges left it.

    Source:
        Yazici, Gonzalez-Garcia, Ramisa, Twardowski and van de Weijer, Orderless Recurrent Models for Multi-label
        Classification, CVPR 2020, arXiv 1911.09996 (predicted label alignment).
    """

    Options: ClassVar[type[LossOptions]] = PredictedLabelAlignmentOptions
    options: PredictedLabelAlignmentOptions
    free_running: ClassVar[bool] = True

    @property
    def whole_length(self) -> bool:
        """True if late guesses count: they depend on how many steps there are."""
        return self.options.late_hits == "keep"

    def arrange(self, log_probabilities: Tensor, sequences: Tensor) -> Tensor:
        """Return each picture's labels where they were guessed, the others where they cost least, then stop, B×T."""
        return realign(log_probabilities, sequences, self._order, _guessed_places(log_probabilities, sequences))

    def _order(self, costs: np.ndarray, hits: list[int]) -> list[int]:
        count = len(costs)
        order = list(range(count))
        placed: set[int] = set()
        for step, place in enumerate(hits[:count]):
            if place in range(count) and place not in placed:
                other = order.index(place)
                order[step], order[other] = order[other], order[step]
                placed.add(place)
        guessed = set(hits if self.whole_length else hits[:count])
        steps = [step for step in range(count) if order[step] not in guessed]
        if len(steps) > 1:
            places = [order[step] for step in steps]
            for step, chosen in zip(steps, cheapest(costs[steps][:, places]), strict=True):
                order[step] = places[chosen]
        return order


def _guessed_places(log_probabilities: Tensor, sequences: Tensor) -> Tensor:
    """Return where in the sequence the most probable token of each step stands, or -1 if it is not there, B×T."""
    guesses = log_probabilities.argmax(2)
    same = guesses.unsqueeze(2) == sequences.unsqueeze(1)  # B×T×T: step, place
    return torch.where(same.any(2), same.to(torch.uint8).argmax(2), -1)
