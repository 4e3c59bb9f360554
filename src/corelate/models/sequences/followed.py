"""What a decoder does while it writes a sequence that is known: how probable each label was, and where it looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Followed(NamedTuple):
    """The steps of one sequence of each picture.

    Attributes:
        tokens: B×T, int64, what is written in each step; stop, which is L, from the sequence's end on.
        log_probabilities: B×T×(L+1), of all tokens in each step.
        attention: B×T×N, how the places are weighed in each step; or None for a decoder that looks at none.
    """

    tokens: Tensor
    log_probabilities: Tensor
    attention: Tensor | None

    def steps(self, columns: Sequence[int]) -> Tensor:
        """Return the step that belongs to each of some labels, B×K: where it is first written.

        A label that the sequence does not hold belongs to the step in which it was most probable.
        """
        stop = self.log_probabilities.shape[2] - 1
        wanted = torch.tensor(list(columns), device=self.tokens.device)
        written = self.tokens.unsqueeze(2) == wanted  # B×T×K
        # The step that writes stop is the last one; what the decoder would say after it counts for nothing.
        after = (self.tokens == stop).cumsum(1) - (self.tokens == stop).long() > 0
        chances = self.log_probabilities[:, :, wanted].masked_fill(after.unsqueeze(2), -torch.inf)
        return torch.where(written.any(1), written.int().argmax(1), chances.argmax(1))

    def chosen_log_probabilities(self, columns: Sequence[int]) -> Tensor:
        """Return the log probability of each of some labels at its step, B×K."""
        wanted = torch.tensor(list(columns), device=self.tokens.device).expand(len(self.tokens), 1, -1)
        by_step = self.log_probabilities.gather(2, wanted.expand(-1, self.tokens.shape[1], -1))  # B×T×K
        return by_step.gather(1, self.steps(columns).unsqueeze(1)).squeeze(1)

    def chosen_attention(self, columns: Sequence[int]) -> Tensor | None:
        """Return where the decoder looked in the step of each of some labels, B×K×N; None for one that does not."""
        if self.attention is None:
            return None
        steps = self.steps(columns).unsqueeze(2).expand(-1, -1, self.attention.shape[2])
        return self.attention.gather(1, steps)
