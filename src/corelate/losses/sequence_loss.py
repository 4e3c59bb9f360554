"""What every loss over sequences of tokens shares: checks, precision, unknown labels, the end of a sequence."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from corelate.errors import ScoresError
from corelate.losses.base import Loss, without_autocast
from corelate.losses.reductions import REDUCTIONS


class SequenceLoss(Loss):
    """Cross-entropy of each step of a decoder, with the labels in the order that the loss asks for.

    A sequence is a row of T tokens: the n labels of a picture (0 to L-1), then stop (L) up to T. Its first n+1 tokens
    are real; nothing beyond the first stop has any influence. The mean is over all real tokens of the batch, so that
    pictures with many labels weigh more, and a picture without labels counts as one token.

    An unknown label of a picture is left out of its softmax: it has no influence on the loss or the gradient, even if
    its logits are not finite. Half-precision logits are computed in float32, float64 ones in float64, whatever
    autocast says.
    """

    free_running: ClassVar[bool] = False
    """Whether the decoder is fed its own guesses in training; otherwise it is fed the tokens of `sequences`."""

    @property
    def whole_length(self) -> bool:
        """Whether the loss must see every step of the decoder, not only as many as the longest sequence needs."""
        return False

    def forward(self, logits: Tensor, sequences: Tensor, unknown: Tensor | None = None) -> Tensor:
        """Return the reduced loss, a scalar in float32 or float64.

        Args:
            logits: B×T×(L+1), before the softmax; the last output is stop.
            sequences: B×T, int64.
            unknown: B×L, bool: it is not known whether the picture has the label; None if all is known.

        Raises:
            ScoresError: Wrong shapes or types, or tokens that can't be.
        """
        values, beyond = self._evaluate(logits, sequences, unknown)
        return REDUCTIONS[self.options.reduction](values, (~beyond).sum().clamp_(min=1))

    def elements(self, logits: Tensor, sequences: Tensor, unknown: Tensor | None = None) -> Tensor:
        """Return the loss of each step before the reduction, B×T with 0 beyond the first stop.

        Raises:
            ScoresError: Wrong shapes or types, or tokens that can't be.
        """
        return self._evaluate(logits, sequences, unknown)[0]

    @abstractmethod
    def arrange(self, log_probabilities: Tensor, sequences: Tensor) -> Tensor:
        """Return the sequences that are asked for: those given, each with its labels in an order of the loss's choice.

        Args:
            log_probabilities: B×T×(L+1), float32 or float64, without gradient; -inf for unknown labels.
            sequences: B×T, int64.

        Returns:
            B×T, int64.
        """

    def _evaluate(self, logits: Tensor, sequences: Tensor, unknown: Tensor | None) -> tuple[Tensor, Tensor]:
        _check_shapes(logits, sequences, unknown)
        stop = logits.shape[2] - 1
        _check_tokens(sequences, stop)
        beyond = beyond_stop(sequences, stop)
        with without_autocast(logits.device.type):
            logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
            if unknown is not None:
                logits = logits.masked_fill(functional.pad(unknown, (0, 1)).unsqueeze(1), -torch.inf)
            # Cut off here and not only at the end: a NaN let in would come back out of the backward pass as 0 × NaN.
            logits = torch.where(beyond.unsqueeze(2), logits.detach(), logits)
            log_probabilities = logits.log_softmax(2)
            with torch.no_grad():
                asked = self.arrange(log_probabilities.detach(), sequences)
            values = -log_probabilities.gather(2, asked.unsqueeze(2)).squeeze(2)
            return values.masked_fill(beyond, 0.0), beyond


def beyond_stop(sequences: Tensor, stop: int) -> Tensor:
    """Return which tokens come after the first stop of their row, B×T, bool."""
    stops = (sequences == stop).long()
    return stops.cumsum(1) > stops


def label_counts(sequences: Tensor, stop: int) -> Tensor:
    """Return how many labels each row holds before its first stop, B, int64."""
    return ((sequences == stop).long().cumsum(1) == 0).sum(1)


def _check_shapes(logits: Tensor, sequences: Tensor, unknown: Tensor | None) -> None:
    given = (logits, sequences) if unknown is None else (logits, sequences, unknown)
    if not all(isinstance(tensor, Tensor) for tensor in given):
        raise ScoresError(
            "logits, sequences and unknown must be torch tensors, got "
            + ", ".join(type(tensor).__name__ for tensor in given)
        )
    shapes = f"logits of shape {tuple(logits.shape)} and sequences of shape {tuple(sequences.shape)}"
    if logits.dim() != 3 or sequences.shape != logits.shape[:2]:
        raise ScoresError(
            f"expected logits (pictures × steps × labels and stop) and sequences (pictures × steps); got {shapes}"
        )
    if logits.shape[1] < 1 or logits.shape[2] < 2:
        raise ScoresError(f"expected at least one step, and one label beside stop; got {shapes}")
    if not logits.is_floating_point():
        raise ScoresError(f"logits must be floating-point numbers, got {logits.dtype}")
    if sequences.dtype != torch.int64:
        raise ScoresError(f"sequences must be int64, got {sequences.dtype}")
    if unknown is not None:
        _check_unknown(unknown, (logits.shape[0], logits.shape[2] - 1))


def _check_unknown(unknown: Tensor, shape: tuple[int, int]) -> None:
    if unknown.shape != shape or unknown.dtype != torch.bool:
        raise ScoresError(
            f"unknown must be bool, pictures × labels without stop, here {shape}; "
            f"got {unknown.dtype} of shape {tuple(unknown.shape)}"
        )


def _check_tokens(sequences: Tensor, stop: int) -> None:
    """Refuse impossible tokens, on the CPU only: on an accelerator, looking at them would stop the queue."""
    if sequences.device.type != "cpu" or sequences.numel() == 0:
        return
    lowest, highest = (int(extreme) for extreme in sequences.aminmax())
    if lowest < 0 or highest > stop:
        wrong = lowest if lowest < 0 else highest
        raise ScoresError(f"tokens must be labels, 0 to {stop - 1}, or stop, {stop}; got {wrong}")
    endless = ~(sequences == stop).any(1)
    if endless.any():
        row = int(endless.nonzero()[0])
        raise ScoresError(f"every sequence must hold stop ({stop}) after its labels; row {row} does not")
