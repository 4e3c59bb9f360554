from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from corelate.data.preprocessing import Preprocessing
from corelate.training.recipe import AugmentationOptions
from corelate.training.transforms import TrainingTransform

PREPROCESSING = Preprocessing(16, 20, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))


def test_without_changes_training_sees_what_evaluation_sees():
    transform = TrainingTransform(PREPROCESSING, AugmentationOptions(horizontal_flip=0.0))
    assert np.array_equal(transform(picture()).numpy(), PREPROCESSING(picture()))


@pytest.mark.parametrize(("options", "axis"), [({"horizontal_flip": 1.0}, 2), ({"vertical_flip": 1.0}, 1)])
def test_a_flip_mirrors(options: dict[str, float], axis: int):
    transform = TrainingTransform(PREPROCESSING, AugmentationOptions(**{"horizontal_flip": 0.0, **options}))
    assert np.allclose(transform(picture()).numpy(), np.flip(PREPROCESSING(picture()), axis), atol=1e-6)


def test_flips_happen_as_often_as_asked():
    transform = TrainingTransform(PREPROCESSING, AugmentationOptions(horizontal_flip=0.5))
    plain = torch.from_numpy(PREPROCESSING(picture()))
    torch.manual_seed(0)
    kept = sum(torch.equal(transform(picture()), plain) for _ in range(200))
    assert 70 < kept < 130


@pytest.mark.parametrize(
    "options",
    [
        {"crop_scale": 0.3},
        {"crop_scales": (0.75, 0.5)},
        {"affine_degrees": 20.0},
        {"affine_shift": 0.2},
        {"affine_scale": (1.2, 1.5)},
        {"rand_augment": 2},
        {"colour_jitter": 0.4},
        {"erasing": 1.0},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
def test_every_change_keeps_the_size_and_changes_something(options: dict[str, float], resize: str):
    preprocessing = Preprocessing(16, 20, resize)
    transform = TrainingTransform(preprocessing, AugmentationOptions(horizontal_flip=0.0, **options))
    torch.manual_seed(1)
    pixels = transform(picture())
    assert pixels.shape == (3, 16, 20)
    assert pixels.dtype == torch.float32
    assert torch.isfinite(pixels).all()
    assert not np.allclose(pixels.numpy(), preprocessing(picture()), atol=1e-3)
