"""What happens to a training picture before the network sees it."""

from __future__ import annotations

import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

from corelate.data.preprocessing import Preprocessing
from corelate.training.multi_scale_crop import MultiScaleCrop
from corelate.training.recipe import AugmentationOptions


class TrainingTransform:
    """Random changes from torchvision, then the preprocessing that evaluation uses.

    Args:
        preprocessing: Resizing and normalisation.
        options: Which random changes, and how strong.
    """

    def __init__(self, preprocessing: Preprocessing, options: AugmentationOptions) -> None:
        self.preprocessing = preprocessing
        size = (preprocessing.height, preprocessing.width)
        interpolation = InterpolationMode(preprocessing.interpolation)
        # What must see the whole picture comes before the resize.
        self._crop = MultiScaleCrop(options.crop_scales) if options.crop_scales else None
        changes: list[torch.nn.Module] = []
        if options.crop_scale < 1:
            changes.append(v2.RandomResizedCrop(size, scale=(options.crop_scale, 1.0), interpolation=interpolation))
        if options.horizontal_flip:
            changes.append(v2.RandomHorizontalFlip(options.horizontal_flip))
        if options.vertical_flip:
            changes.append(v2.RandomVerticalFlip(options.vertical_flip))
        if options.affine_degrees or options.affine_shift or options.affine_scale:
            changes.append(self._affine(options, interpolation))
        if options.rand_augment:
            changes.append(v2.RandAugment(options.rand_augment, options.rand_augment_magnitude))
        if options.colour_jitter:
            strength = options.colour_jitter
            changes.append(v2.ColorJitter(brightness=strength, contrast=strength, saturation=strength))
        self._change = v2.Compose(changes) if changes else None
        self._cropped = options.crop_scale < 1
        self._erase = v2.RandomErasing(options.erasing) if options.erasing else None

    def _affine(self, options: AugmentationOptions, interpolation: InterpolationMode) -> v2.RandomAffine:
        shift = options.affine_shift
        # What comes in from outside the picture is of the mean colour, which normalisation turns into zeros.
        fill = [round(255 * mean) for mean in self.preprocessing.mean]
        return v2.RandomAffine(
            options.affine_degrees,
            translate=(shift, shift),
            scale=options.affine_scale or None,
            interpolation=interpolation,
            fill=fill,
        )

    def __call__(self, image: Image.Image) -> torch.Tensor:
        """Return normalised pixels 3×H×W; draws from torch's default generator."""
        if self._crop is not None:
            image = self._crop(image)
        # A resized crop brings the picture to size itself; else the resize comes first, so that changes are cheap.
        if not self._cropped:
            image = self.preprocessing.resized(image)
        if self._change is not None:
            image = self._change(image)
        pixels = torch.from_numpy(self.preprocessing.normalised(image))
        return pixels if self._erase is None else self._erase(pixels)
