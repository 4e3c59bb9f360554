"""Cross-entropy over the tokens of a sequence, in the order given."""

from __future__ import annotations

from torch import Tensor

from corelate.losses.sequence_loss import SequenceLoss


class SequenceCrossEntropy(SequenceLoss):
    """-log p_j(token j) for each step j up to the first stop, with p_j = softmax(logits of step j)."""

    def arrange(self, log_probabilities: Tensor, sequences: Tensor) -> Tensor:
        """Return the sequences as they are."""
        return sequences
