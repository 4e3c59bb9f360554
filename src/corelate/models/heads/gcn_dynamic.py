"""ADD-GCN: label vectors by attention, related to each other by a graph that is made anew for each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from corelate.models.heads.base import Head, HeadInputs
from corelate.options import option

NEGATIVE_SLOPE = 0.2
"""Slope below zero of every leaky ReLU of the original."""


@dataclass(frozen=True)
class GcnDynamicOptions:
    """Options of the dynamic graph head."""

    width: int = option(1024, "numbers in a label's vector", minimum=1)
    aggregation: str = option(
        "sum",
        "how a label adds up what all labels tell it in the picture's graph (original: sum)",
        choices=("sum", "mean"),
    )
    dropout: float = option(0.0, "share of the map's channels dropped in training", minimum=0.0, below=1.0)


class GcnDynamicHead(Head):
    """A vector for each label from the places where it is seen, then a learned graph and one made for the picture.

    A logit is the mean of two: the largest value of the label's map over the places, and the value of the label's own
    classifier on its vector after the graphs.

    Source: Ye et al., Attention-Driven Dynamic Graph Convolutional Network for Multi-Label Image Recognition, ECCV 2020
    (arXiv 2012.02994), section 3, and its code.
    """

    Options: ClassVar[type] = GcnDynamicOptions

    def __init__(self, inputs: HeadInputs, options: GcnDynamicOptions) -> None:
        super().__init__(inputs, options)
        features, labels, width = inputs.num_features, len(inputs.vocabulary), options.width
        self.dropout = nn.Dropout2d(options.dropout)
        self.map_classifier = nn.Linear(features, labels, bias=False)
        self.transform = nn.Linear(features, width)
        self.relations = DynamicGraphConvolution(width, labels, averages=options.aggregation == "mean")
        self.label_classifiers = nn.Linear(width, labels)  # row i is used on the vector of label i alone

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        places = self.dropout(feature_map).flatten(2).transpose(1, 2)  # B×N×D
        label_map = self.map_classifier(places)  # B×N×L
        vectors = torch.sigmoid(label_map).transpose(1, 2) @ self.transform(places)  # B×L×W
        related = vectors + self.relations(vectors)
        own = (related * self.label_classifiers.weight).sum(2) + self.label_classifiers.bias
        return (label_map.amax(1) + own) / 2


class DynamicGraphConvolution(nn.Module):
    """Two graph convolutions on the vectors of the labels, B×L×W to B×L×W.

    The first has one learned graph for all pictures and is added to its input; the graph of the second is computed from
    the picture's own vectors.
    """

    def __init__(self, width: int, labels: int, *, averages: bool) -> None:
        super().__init__()
        self.share = 1 / labels if averages else 1.0
        self.static_graph = nn.Linear(labels, labels, bias=False)
        self.static_weight = nn.Linear(width, width)
        # The original's bias is left out: the batch norm behind it takes it away again.
        self.global_weight = nn.Linear(width, width, bias=False)
        self.global_norm = PictureNorm(width)
        self.dynamic_graph = nn.Linear(2 * width, labels)
        self.dynamic_weight = nn.Linear(width, width)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the related vectors B×L×W."""
        mixed = _leaky(self.static_graph(vectors.transpose(1, 2))).transpose(1, 2)
        vectors = vectors + _leaky(self.static_weight(mixed))
        # The share comes before the sum, which would be beyond float16 with thousands of labels.
        heard = _leaky(self.picture_graphs(vectors) @ (self.share * vectors))
        return _leaky(self.dynamic_weight(heard))

    def picture_graphs(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the graph of each picture, B×L×L; row i weighs what label i hears from each label."""
        common = _leaky(self.global_norm(self.global_weight(vectors.mean(1))))  # B×W
        width, weight = common.shape[1], self.dynamic_graph.weight
        # The original joins the common vector to each label's own; two products give the same and copy neither.
        shift = functional.linear(common, weight[:, :width], self.dynamic_graph.bias)
        return torch.sigmoid(functional.linear(vectors, weight[:, width:]) + shift.unsqueeze(1))


class PictureNorm(nn.BatchNorm1d):
    """Batch norm that takes its running statistics for a batch of one picture, which has no spread of its own."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the normalised vectors B×W."""
        if self.training and len(vectors) == 1:
            return functional.batch_norm(
                vectors, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(vectors)


def _leaky(values: torch.Tensor) -> torch.Tensor:
    return functional.leaky_relu(values, NEGATIVE_SLOPE)
