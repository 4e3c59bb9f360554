"""Pooled features of a backbone, as a space in which pictures lie near each other or far apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from lightning_fabric import Fabric
from PIL import Image

from corelate.augment.quality.options import QualityOptions
from corelate.data.preprocessing import Preprocessing
from corelate.models.backbones import RANDOM, Backbone, build_backbone
from corelate.training.preparation import check_model, make_preprocessing
from corelate.training.processes import build_fabric
from corelate.training.recipe import ModelOptions, Recipe, RunOptions

BATCH_SIZE = 32


@dataclass(frozen=True)
class FeatureSpace:
    """A backbone whose feature map is averaged over its places.

    Attributes:
        backbone: On the device that it runs on.
        preprocessing: From a picture to its input.
        fabric: The device.
        name: The backbone and its weights, in words.
    """

    backbone: Backbone
    preprocessing: Preprocessing
    fabric: Fabric
    name: str

    @classmethod
    def open(cls, options: QualityOptions) -> FeatureSpace:
        """Build the backbone that the options name.

        Raises:
            OptionError: Unknown backbone or device, or a size that the backbone can't take.
            WeightsError: The weights can't be had or do not fit.
        """
        model = ModelOptions(backbone=options.backbone, weights=options.weights, image_size=options.image_size)
        check_model(model)
        fabric = build_fabric(Recipe(run=RunOptions(accelerator=options.accelerator)))
        size = (options.image_size[0], options.image_size[-1]) if options.image_size else None
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(options.seed)  # so that random weights are the same each time
            backbone, config, _ = build_backbone(model.backbone, model.weights, image_size=size)
        preprocessing = make_preprocessing(model, config)
        weights = "random weights" if options.weights == RANDOM else f"weights {options.weights}"
        height, width = preprocessing.height, preprocessing.width
        name = f"{options.backbone} at {height}×{width}, {weights}"
        return cls(backbone.to(fabric.device), preprocessing, fabric, name)

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return the network's input of an RGB picture, float32 3×H×W."""
        return self.preprocessing(image)

    def features(self, inputs: list[np.ndarray]) -> np.ndarray:
        """Return the pooled features of B inputs, float32 B×D."""
        pooled = []
        with torch.inference_mode():
            for start in range(0, len(inputs), BATCH_SIZE):
                batch = torch.from_numpy(np.stack(inputs[start : start + BATCH_SIZE]))
                feature_map = self.backbone(self.fabric.to_device(batch))
                pooled.append(feature_map.mean(dim=(2, 3)).float().cpu().numpy())
        return np.concatenate(pooled)
