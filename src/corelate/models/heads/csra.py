"""CSRA: class-specific residual attention over the places of the map."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from corelate.errors import OptionError
from corelate.models.heads.base import CLASSIFIERS, Head, HeadInputs
from corelate.options import option

MAXIMUM = 99.0
"""From this temperature on the attention is the maximum over the places, as in the original code."""

TEMPERATURES = {
    1: (1.0,),
    2: (1.0, MAXIMUM),
    4: (1.0, 2.0, 4.0, MAXIMUM),
    6: (1.0, 2.0, 3.0, 4.0, 5.0, MAXIMUM),
    8: (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, MAXIMUM),
}
"""The paper's temperature of each head, by the number of heads."""

SMALLEST_NORM = 1e-12
"""A classifier of zeros is divided by this and gives zero."""


@dataclass(frozen=True)
class CsraOptions:
    """Options of the CSRA head."""

    heads: int = option(
        1, "number of attention heads, each with its own classifier and temperature", choices=tuple(TEMPERATURES)
    )
    temperatures: tuple[float, ...] = option(
        (), "temperature of each head, 0: mean, 99 and above: maximum (default: the paper's)", minimum=0.0
    )
    attention_weight: float = option(0.1, "weight of the attention beside the mean (λ of the paper)", minimum=0.0)
    normalise: bool = option(True, "divide each label's classifier by its length, as the original does")
    dropout: float = option(0.0, "share of the map's channels dropped in training", minimum=0.0, below=1.0)


class CsraHead(Head):
    """Each label's score at each place, pooled as mean plus a weighted softmax attention of its own.

    With the scores ``s[i, k] = ⟨x_k, m_i⟩ / ‖m_i‖`` of label i at the places k = 1 … N, a head of temperature T gives
    ``mean_k s[i, k] + λ · Σ_k softmax_k(T · s[i, k]) · s[i, k]``; the logits are the sum over the heads.

    Source: Zhu and Wu, Residual Attention: A Simple but Effective Method for Multi-Label Recognition, ICCV 2021
    (arXiv 2108.02456), section 3, and its code.

    Raises:
        OptionError: Not one temperature for each head.
    """

    Options: ClassVar[type] = CsraOptions
    attends: ClassVar[str] = "softmax attention of each label, mean of the heads; the mean over all places is left out"

    def __init__(self, inputs: HeadInputs, options: CsraOptions) -> None:
        super().__init__(inputs, options)
        self.temperatures = options.temperatures or TEMPERATURES[options.heads]
        if len(self.temperatures) != options.heads:
            raise OptionError(
                f"head csra: heads is {options.heads}, but temperatures holds {len(self.temperatures)}; "
                "give one for each head, or none for those of the paper"
            )
        self.dropout = nn.Dropout2d(options.dropout)
        self.classifiers = nn.Linear(inputs.num_features, options.heads * len(inputs.vocabulary), bias=False)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return logits B×L of a feature map B×D×h×w."""
        places = self.dropout(feature_map).flatten(2).transpose(1, 2)  # B×N×D
        scores = self.classifiers(places)  # B×N×HL, not yet divided by the classifiers' lengths
        norms = self._norms(torch.promote_types(scores.dtype, torch.float32))
        heads = zip(scores.chunk(self.options.heads, dim=2), norms, self.temperatures, strict=True)
        logits = torch.stack([self._head_logits(*head) for head in heads]).sum(0)
        return logits.to(self.classifiers.weight.dtype)

    @torch.no_grad()
    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return the classifiers, L×HD: those of each label's H attention heads one after another, as they are used."""
        weight = self.classifiers.weight.float()
        rows = weight.view(self.options.heads, -1, weight.shape[1]) / self._norms(torch.float32).unsqueeze(2)
        return {CLASSIFIERS: rows.transpose(0, 1).flatten(1)}

    def attention(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
        """Return B×K×h×w, the mean over the heads, which the logit weighs alike; each map's sum is 1."""
        chosen, heads = list(columns), self.options.heads
        classifiers = self.classifiers.weight.unflatten(0, (heads, -1))[:, chosen]
        scores = torch.einsum("bdhw,tkd->tbkhw", feature_map, classifiers).flatten(3)  # heads×B×K×N
        norms = self._norms(torch.promote_types(scores.dtype, torch.float32))[:, None, chosen, None]
        weights = [_weights(*head, 2) for head in zip(scores, norms, self.temperatures, strict=True)]
        return torch.stack(weights).mean(0).unflatten(2, feature_map.shape[2:])

    def deployed(self) -> CsraHead:
        """Return the head with its classifiers divided once and for all."""
        deployed = copy.deepcopy(self)
        norms = self._norms(torch.promote_types(self.classifiers.weight.dtype, torch.float32))
        with torch.no_grad():
            deployed.classifiers.weight /= norms.view(-1, 1)
        deployed.options = dataclasses.replace(self.options, normalise=False)
        return deployed

    def _norms(self, precision: torch.dtype) -> torch.Tensor:
        """Return by what each head divides each label's score, H×L."""
        weight = self.classifiers.weight
        if not self.options.normalise:
            norms = torch.ones(len(weight), dtype=precision, device=weight.device)
        else:
            norms = torch.linalg.vector_norm(weight, dim=1, dtype=precision).clamp_min(SMALLEST_NORM)
        return norms.view(self.options.heads, -1)

    def _head_logits(self, scores: torch.Tensor, norms: torch.Tensor, temperature: float) -> torch.Tensor:
        """Return logits B×L of one head's scores B×N×L; the scores are large and are copied as rarely as possible."""
        mean = scores.mean(1, dtype=norms.dtype)
        if temperature >= MAXIMUM:
            attended = scores.amax(1)
        else:
            attended = (scores * _weights(scores, norms, temperature, 1)).sum(1)
        return (mean + self.options.attention_weight * attended) / norms


def _weights(scores: torch.Tensor, norms: torch.Tensor, temperature: float, places: int) -> torch.Tensor:
    """Return the weights of one head, with sum 1 over the dimension of the places; norms divide the scores.

    Scores of half precision become float32 here, by the type of the norms.
    """
    if temperature >= MAXIMUM:
        # Places that are equally large share the weight, as they share the gradient of the maximum.
        largest = (scores == scores.amax(places, keepdim=True)).to(norms.dtype)
        return largest / largest.sum(places, keepdim=True)
    return torch.softmax(scores * (temperature / norms), dim=places)
