"""Backbones: any timm network as a function from pixels to a feature map."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from corelate.errors import OptionError
from corelate.models.hub import download_weights
from corelate.models.weights import WeightsReport, load_weights, preprocessing_hints

# Names under which the papers know networks that timm spells differently.
ALIASES = {
    "xception": "legacy_xception",
    "resnext50": "resnext50_32x4d",
    "mobilenetv2": "mobilenetv2_100",
    "mobilenet_v2": "mobilenetv2_100",
    "inception": "inception_v3",
}
PRETRAINED = "pretrained"
RANDOM = "none"


@dataclass(frozen=True)
class InputConfig:
    """The input that a backbone's weights expect: size in pixels, mean and std of the [0, 1] picture."""

    image_size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bilinear"


class Backbone(nn.Module):
    """A timm network without its classifier.

    Args:
        network: The network; `to_map` brings its output into the shape of a feature map.
        to_map: From the network's output to B×D×h×w.
        num_features: D.
    """

    def __init__(
        self, network: Any, to_map: Callable[[torch.Tensor], torch.Tensor], num_features: int, layer: str | None
    ) -> None:
        super().__init__()
        self.network: Any = network
        self.num_features = num_features
        self._to_map = to_map
        self._layer = layer

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the feature map B×D×h×w of normalised pixels B×3×H×W."""
        features = self.network(pixels)[self._layer] if self._layer else self.network.forward_features(pixels)
        return self._to_map(features)


def resolve_name(name: str) -> str:
    """Return timm's spelling of a backbone's name.

    Raises:
        OptionError: timm has no such network; the message names near ones.
    """
    spelled = re.sub(r"[\s\-]+", "_", name.strip()).lower()
    for candidate in (name, spelled, ALIASES.get(spelled, spelled)):
        if timm.is_model(candidate) and candidate not in ALIASES:
            return candidate
    near = difflib.get_close_matches(spelled, timm.list_models(), n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise OptionError(f"unknown backbone {name!r}: any name of timm.list_models() is allowed{hint}")


def build_backbone(
    name: str, weights: str = PRETRAINED, layer: str | None = None, image_size: tuple[int, int] | None = None
) -> tuple[Backbone, InputConfig, WeightsReport]:
    """Build a backbone.

    Args:
        name: A timm name, or one of the papers' (``TResNet-M``, ``Xception`` …).
        weights: A safetensors file, ``pretrained`` for timm's own (downloaded), or ``none`` for a random start.
        layer: Name of a module at which the network is cut, e.g. ``Mixed_7a``; None for the last feature map.
        image_size: Height and width that the network will see; None for what the weights expect.

    Returns:
        The backbone in evaluation mode, the input its weights expect, and the report about its weights.

    Raises:
        OptionError: Unknown backbone or layer, or a size that the network can't take.
        WeightsError: The weights can't be had or do not fit.
    """
    timm_name = resolve_name(name)
    network = _create(timm_name, image_size)
    if weights == RANDOM:
        report = WeightsReport("random")
    elif weights == PRETRAINED:
        report = load_weights(network, download_weights(timm_name, network.pretrained_cfg))
    else:
        report = load_weights(network, Path(weights).expanduser())
    config = _input_config(network, report.metadata)
    if layer is not None:
        network, report = _cut(network, layer, report)
    network.eval()
    backbone = _wrap(network, layer, image_size or config.image_size, name)
    return backbone.eval(), config, report


def _create(timm_name: str, image_size: tuple[int, int] | None) -> Any:
    arguments: dict[str, Any] = {"num_classes": 0, "global_pool": ""}
    if image_size is not None and timm.get_pretrained_cfg_value(timm_name, "fixed_input_size"):
        arguments["img_size"] = image_size
    try:
        try:
            return timm.create_model(timm_name, pretrained=False, **arguments)
        except (ValueError, AssertionError):
            # Some networks can't be built without their pooling; what comes before it is the same.
            return timm.create_model(timm_name, pretrained=False, **{**arguments, "global_pool": "avg"})
    except (RuntimeError, TypeError, ValueError, AssertionError) as error:
        raise OptionError(f"timm can't build {timm_name} with {arguments}: {_first_line(error)}") from error


def _input_config(network: Any, metadata: dict[str, str]) -> InputConfig:
    own = network.pretrained_cfg
    hints = preprocessing_hints(metadata)
    # An architecture's default resampling says little about a file from elsewhere, and bilinear is the seeds' choice.
    return InputConfig(
        image_size=hints.get("image_size", tuple(own["input_size"][1:])),
        mean=hints.get("mean", tuple(own["mean"])),
        std=hints.get("std", tuple(own["std"])),
    )


def _cut(network: nn.Module, layer: str, report: WeightsReport) -> tuple[nn.Module, WeightsReport]:
    """Return the network up to and including `layer`, and the report about that part only."""
    try:
        _, names = get_graph_node_names(network.eval())
        if not any(name == layer or name.startswith(f"{layer}.") for name in names):
            tops = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise OptionError(f"{type(network).__name__} has no layer {layer!r}; its top layers are {tops}")
        cut = create_feature_extractor(network, {layer: layer})
    except (RuntimeError, TypeError, torch.fx.proxy.TraceError) as error:
        raise OptionError(f"{type(network).__name__} can't be cut at {layer!r}: {_first_line(error)}") from error
    for graph in (cut.train_graph, cut.eval_graph):
        _remove_dead_code(graph)
    cut.graph = cut.eval_graph
    used = {str(node.target) for graph in (cut.train_graph, cut.eval_graph) for node in graph.nodes}
    _remove_unused(cut, used)
    return cut, report.limited_to(cut.state_dict())


def _remove_dead_code(graph: torch.fx.Graph) -> None:
    """Remove what the output does not need; shape assertions would otherwise keep the layers behind the cut alive."""
    for node in reversed(graph.nodes):
        if node.op == "call_function" and getattr(node.target, "__name__", "") == "_assert":
            graph.erase_node(node)
    graph.eliminate_dead_code()


def _remove_unused(module: nn.Module, used: set[str], prefix: str = "") -> None:
    """Remove the submodules that no node of a traced graph calls."""
    for name, child in list(module.named_children()):
        path = f"{prefix}{name}"
        if path in used:
            continue
        if any(target.startswith(f"{path}.") for target in used):
            _remove_unused(child, used, f"{path}.")
        else:
            delattr(module, name)


def _wrap(network: Any, layer: str | None, image_size: tuple[int, int], name: str) -> Backbone:
    """Find out by one forward pass how the network lays out its features."""
    pixels = torch.zeros(1, 3, *image_size)
    try:
        with torch.no_grad():
            features = network(pixels)[layer] if layer else network.forward_features(pixels)
    except (RuntimeError, AssertionError, ValueError) as error:
        height, width = image_size
        raise OptionError(f"backbone {name!r} can't take {height}×{width} pixels: {_first_line(error)}") from error
    to_map, num_features = _layout(network, features)
    return Backbone(network, to_map, num_features, layer)


def _layout(network: nn.Module, features: torch.Tensor) -> tuple[Callable[[torch.Tensor], torch.Tensor], int]:
    width = getattr(network, "num_features", None)
    if features.ndim == 4 and width is not None and features.shape[1] != width and features.shape[3] == width:
        return lambda features: features.permute(0, 3, 1, 2), width
    if features.ndim == 4:
        return lambda features: features, features.shape[1]
    if features.ndim == 3:
        prefix = getattr(network, "num_prefix_tokens", 0)
        return TokensToMap(prefix, features.shape[1] - prefix, network), features.shape[2]
    if features.ndim == 2:
        return lambda features: features[:, :, None, None], features.shape[1]
    raise OptionError(f"{type(network).__name__} gives features of shape {tuple(features.shape)}, not a map or tokens")


class TokensToMap:
    """Turns the tokens B×N×D of a transformer into a map, without class and register tokens."""

    def __init__(self, prefix: int, count: int, network: nn.Module) -> None:
        self.prefix = prefix
        grid = getattr(getattr(network, "patch_embed", None), "grid_size", None)
        side = math.isqrt(count)
        if grid is not None and math.prod(grid) == count:
            self.grid = tuple(grid)
        else:
            self.grid = (side, side) if side * side == count else (count, 1)

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return B×D×h×w."""
        return tokens[:, self.prefix :].transpose(1, 2).unflatten(2, self.grid)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
