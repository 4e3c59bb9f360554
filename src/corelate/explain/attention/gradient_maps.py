"""Maps of what speaks for a label, from the gradient of its logit by the feature map."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from corelate.models.heads.base import Head


def gradient_maps(
    head: Head, feature_map: torch.Tensor, columns: Sequence[int], *, place_by_place: bool = True
) -> torch.Tensor:
    """Return how much each place of a map speaks for each of some labels.

    With the gradient G of the label's evidence (its logit; see `Head.evidence`) by the map A, a place p gets
    ``relu(Σ_d G[d, p] · A[d, p])``, or with the channels' mean gradients ``relu(Σ_d mean(G[d]) · A[d, p])``. Where a
    linear layer stands on the mean over the places, all G[d] are constant and the two are the same: the label's class
    activation map, divided by the number of places. Where it stands on the maximum, only the first gives each place
    what the logit has from it.

    Args:
        head: In evaluation mode.
        feature_map: B×D×h×w.
        columns: The K labels.
        place_by_place: Multiply by each place's own gradient (HiResCAM), and not by the mean over them (Grad-CAM).

    Returns:
        B×K×h×w, at least 0, without gradients.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017 (arXiv 1610.02391), section 3; Draelos and Carin, HiResCAM, 2020
        (arXiv 2011.08891), section 3.
    """
    maps = []
    features = feature_map.detach().clone().requires_grad_()
    with torch.enable_grad():
        evidence = head.evidence(features, columns).sum(0)
        for number in range(len(columns)):
            (gradient,) = torch.autograd.grad(evidence[number], features, retain_graph=number < len(columns) - 1)
            weights = gradient if place_by_place else gradient.mean((2, 3), keepdim=True)
            maps.append((weights * features.detach()).sum(1).relu())
    return torch.stack(maps, dim=1)
