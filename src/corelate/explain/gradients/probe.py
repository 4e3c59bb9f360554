"""The gradient that a loss itself gives one logit, taken by automatic differentiation, in a situation that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corelate.explain.gradients.curve import ABSENT, LATER, PRESENT, UNKNOWN, Gradient
from corelate.losses.base import MultiLabelLoss
from corelate.losses.sequence_loss import SequenceLoss

_TARGET_VALUES = {ABSENT: 0, PRESENT: 1, UNKNOWN: -1}

# Tokens of the sequences that are looked at. The foreign one is first: where all are equally probable it is the guess.
TOKENS = 4
_FOREIGN, _FIRST, _SECOND, _STOP = range(TOKENS)
_SEQUENCES = {
    ABSENT: ((_FIRST, _STOP, _STOP), _FOREIGN),
    PRESENT: ((_FIRST, _STOP, _STOP), _FIRST),
    LATER: ((_FIRST, _SECOND, _STOP), _SECOND),
}
"""For each target the sequence that is asked for, and the token whose logit at the first step is varied."""


@dataclass(frozen=True)
class Situation:
    """What a gradient depends on beside the logit itself.

    Attributes:
        other_logit: The logit of the picture's other label, for losses that compare labels.
        progress: Share of the training that is done.
    """

    other_logit: float = 0.0
    progress: float = 1.0


def label_gradients(loss: MultiLabelLoss, situation: Situation) -> Iterator[tuple[str, Gradient]]:
    """Yield the gradient of a loss over labels for a label that is absent, one that is present and one unknown.

    The picture has two labels. One is looked at; the other is absent if that is present, and present otherwise.
    """
    for target, value in _TARGET_VALUES.items():

        def gradient(logits: np.ndarray, value: int = value) -> np.ndarray:
            both = torch.full((len(logits), 2), situation.other_logit, dtype=torch.float64)
            both[:, 0] = torch.from_numpy(logits)
            targets = torch.tensor([value, int(value != 1)]).expand(len(logits), 2)
            both.requires_grad_()
            # Elements, not their mean: a mean would divide the gradient by the size of the batch.
            return _derivative(loss.elements(both, targets, situation.progress), both)[:, 0]

        yield target, gradient


def sequence_gradients(loss: SequenceLoss) -> Iterator[tuple[str, Gradient]]:
    """Yield the gradient of a loss over sequences by one logit of the first step, for each kind of token.

    A step has four tokens. The one that is looked at has the given log-odds, the other three share the rest alike; at
    all later steps the four are equally probable.
    """
    for target, (sequence, token) in _SEQUENCES.items():

        def gradient(logits: np.ndarray, sequence: tuple[int, ...] = sequence, token: int = token) -> np.ndarray:
            # Softmax then gives the token the sigmoid of its logit.
            steps = torch.full((len(logits), len(sequence), TOKENS), -math.log(TOKENS - 1), dtype=torch.float64)
            steps[:, 0, token] = torch.from_numpy(logits)
            steps.requires_grad_()
            asked = torch.tensor(sequence).expand(len(logits), len(sequence))
            return _derivative(loss.elements(steps, asked), steps)[:, 0, token]

        yield target, gradient


def _derivative(values: Tensor, logits: Tensor) -> np.ndarray:
    # Every picture of the batch is its own experiment, so that the sum's derivative holds that of each.
    result: np.ndarray = torch.autograd.grad(values.sum(), logits)[0].numpy()
    return result
