"""Multi-head attention and the two residual blocks that transformer heads are made of."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from corelate.errors import OptionError


def check_width(head: str, width: int, heads: int, step: int = 1) -> None:
    """Check that a width can be shared out among attention heads, and is a multiple of `step`.

    Raises:
        OptionError: It can't, or is not; the message names the numbers and the nearest width that would do.
    """
    whole = math.lcm(heads, step)
    if width % whole:
        also = f" and of {step}" if heads % step else ""
        nearest = whole * max(1, round(width / whole))
        raise OptionError(
            f"head {head}: width = {width} must be a multiple of heads = {heads}{also}; the nearest is {nearest}"
        )


class MultiHeadAttention(nn.Module):
    """Attention of queries to places, in several heads that each see a part of the width.

    Keys have no bias: it would add the same number to all scores of a query, which the softmax takes out again.

    Args:
        width: Length of each vector.
        heads: Number of attention heads; a divisor of `width`.
        dropout: Share of the attention weights dropped in training.

    Source: Vaswani et al., Attention Is All You Need, NeurIPS 2017, section 3.2.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        for projection in (self.query, self.key, self.value):
            # As torch starts the three when they are one matrix.
            nn.init.xavier_uniform_(projection.weight, gain=2**-0.5)
        for bias in (self.query.bias, self.value.bias, self.output.bias):
            nn.init.zeros_(bias)

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Return what each query gathers.

        Args:
            query: B×Q×W, or 1×Q×W where all pictures have the same queries.
            key: B×N×W, what the queries are compared with.
            value: B×N×W, what is gathered.

        Returns:
            B×Q×W.
        """
        return self.attend(self.query(query), key, value)

    def attend(self, projected_query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Return the same for queries that ``self.query`` has already projected."""
        queries = self._split(projected_query).expand(key.shape[0], -1, -1, -1)
        dropout = self.dropout if self.training else 0.0
        gathered = functional.scaled_dot_product_attention(
            queries, self._split(self.key(key)), self._split(self.value(value)), dropout_p=dropout
        )
        return self.output(gathered.transpose(1, 2).flatten(2))

    def weights(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        """Return how each query weighs the places, B×heads×Q×N, as `forward` does without dropout."""
        queries = self._split(self.query(query)).expand(key.shape[0], -1, -1, -1)
        likeness = queries @ self._split(self.key(key)).transpose(2, 3)
        return torch.softmax(likeness / math.sqrt(queries.shape[-1]), dim=-1)

    def _split(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return B×heads×N×(W / heads) of B×N×W."""
        return vectors.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class AttentionBlock(nn.Module):
    """norm(x + dropout(attention)): attention with its residual connection."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(width, heads, dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, vectors: torch.Tensor, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> torch.Tensor:
        """Return the vectors, B×Q×W, with what their queries gathered added to them."""
        return self.add(vectors, self.attention(query, key, value))

    def add(self, vectors: torch.Tensor, gathered: torch.Tensor) -> torch.Tensor:
        """Return the vectors with what was gathered added to them."""
        return self.norm(vectors + self.dropout(gathered))


class FeedForwardBlock(nn.Module):
    """norm(x + dropout(V·dropout(relu(U·x)))): two layers on each vector alone, with their residual connection."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(width, hidden)
        self.outer = nn.Linear(hidden, width)
        self.inner_dropout = nn.Dropout(dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return B×Q×W of B×Q×W."""
        hidden = self.inner_dropout(functional.relu(self.inner(vectors)))
        return self.norm(vectors + self.dropout(self.outer(hidden)))
