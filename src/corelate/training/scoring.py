"""Logits of many pictures, computed by all processes of a run together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from corelate.training.batches import Features
from corelate.training.progress import Reporter, Silent

# Pictures scored together: as many pooled features, fewer whole maps.
FEATURE_BATCH = 1024
MAP_BATCH = 64


def feature_logits(head: nn.Module, features: Features, rows: np.ndarray, fabric: Fabric) -> torch.Tensor:
    """Return float32 logits N×L of the features of N pictures.

    Args:
        head: From features B×D×h×w to logits B×L; in evaluation mode.
        features: Of all pictures.
        rows: The N pictures.
        fabric: The run's processes, which share the work.
    """
    own = rows[np.array(own_rows(len(rows), fabric))]
    pooled = features[own[:1]].shape[2:] == (1, 1)
    parts = []
    with torch.inference_mode(), fabric.autocast():
        for part in np.array_split(own, -(-len(own) // (FEATURE_BATCH if pooled else MAP_BATCH))):
            parts.append(head(fabric.to_device(features[part].float())).float())
    return gathered(torch.cat(parts), len(rows), fabric)


def picture_logits(
    module: nn.Module,
    batches: Iterable[torch.Tensor],
    count: int,
    fabric: Fabric,
    reporter: Reporter | None = None,
) -> torch.Tensor:
    """Return float32 logits N×L of pictures.

    Args:
        module: From pixels B×3×H×W to logits B×L; in evaluation mode.
        batches: This process's pixels: pictures number rank, rank + processes, and so on, of all N.
        count: N.
        fabric: The run's processes.
        reporter: Is told about progress.
    """
    reporter = reporter or Silent()
    parts = []
    with torch.inference_mode(), fabric.autocast():
        for pixels in batches:
            parts.append(module(fabric.to_device(pixels.contiguous(memory_format=torch.channels_last))).float())
            reporter.advance(len(pixels) * fabric.world_size)
    return gathered(torch.cat(parts), count, fabric)


def gathered(own: torch.Tensor, count: int, fabric: Fabric) -> torch.Tensor:
    """Join what each process computed for its pictures (rank, rank + processes, …) into N rows, on the CPU."""
    if fabric.world_size == 1:
        return own.cpu()
    longest = -(-count // fabric.world_size)
    padded = torch.cat([own, own.new_zeros(longest - len(own), *own.shape[1:])])
    shares = fabric.all_gather(padded)
    assert isinstance(shares, torch.Tensor)  # for the type checker: it gathers whatever it is given
    return shares.transpose(0, 1).flatten(0, 1)[:count].cpu()


def scores(logits: torch.Tensor) -> np.ndarray:
    """Return the sigmoid of logits, float32."""
    return torch.sigmoid(logits.float()).numpy()


def own_rows(count: int, fabric: Fabric) -> range:
    """Return the pictures that this process computes; at least one, so that every process has something to join."""
    return range(min(fabric.global_rank, count - 1), count, fabric.world_size)


def in_batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut a stream into lists."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
