"""CNN-RNN with attention: an LSTM that looks at the places of the map before it writes each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from corelate.models.heads.base import HeadInputs
from corelate.models.heads.pooling import global_pool
from corelate.models.heads.sequence_head import SequenceHead, SequenceOptions, token_vectors
from corelate.models.sequences.decoder import AttentionDecoder, Start
from corelate.options import option

CELLS = ("zero", "pooled")


@dataclass(frozen=True, kw_only=True)
class AttentionRnnOptions(SequenceOptions):
    """Options of CNN-RNN with attention."""

    attention_width: int = option(512, "width in which state and places are compared", minimum=1)
    map_dropout: float = option(
        0.0, "share of the numbers of the map that is looked at dropped in training", minimum=0.0, below=1.0
    )
    first_cell: str = option("zero", "the LSTM's first cell: zeros, or a linear map of pooled features", choices=CELLS)
    doubly_stochastic: float = option(
        0.0, "weight of the penalty on places that all steps together look at more or less than once", minimum=0.0
    )


class AttentionRnnHead(SequenceHead):
    """The picture is the LSTM's first hidden state, and is looked at again before each label.

    Source: Xu et al., Show, Attend and Tell, ICML 2015 (arXiv 1502.03044), soft attention, as in the seed.
    """

    Options: ClassVar[type] = AttentionRnnOptions
    name: ClassVar[str] = "attention_rnn"
    attends: ClassVar[str] = "soft attention before each label of the best sequence is written"

    decoder: AttentionDecoder

    def __init__(self, inputs: HeadInputs, options: AttentionRnnOptions) -> None:
        super().__init__(inputs, options)
        self.decoder = AttentionDecoder(
            token_vectors(inputs, options, self.name),
            options.hidden,
            options.embedding_dropout,
            options.dropout,
            num_features=inputs.num_features,
            attention_width=options.attention_width,
        )
        self.first_state = nn.Linear(inputs.num_features, options.hidden)
        self.first_cell = nn.Linear(inputs.num_features, options.hidden) if options.first_cell == "pooled" else None

    def start(self, feature_map: Tensor) -> Start:
        """Return the first state and the places of the map, projected once."""
        feature_map = self.standardise(feature_map)
        pooled = global_pool(feature_map, "avg").flatten(1)
        hidden = self.first_state(pooled)
        cell = torch.zeros_like(hidden) if self.first_cell is None else self.first_cell(pooled)
        looked_at = functional.dropout(feature_map, self.options.map_dropout, self.training)
        return Start(hidden, cell, self.decoder.remember(looked_at))

    def attention(self, feature_map: Tensor, columns: Sequence[int]) -> Tensor | None:
        """Return B×K×h×w, each label's at its step of the best sequence (`Followed.steps`); each map's sum is 1."""
        weights = self.follow(feature_map).chosen_attention(columns)
        return None if weights is None else weights.unflatten(2, feature_map.shape[2:])

    def penalty(self, attention: list[Tensor], sequences: Tensor) -> Tensor | float:
        """Return how far the places are from being looked at once, over the tokens that count."""
        if not self.options.doubly_stochastic:
            return 0.0
        looks = torch.stack(attention, dim=1)  # B×T×N
        counts = (sequences == self.decoder.stop).cumsum(1) <= 1
        total = (looks.float() * counts.unsqueeze(2)).sum(1)
        return self.options.doubly_stochastic * (1 - total).square().mean()
