"""Linear layers that differ from group to group."""

from __future__ import annotations

import torch
from torch import nn


class GroupedLinear(nn.Module):
    """Several logits from each group's vector, by the group's own weights.

    Label l belongs to group ``l // factor``; the last group may have fewer labels than the others.

    Args:
        groups: Most groups to make; fewer are made where fewer hold all labels.
        width: Length of a group's vector.
        labels: Number of logits.

    Attributes:
        groups: Number of groups, none of them without a label.
        factor: Labels a group.

    Source: Ridnik et al., ML-Decoder, 2021 (arXiv 2111.12933), group fully-connected; with one label a group, the last
        projection of Liu et al., Query2Label, 2021 (arXiv 2107.10834).
    """

    def __init__(self, groups: int, width: int, labels: int) -> None:
        super().__init__()
        self.labels = labels
        self.factor = -(-labels // min(groups, labels))
        self.groups = -(-labels // self.factor)
        self.weight = nn.Parameter(torch.empty(self.groups, width, self.factor))
        self.bias = nn.Parameter(torch.zeros(labels))
        nn.init.xavier_normal_(self.weight)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of group vectors B×groups×width."""
        # One matrix product a group; the pictures are its rows, so that no weight is repeated for each of them.
        logits = torch.bmm(vectors.transpose(0, 1), self.weight).transpose(0, 1)
        return logits.flatten(1)[:, : self.labels] + self.bias

    def label_weights(self) -> torch.Tensor:
        """Return the weights of each label, L×width, without gradients."""
        return self.weight.detach().transpose(1, 2).flatten(0, 1)[: self.labels]
