"""ML-Decoder: a few queries look at the picture, and each answers for a group of labels."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import nn
from torch.nn import functional

from corelate.models.heads.attention import AttentionBlock, FeedForwardBlock, check_width
from corelate.models.heads.base import CLASSIFIERS, Head, HeadInputs
from corelate.models.heads.grouped_linear import GroupedLinear
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class MlDecoderOptions:
    """Options of the ML-Decoder head."""

    width: int = option(768, "length of the query vectors, a multiple of heads", minimum=1)
    groups: int = option(100, "most query vectors; each answers for a group of labels (0: one a label)", minimum=0)
    layers: int = option(1, "decoder layers", minimum=1)
    heads: int = option(8, "attention heads", minimum=1)
    feed_forward: int = option(2048, "width inside the feed-forward blocks", minimum=1)
    dropout: float = option(0.1, "share dropped in training, of queries, attention and blocks", minimum=0.0, below=1.0)
    learned_queries: bool = option(False, "learn the queries too; they are fixed random vectors otherwise")


class MlDecoderHead(Head):
    """Group queries attend to the places of the map, without attention among themselves.

    Source: Ridnik et al., ML-Decoder: Scalable and Versatile Classification Head, 2021 (arXiv 2111.12933), section 2.

    Raises:
        OptionError: The width is no multiple of the number of attention heads.
    """

    Options: ClassVar[type] = MlDecoderOptions
    attends: ClassVar[str] = "attention of each label's group query in the last layer, mean of the attention heads"

    queries: torch.Tensor

    def __init__(self, inputs: HeadInputs, options: MlDecoderOptions) -> None:
        super().__init__(inputs, options)
        check_width("ml_decoder", options.width, options.heads)
        labels = len(inputs.vocabulary)
        self.embed = nn.Linear(inputs.num_features, options.width)
        self.layers = nn.ModuleList(_Layer(options) for _ in range(options.layers))
        self.classifier = GroupedLinear(options.groups or labels, options.width, labels)
        queries = torch.randn(1, self.classifier.groups, options.width)
        if options.learned_queries:
            self.queries = nn.Parameter(queries)
        else:
            self.register_buffer("queries", queries)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        places = self._places(feature_map)
        vectors = self.queries
        for layer in self.layers:
            vectors = layer(vectors, places)
        return self.classifier(vectors)

    def attention(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
        """Return B×K×h×w; labels of one group share a map, and each map's sum is 1."""
        places = self._places(feature_map)
        vectors = self.queries
        *earlier, last = (cast(_Layer, layer) for layer in self.layers)
        for layer in earlier:
            vectors = layer(vectors, places)
        asking = last.met(vectors)[:, [column // self.classifier.factor for column in columns]]
        weights = last.attention.attention.weights(asking, places).mean(1)
        return weights.unflatten(2, feature_map.shape[2:])

    def _places(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return B×N×W of a map B×D×h×w."""
        return functional.relu(self.embed(feature_map.flatten(2).transpose(1, 2)))

    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the classifiers, L×W; each is used on the vector of its label's group."""
        return {CLASSIFIERS: self.classifier.label_weights()}

    def deployed(self) -> nn.Module:
        """Return a copy whose first layer has its queries normalised and projected."""
        fixed = copy.deepcopy(self)
        fixed.layers[0] = _FixedLayer(cast(_Layer, fixed.layers[0]), fixed.queries)
        return fixed


class _Layer(nn.Module):
    """A decoder layer in which the queries meet themselves where others have self-attention."""

    def __init__(self, options: MlDecoderOptions) -> None:
        super().__init__()
        self.dropout = nn.Dropout(options.dropout)
        self.norm = nn.LayerNorm(options.width)
        self.attention = AttentionBlock(options.width, options.heads, options.dropout)
        self.feed_forward = FeedForwardBlock(options.width, options.feed_forward, options.dropout)

    def forward(self, vectors: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        if self.training:
            # Each picture drops other parts of the queries.
            vectors = vectors.expand(len(places), -1, -1)
        vectors = self.met(vectors)
        return self.feed_forward(self.attention(vectors, vectors, places, places))

    def met(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the vectors after they met themselves; they are the queries to the places."""
        return self.norm(vectors + self.dropout(vectors))


class _FixedLayer(nn.Module):
    """The first layer in evaluation: what no picture changes is computed."""

    vectors: torch.Tensor
    projected: torch.Tensor

    @torch.no_grad()
    def __init__(self, layer: _Layer, queries: torch.Tensor) -> None:
        super().__init__()
        self.attention = layer.attention
        self.feed_forward = layer.feed_forward
        self.register_buffer("vectors", layer.norm(2 * queries))
        self.register_buffer("projected", layer.attention.attention.query(self.vectors))

    def forward(self, _queries: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        gathered = self.attention.attention.attend(self.projected, places, places)
        return self.feed_forward(self.attention.add(self.vectors, gathered))
