"""RIA: an LSTM that starts from the pooled features and writes the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from corelate.models.heads.base import HeadInputs
from corelate.models.heads.pooling import POOLINGS, global_pool
from corelate.models.heads.sequence_head import SequenceHead, SequenceOptions, token_vectors
from corelate.models.sequences.decoder import Decoder, Start
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class RiaOptions(SequenceOptions):
    """Options of RIA."""

    pooling: str = option("avg", "global pooling of the feature map", choices=POOLINGS)


class RiaHead(SequenceHead):
    """The picture is the LSTM's first hidden state, and nothing else that it sees.

    Source: Jin and Nakayama, Annotation Order Matters: Recurrent Image Annotator for Arbitrary Length Image Tagging,
    ICPR 2016 (arXiv 1604.05225), as in the seed.
    """

    Options: ClassVar[type] = RiaOptions
    pools: ClassVar[bool] = True

    def __init__(self, inputs: HeadInputs, options: RiaOptions) -> None:
        super().__init__(inputs, options)
        vectors = token_vectors(inputs, options, "ria")
        self.decoder = Decoder(vectors, options.hidden, options.embedding_dropout, options.dropout)
        self.first_state = nn.Linear(inputs.num_features, options.hidden)

    def pool(self, feature_map: Tensor) -> Tensor:
        """Return the pooled map, B×D×1×1."""
        return global_pool(feature_map, self.options.pooling)

    def start(self, feature_map: Tensor) -> Start:
        """Return the first state, a linear map of the pooled features."""
        hidden = self.first_state(self.standardise(self.pool(feature_map)).flatten(1))
        return Start(hidden, torch.zeros_like(hidden))
