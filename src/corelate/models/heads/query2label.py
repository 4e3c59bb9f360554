"""Query2Label: one query a label looks at the picture, and at the other labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import nn

from corelate.models.heads.attention import AttentionBlock, FeedForwardBlock, MultiHeadAttention, check_width
from corelate.models.heads.base import CLASSIFIERS, TRAINED_VECTORS, Head, HeadInputs
from corelate.models.heads.grouped_linear import GroupedLinear
from corelate.models.heads.positions import WIDTH_STEP, sine_positions
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class Query2LabelOptions:
    """Options of the Query2Label head."""

    width: int = option(512, "length of the label vectors, a multiple of heads and of 4", minimum=4)
    encoder_layers: int = option(1, "layers in which the places attend to each other", minimum=0)
    decoder_layers: int = option(2, "layers in which the labels attend to the places", minimum=1)
    self_attention: bool = option(True, "labels attend to each other too, in every decoder layer but the first")
    heads: int = option(4, "attention heads", minimum=1)
    feed_forward: int = option(2048, "width inside the feed-forward blocks", minimum=1)
    dropout: float = option(0.1, "share dropped in training, of attention and blocks", minimum=0.0, below=1.0)


class Query2LabelHead(Head):
    """A learned query for each label attends to the places of the map; the label's own weights make its logit.

    Source: Liu et al., Query2Label: A Simple Transformer Way to Multi-Label Classification, 2021 (arXiv 2107.10834),
        section 3.

    Raises:
        OptionError: The width is no multiple of the number of attention heads, or of 4.
    """

    Options: ClassVar[type] = Query2LabelOptions
    attends: ClassVar[str] = "attention of each label's query in the last decoder layer, mean of the attention heads"

    def __init__(self, inputs: HeadInputs, options: Query2LabelOptions) -> None:
        super().__init__(inputs, options)
        check_width("query2label", options.width, options.heads, WIDTH_STEP)
        labels = len(inputs.vocabulary)
        self.embed = nn.Linear(inputs.num_features, options.width)
        self.encoder = nn.ModuleList(_EncoderLayer(options) for _ in range(options.encoder_layers))
        # All labels are alike before the first layer: self-attention there would gather the same for each of them.
        self.decoder = nn.ModuleList(
            _DecoderLayer(options, options.self_attention and number > 0) for number in range(options.decoder_layers)
        )
        self.queries = nn.Parameter(torch.randn(1, labels, options.width))
        self.norm = nn.LayerNorm(options.width)
        self.classifier = GroupedLinear(labels, options.width, labels)
        self._start()

    def _start(self) -> None:
        """Draw the start as the original does."""
        for module in self.modules():
            if isinstance(module, MultiHeadAttention):
                nn.init.xavier_uniform_(module.output.weight)
            if isinstance(module, FeedForwardBlock):
                nn.init.xavier_uniform_(module.inner.weight)
                nn.init.xavier_uniform_(module.outer.weight)
        bound = 1 / math.sqrt(self.options.width)
        nn.init.uniform_(self.classifier.weight, -bound, bound)
        nn.init.uniform_(self.classifier.bias, -bound, bound)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        placed, places = self._places(feature_map)
        vectors = torch.zeros_like(self.queries)
        for layer in self.decoder:
            vectors = layer(vectors, self.queries, placed, places)
        return self.classifier(self.norm(vectors))

    def attention(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
        """Return B×K×h×w; each map's sum is 1."""
        placed, places = self._places(feature_map)
        vectors = torch.zeros_like(self.queries)
        *earlier, last = (cast(_DecoderLayer, layer) for layer in self.decoder)
        for layer in earlier:
            vectors = layer(vectors, self.queries, placed, places)
        asking = (last.told(vectors, self.queries) + self.queries)[:, list(columns)]
        return last.attention.attention.weights(asking, placed).mean(1).unflatten(2, feature_map.shape[2:])

    def _places(self, feature_map: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the places of a map after the encoder, B×N×W, with their positions added and without."""
        positions = sine_positions(feature_map, self.options.width)
        places = self.embed(feature_map.flatten(2).transpose(1, 2))
        for layer in self.encoder:
            places = layer(places, positions)
        return places + positions, places

    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the labels' queries, L×W, and their classifiers, L×W."""
        return {TRAINED_VECTORS: self.queries.detach()[0], CLASSIFIERS: self.classifier.label_weights()}


class _EncoderLayer(nn.Module):
    def __init__(self, options: Query2LabelOptions) -> None:
        super().__init__()
        self.attention = AttentionBlock(options.width, options.heads, options.dropout)
        self.feed_forward = FeedForwardBlock(options.width, options.feed_forward, options.dropout)

    def forward(self, places: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        placed = places + positions
        return self.feed_forward(self.attention(places, placed, placed, places))


class _DecoderLayer(nn.Module):
    def __init__(self, options: Query2LabelOptions, self_attention: bool) -> None:
        super().__init__()
        self.among_labels = AttentionBlock(options.width, options.heads, options.dropout) if self_attention else None
        self.attention = AttentionBlock(options.width, options.heads, options.dropout)
        self.feed_forward = FeedForwardBlock(options.width, options.feed_forward, options.dropout)

    def forward(
        self, vectors: torch.Tensor, queries: torch.Tensor, placed: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        vectors = self.told(vectors, queries)
        return self.feed_forward(self.attention(vectors, vectors + queries, placed, places))

    def told(self, vectors: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
        """Return the labels' vectors after they attended to each other, where they do."""
        if self.among_labels is None:
            return vectors
        asking = vectors + queries
        told: torch.Tensor = self.among_labels(vectors, asking, asking, vectors)
        return told
