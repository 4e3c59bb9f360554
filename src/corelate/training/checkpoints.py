"""Checkpoints: tensors and JSON in one safetensors file, written in one step. No pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from corelate.files import write_bytes
from corelate.models.weights import read_tensors

HEADER_KEY = "corelate"


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor], about: Any) -> None:
    """Write tensors, and anything that JSON can hold about them.

    One header entry only: with several their order in the file would change from one process to the next.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(plain, metadata={HEADER_KEY: json.dumps(about, allow_nan=False)}))


def load_tensors(path: Path) -> tuple[dict[str, torch.Tensor], Any]:
    """Return the tensors and what stands about them.

    Raises:
        WeightsError: The file can't be read.
    """
    tensors, metadata = read_tensors(path)
    return tensors, json.loads(metadata.get(HEADER_KEY, "null"))


def flatten(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Put a prefix before each name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def part(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors under a prefix, without it."""
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Return the state of each parameter, named ``<number of the parameter>.<name of the state>``."""
    state = optimiser.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, values in state.items()
        for name, value in values.items()
        if value is not None
    }


def optimiser_settings(optimiser: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """Return the settings of each parameter group that a schedule may have changed."""
    groups = optimiser.state_dict()["param_groups"]
    return [{key: value for key, value in group.items() if _is_plain(value)} for group in groups]


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], settings: list[dict[str, Any]]
) -> None:
    """Bring an optimiser back to the state that the two functions above described."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = tensor
    current = optimiser.state_dict()
    groups = [
        {**group, **{key: _as_tuple(value) for key, value in saved.items()}}
        for group, saved in zip(current["param_groups"], settings, strict=True)
    ]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    for parameter, values in optimiser.state.items():
        for key, value in values.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                # The same memory format as in the run that was not stopped, so that the same kernels run.
                values[key] = torch.empty_like(parameter).copy_(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, float) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
