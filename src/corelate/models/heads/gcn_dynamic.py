"""ADD-GCN: label vectors by attention, related to each other by a graph that is made anew for each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from corelate.models.heads.base import CLASSIFIERS, Head, HeadInputs
from corelate.models.heads.influences import Influences
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
    attends: ClassVar[str] = "label map: with these weights each label's vector is gathered from the places"
    relates_labels: ClassVar[bool] = True

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
        label_map, vectors = self._seen(feature_map)
        related = vectors + self.relations(vectors)
        own = (related * self.label_classifiers.weight).sum(2) + self.label_classifiers.bias
        return (label_map.amax(1) + own) / 2

    def attention(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
        """Return B×K×h×w, each weight in (0, 1) for itself: there is no softmax over the places."""
        places = feature_map.flatten(2).transpose(1, 2)
        label_map = functional.linear(places, self.map_classifier.weight[list(columns)])
        return torch.sigmoid(label_map).transpose(1, 2).unflatten(2, feature_map.shape[2:])

    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the classifiers of places, L×D, and those of the related vectors, L×W."""
        places, related = self.map_classifier.weight, self.label_classifiers.weight
        return {"classifiers of places": places.detach(), CLASSIFIERS: related.detach()}

    def _seen(self, feature_map: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the labels' maps B×N×L over the N places, and their vectors B×L×W from where they are seen."""
        places = self.dropout(feature_map).flatten(2).transpose(1, 2)  # B×N×D
        label_map = self.map_classifier(places)
        return label_map, torch.sigmoid(label_map).transpose(1, 2) @ self.transform(places)

    def influences(self, feature_map: torch.Tensor, columns: Sequence[int]) -> Influences:
        """Return what some logits of one picture lose when one label says nothing in the picture's graph.

        Every other label, the static graph and the picture's graph stay as they are. Behind the graph stand two leaky
        ReLUs, so that what labels do one by one is not what they do together.
        """
        with torch.no_grad():
            label_map, vectors = self._seen(feature_map)
            spoken = self.relations.after_static_graph(vectors)
            graph = self.relations.picture_graphs(spoken)[0, list(columns)]  # K×L
            spoken = self.relations.share * spoken[0]  # L×W
            classifiers = self.label_classifiers.weight[list(columns)]  # K×W
            heard = graph @ spoken
            whole = (self.relations.answers(heard) * classifiers).sum(1) / 2
            silent = (self.relations.answers(torch.zeros_like(heard)) * classifiers).sum(1) / 2
            # One label at a time: L vectors of width W, and not K times as many.
            without = [
                self.relations.answers(heard[place] - graph[place].unsqueeze(1) * spoken) @ classifier / 2
                for place, classifier in enumerate(classifiers)
            ]
            largest = label_map[0].amax(0)[list(columns)] / 2
            own = ((vectors[0, list(columns)] * classifiers).sum(1) + self.label_classifiers.bias[list(columns)]) / 2
            parts = {"its map's largest value": largest, "its own vector": own + silent}
            base = largest + own + silent
            contributions = whole.unsqueeze(1) - torch.stack(without)
            return Influences(contributions, graph, base, base - silent + whole, parts, adds_up=False)


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
        vectors = self.after_static_graph(vectors)
        # The share comes before the sum, which would be beyond float16 with thousands of labels.
        return self.answers(self.picture_graphs(vectors) @ (self.share * vectors))

    def after_static_graph(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the vectors B×L×W after the graph that all pictures share."""
        mixed = _leaky(self.static_graph(vectors.transpose(1, 2))).transpose(1, 2)
        return vectors + _leaky(self.static_weight(mixed))

    def answers(self, heard: torch.Tensor) -> torch.Tensor:
        """Return what labels make of what they heard, …×W."""
        return _leaky(self.dynamic_weight(_leaky(heard)))

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
