"""Reading weights files (safetensors) with an exact report of what fitted and what did not."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from corelate.errors import WeightsError

NAMES_SHOWN = 8


@dataclass(frozen=True)
class WeightsReport:
    """What became of a weights file.

    Attributes:
        source: The file, or the name of the hub weights, or ``"random"``.
        loaded: Tensors of the network that were taken from the source.
        missing: Tensors of the network that the source does not hold; they keep their random start.
        unexpected: Tensors of the source that the network has no place for.
        metadata: What the source says about itself (licence, normalisation …).
    """

    source: str
    loaded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.source == "random":
            return "random start"
        parts = [f"{self.source}: {len(self.loaded)} tensors loaded"]
        parts.append(f"{len(self.missing)} missing{_names(self.missing)}")
        parts.append(f"{len(self.unexpected)} unexpected{_names(self.unexpected)}")
        return ", ".join(parts)

    def limited_to(self, names: Collection[str]) -> WeightsReport:
        """Return the report about a part of the network; what the source holds beyond it counts as unexpected."""
        return replace(
            self,
            loaded=tuple(name for name in self.loaded if name in names),
            missing=tuple(name for name in self.missing if name in names),
            unexpected=self.unexpected + tuple(name for name in self.loaded if name not in names),
        )


def load_weights(network: nn.Module, path: Path) -> WeightsReport:
    """Fill a network from a safetensors file; half-precision tensors are cast to the network's type.

    A file of a whole annotator (names that begin with ``backbone.``) serves as well: its backbone part is taken.

    Raises:
        WeightsError: The file can't be read, a tensor has another shape, or fewer than half of the tensors are there.
    """
    tensors, metadata = read_tensors(path)
    tensors = _backbone_part(tensors)
    own = network.state_dict()
    wrong = [
        f"{name} is {tuple(tensors[name].shape)} in the file and {tuple(own[name].shape)} in the network"
        for name in own.keys() & tensors.keys()
        if own[name].shape != tensors[name].shape
    ]
    if wrong:
        raise WeightsError(f"{path} does not fit {type(network).__name__}: {'; '.join(sorted(wrong)[:NAMES_SHOWN])}")
    fitting = {name: tensor.to(own[name].dtype) for name, tensor in tensors.items() if name in own}
    # A few names are common to many networks; with less than half of them the rest would be random.
    if len(fitting) < len(own) / 2:
        raise WeightsError(
            f"{path} holds {len(fitting)} of the {len(own)} tensors of {type(network).__name__}, less than half; "
            "it belongs to another network"
        )
    network.load_state_dict(fitting, strict=False)
    # Counters of batch norm are no weights: files without them lose nothing.
    missing = tuple(name for name in own if name not in tensors and not name.endswith("num_batches_tracked"))
    unexpected = tuple(name for name in tensors if name not in own)
    return WeightsReport(str(path), tuple(fitting), missing, unexpected, metadata)


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file and the text entries of its header.

    Raises:
        WeightsError: No such file, or not a safetensors file.
    """
    if not path.is_file():
        raise WeightsError(f"weights file {path} does not exist")
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a safetensors file ({error}); other forms are not read, since they can run code: "
            "convert it first with safetensors.torch.save_file"
        ) from error


def preprocessing_hints(metadata: dict[str, str]) -> dict[str, Any]:
    """Return what a weights file says about its input: any of ``mean``, ``std`` and ``image_size``.

    Understood are the keys ``mean``, ``std`` and ``input_size`` with JSON values, and a phrase under ``input`` such as
    ``"RGB, 224x224, pixel/127.5-1"`` or ``"pixel/255"``.
    """
    hints: dict[str, Any] = {}
    for key in ("mean", "std"):
        values = _json(metadata.get(key))
        if isinstance(values, list) and len(values) == 3:
            hints[key] = tuple(float(value) for value in values)
    phrase = metadata.get("input", "").replace(" ", "")
    if "pixel/127.5-1" in phrase:
        hints.setdefault("mean", (0.5, 0.5, 0.5))
        hints.setdefault("std", (0.5, 0.5, 0.5))
    elif "pixel/255" in phrase:
        hints.setdefault("mean", (0.0, 0.0, 0.0))
        hints.setdefault("std", (1.0, 1.0, 1.0))
    size = _json(metadata.get("input_size"))
    match = re.search(r"(\d+)x(\d+)", phrase)
    if isinstance(size, list) and len(size) >= 2:
        hints["image_size"] = (int(size[-2]), int(size[-1]))
    elif match:
        hints["image_size"] = (int(match[1]), int(match[2]))
    return hints


def _backbone_part(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = "backbone.network."
    part = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return part or tensors


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f" ({', '.join(names[:NAMES_SHOWN])}{more})"
