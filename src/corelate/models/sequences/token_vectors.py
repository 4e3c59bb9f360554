"""The vectors by which a decoder is told the label that it wrote last."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from corelate.labels.embeddings import LabelEmbeddings

KINDS = ("learned", "fixed", "tuned")
DEFAULT_WIDTH = 256
STOP_AND_START = 2


class TokenVectors(nn.Module):
    """A vector for each label, and two that are always learned, for stop and start.

    Args:
        labels: L.
        embeddings: The labels' vectors; None to learn them from a random start.
        width: Their width where they are learned.
        tuned: Whether given vectors are trained further.
    """

    def __init__(self, labels: int, embeddings: LabelEmbeddings | None, width: int, tuned: bool) -> None:
        super().__init__()
        if embeddings is None:
            self.labels = nn.Parameter(torch.randn(labels, width))
        elif tuned:
            self.labels = nn.Parameter(torch.from_numpy(embeddings.vectors.copy()))
        else:
            self.register_buffer("labels", torch.from_numpy(embeddings.vectors.copy()))
        spread = self.labels.detach().std() if self.labels.numel() > 1 else torch.tensor(1.0)
        self.stop_and_start = nn.Parameter(spread * torch.randn(STOP_AND_START, self.labels.shape[1]))

    @property
    def width(self) -> int:
        """The length E of a vector."""
        return self.labels.shape[1]

    def forward(self) -> Tensor:
        """Return the vectors of labels, stop and start, (L+2)×E."""
        return torch.cat([self.labels, self.stop_and_start])
