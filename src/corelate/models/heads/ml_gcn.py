"""ML-GCN: label classifiers made from word vectors by a graph convolution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from corelate.errors import OptionError
from corelate.labels.embedding_options import EmbeddingOptions
from corelate.labels.graph_options import GraphOptions
from corelate.models.heads.base import CLASSIFIERS, GIVEN_VECTORS, Head, HeadInputs
from corelate.models.heads.influences import Influences
from corelate.models.heads.pooling import POOLINGS, global_pool
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class MlGcnOptions(GraphOptions, EmbeddingOptions):
    """Options of the ML-GCN head."""

    pooling: str = option("avg", "global pooling of the feature map (original: max, seed: avg)", choices=POOLINGS)
    hidden: tuple[int, ...] = option((1024,), "widths between the graph layers", minimum=1)
    negative_slope: float = option(0.2, "slope of the leaky ReLU below zero", minimum=0.0)
    dropout: float = option(
        0.0, "share of the pooled features dropped in training (originals: none)", minimum=0.0, below=1.0
    )
    layer_factors: tuple[float, ...] = option(
        (), "learning rate of each graph layer, as a factor of the head's (default: 1 each)", minimum=0.0
    )


class MlGcnHead(Head):
    """Logits are products of the pooled features with label vectors that a graph convolution makes.

    Each layer is ``A · X · W`` with the label graph A (L×L), the label vectors X and a weight W without bias; between
    layers stands a leaky ReLU, and the last one is as wide as the feature map. Graph and embeddings are constants that
    are saved with the head.

    Source: Chen et al., Multi-Label Image Recognition with Graph Convolutional Networks, CVPR 2019, section 3.

    Raises:
        OptionError: No graph or no embeddings, or not one learning-rate factor for each layer.
    """

    Options: ClassVar[type] = MlGcnOptions
    pools: ClassVar[bool] = True
    needs_graph: ClassVar[bool] = True
    needs_embeddings: ClassVar[bool] = True
    relates_labels: ClassVar[bool] = True

    edge_rows: torch.Tensor
    edge_columns: torch.Tensor
    edge_weights: torch.Tensor
    embeddings: torch.Tensor

    def __init__(self, inputs: HeadInputs, options: MlGcnOptions) -> None:
        super().__init__(inputs, options)
        graph, embeddings = inputs.needed_graph("ml_gcn"), inputs.needed_embeddings("ml_gcn")
        ordered = graph.adjacency.tocsr().copy()
        ordered.sum_duplicates()
        edges = ordered.tocoo()
        self.register_buffer("edge_rows", torch.from_numpy(edges.row.astype(np.int64)))
        self.register_buffer("edge_columns", torch.from_numpy(edges.col.astype(np.int64)))
        self.register_buffer("edge_weights", torch.from_numpy(edges.data.astype(np.float32)))
        self.register_buffer("embeddings", torch.from_numpy(np.array(embeddings.vectors, np.float32)))
        self.dropout = nn.Dropout(options.dropout)
        widths = (self.embeddings.shape[1], *options.hidden, inputs.num_features)
        self.weights = nn.ParameterList(_weight(*pair) for pair in pairwise(widths))
        if options.layer_factors and len(options.layer_factors) != len(self.weights):
            raise OptionError(
                f"head ml_gcn: {len(options.layer_factors)} layer_factors for {len(self.weights)} graph layers "
                f"(hidden = {list(options.hidden)} gives {len(self.weights)}); give one for each layer, or none"
            )

    def pool(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return the pooled map, B×D×1×1."""
        return global_pool(feature_map, self.options.pooling)

    def label_vectors(self) -> torch.Tensor:
        """Return the classifier of each label, L×D.

        Computed in float32 at least, whatever autocast says: it costs little, and sums over many neighbours.
        """
        with torch.autocast(self.embeddings.device.type, enabled=False):
            vectors = self._last_inputs()
            return self._spread(vectors @ self.weights[-1].to(vectors.dtype))

    def _last_inputs(self) -> torch.Tensor:
        """Return what goes into the last layer, L×F: the label vectors after all others."""
        vectors = self.embeddings.to(torch.promote_types(self.embeddings.dtype, torch.float32))
        for weight in self.weights[:-1]:
            vectors = self._spread(vectors @ weight.to(vectors.dtype))
            vectors = functional.leaky_relu(vectors, self.options.negative_slope)
        return vectors

    @torch.no_grad()
    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the given vectors, L×E, and the classifiers that the graph convolution makes of them, L×D."""
        return {GIVEN_VECTORS: self.embeddings, CLASSIFIERS: self.label_vectors()}

    def _spread(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return A · X, L×F of L×F; sparse, since a label has few neighbours among thousands."""
        indices = torch.stack([self.edge_rows, self.edge_columns])
        size = (len(vectors), len(vectors))
        weights = self.edge_weights.to(vectors.dtype)
        # The edges are stored in the order of rows and columns, each once.
        graph = torch.sparse_coo_tensor(indices, weights, size, is_coalesced=True, check_invariants=False)
        return torch.sparse.mm(graph, vectors)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        features = self.dropout(self.pool(feature_map).flatten(1))
        return functional.linear(features, self.label_vectors().to(features.dtype))

    def influences(self, feature_map: torch.Tensor, columns: Sequence[int]) -> Influences:
        """Return the shares of the labels in some logits of one picture; they add up to the logits.

        The classifier of label i is Σⱼ Aᵢⱼ · XⱼW, and its product with the features f the sum of Aᵢⱼ · f·XⱼW over j.
        """
        with torch.no_grad(), torch.autocast(self.embeddings.device.type, enabled=False):
            vectors = self._last_inputs()
            features = self.pool(feature_map).flatten().to(vectors.dtype)
            # Multiplied from the right: L×D vectors of all labels need not be made.
            spoken = vectors @ (self.weights[-1].to(vectors.dtype) @ features)
            graph = vectors.new_zeros(len(columns), len(vectors))
            for place, column in enumerate(columns):
                heard = self.edge_rows == column
                graph[place, self.edge_columns[heard]] = self.edge_weights[heard].to(graph.dtype)
            contributions = graph * spoken
            logits = contributions.sum(1)
            return Influences(contributions, graph, torch.zeros_like(logits), logits)

    def graph_edges(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return rows, columns and weights of the label graph."""
        return self.edge_rows, self.edge_columns, self.edge_weights

    def learning_rate_factors(self) -> Mapping[str, float]:
        """Return the factor of each graph layer."""
        return {f"weights.{number}": factor for number, factor in enumerate(self.options.layer_factors)}

    def deployed(self) -> nn.Module:
        """Return pooling and one linear layer: no picture changes the label vectors."""
        with torch.no_grad():
            return _FixedClassifiers(self.label_vectors(), self.options.pooling)


class _FixedClassifiers(nn.Module):
    vectors: torch.Tensor

    def __init__(self, vectors: torch.Tensor, pooling: str) -> None:
        super().__init__()
        self.register_buffer("vectors", vectors)
        self.pooling = pooling

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        features = global_pool(feature_map, self.pooling).flatten(1)
        return functional.linear(features, self.vectors.to(features.dtype))


def _weight(width: int, out: int) -> nn.Parameter:
    """Return the weight of a graph layer; the original's start depends on the output's width, not the input's."""
    bound = 1 / math.sqrt(out)
    return nn.Parameter(torch.empty(width, out).uniform_(-bound, bound))
