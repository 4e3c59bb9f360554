"""The plain head: global pooling, dropout, linear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from corelate.models.heads.base import CLASSIFIERS, Head, HeadInputs
from corelate.models.heads.pooling import POOLINGS, global_pool
from corelate.options import option

BIASES = ("zero", "prior")


@dataclass(frozen=True)
class LinearOptions:
    """Options of the linear head."""

    pooling: str = option("avg", "global pooling of the feature map", choices=POOLINGS)
    dropout: float = option(0.3, "share of the pooled features dropped in training", minimum=0.0, below=1.0)
    bias: str = option("zero", "start of the bias: zero, or the logit of each label's frequency", choices=BIASES)


class LinearHead(Head):
    """One linear layer on globally pooled features.

    Source: the seeds' plain CNNs, and the base line of every paper in the field.
    """

    Options: ClassVar[type] = LinearOptions
    pools: ClassVar[bool] = True

    def __init__(self, inputs: HeadInputs, options: LinearOptions) -> None:
        super().__init__(inputs, options)
        self.dropout = nn.Dropout(options.dropout)
        self.classifier = nn.Linear(inputs.num_features, len(inputs.vocabulary))
        start_bias(self.classifier.bias, options.bias, inputs.label_frequencies)

    def pool(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return the pooled map, B×D×1×1."""
        return global_pool(feature_map, self.options.pooling)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        return self.classifier(self.dropout(self.pool(feature_map).flatten(1)))

    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the classifiers, L×D."""
        return {CLASSIFIERS: self.classifier.weight.detach()}


def start_bias(bias: torch.Tensor, kind: str, label_frequencies: Any) -> None:
    """Set the bias of a classifier to zeros or, for the kind ``prior``, to the logits of the labels' frequencies."""
    nn.init.zeros_(bias)
    if kind == "prior" and label_frequencies is not None:
        frequencies = torch.as_tensor(label_frequencies, dtype=torch.float32).clamp(1e-4, 1 - 1e-4)
        with torch.no_grad():
            bias.copy_(torch.logit(frequencies))
